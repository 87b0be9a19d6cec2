// Builds the addon. `node native/build.mjs` builds it anew and fails loudly; with `--install` it does nothing where a
// built or prebuilt binary fits, and a failure is told but not fatal: all but mounting works without the addon.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
const onInstall = process.argv.includes('--install');

if (onInstall && (process.platform !== 'linux' || loads())) process.exit(0);
const problem = missingTools() ?? build();
if (problem !== null) {
  console.error(`seamount: the FUSE addon was not built: ${problem}`);
  console.error('seamount: everything except mounting works without it; build it later with: npm run build:native');
  process.exit(onInstall ? 0 : 1);
}

function loads() {
  try {
    // What came last: a binary without it was built from older sources.
    return 'isSoleDescriptor' in require('node-gyp-build')(here);
  } catch {
    // Not there, or made for another system: it will be built.
    return false;
  }
}

function missingTools() {
  const wanted = {
    'a C++ compiler (g++)': process.env.CXX ?? 'c++',
    make: 'make',
    python3: process.env.PYTHON ?? 'python3',
  };
  const missing = Object.keys(wanted).filter((name) => spawnSync(wanted[name], ['--version']).status !== 0);
  if (missing.length === 0) return null;
  return `${missing.join(', ')} missing. On Debian or Ubuntu: apt-get install g++ make python3`;
}

function build() {
  const gyp = nodeGyp();
  if (gyp === null) return 'node-gyp missing. Install it: npm install --global node-gyp';
  // Headers beside this node spare the download of node's own.
  const prefix = dirname(dirname(process.execPath));
  const nodedir =
    process.env.npm_config_nodedir ?? (existsSync(join(prefix, 'include/node/node_api.h')) ? prefix : null);
  const args = [gyp, 'rebuild', ...(nodedir === null ? [] : [`--nodedir=${nodedir}`])];
  const run = spawnSync(process.execPath, args, { cwd: here, encoding: 'utf8' });
  if (run.status === 0) return null;
  console.error(run.stdout + run.stderr);
  return `node-gyp failed${run.status === null ? '' : ` with exit code ${run.status}`}; its output is above`;
}

function nodeGyp() {
  if (process.env.npm_config_node_gyp !== undefined) return process.env.npm_config_node_gyp;
  try {
    return require.resolve('node-gyp/bin/node-gyp.js');
  } catch {
    // A package installed by users has no development dependencies.
    return null;
  }
}
