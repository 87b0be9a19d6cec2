// The demo: every step runs the programs a user would run; the server counts what each of them cost.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startServer } from '../dist/server/index.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const seamount = join(root, 'dist/cli/main.js');
const stay = process.argv.includes('--stay');
const work = mkdtempSync(join(tmpdir(), 'seamount-demo-'));
const mountpoint = join(work, 'drive');
const CLIENT = 'demo-service';
const SECRET = 'demo-secret';
const SPACE = 'users/7a1c';
const OTHER = 'users/9f3e';
const READER = 'reader@example.org';

const colour = process.stdout.isTTY === true;
const dim = (text) => (colour ? `\x1b[2m${text}\x1b[0m` : text);
const bold = (text) => (colour ? `\x1b[1m${text}\x1b[0m` : text);

const server = await startServer({
  data: join(work, 'server'),
  accounts: [{ email: READER, password: 'reading' }],
  clients: [{ id: CLIENT, secret: SECRET }],
});
const secretFile = join(work, 'secret');
writeFileSync(secretFile, SECRET, { mode: 0o600 });
const env = {
  ...process.env,
  SEAMOUNT_SERVER: server.url,
  SEAMOUNT_CLIENT_ID: CLIENT,
  SEAMOUNT_CLIENT_SECRET_FILE: secretFile,
  SEAMOUNT_OIDC_ISSUER: `${server.url}/auth/realms/seamount`,
  XDG_CACHE_HOME: join(work, 'cache'),
  XDG_RUNTIME_DIR: join(work, 'run'),
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'Demo',
  GIT_AUTHOR_EMAIL: 'demo@example.org',
  GIT_COMMITTER_NAME: 'Demo',
  GIT_COMMITTER_EMAIL: 'demo@example.org',
};
mkdirSync(env.XDG_RUNTIME_DIR, { mode: 0o700 });
mkdirSync(mountpoint);

/** Polling for changes made elsewhere goes on all the time and belongs to no step. */
function counted() {
  const stats = server.stats();
  const poll = Object.entries(stats.routes).filter(([route]) => route.includes('head-commits-multi'));
  const sum = (key) => stats[key] - poll.reduce((total, [, route]) => total + route[key], 0);
  return { requests: sum('requests'), commits: stats.commits, bytesIn: sum('bytesIn'), bytesOut: sum('bytesOut') };
}

const kib = (bytes) => (bytes < 10 * 2 ** 20 ? `${Math.ceil(bytes / 1024)} KiB` : `${Math.round(bytes / 2 ** 20)} MiB`);
const columns = (cells) => {
  const [title, ...numbers] = cells;
  return `${title.padEnd(46)}${numbers.map((cell) => String(cell).padStart(10)).join('')}`;
};

/** Runs a step, shows what it printed, and what it cost the server. */
async function step(title, run) {
  if (process.stdout.isTTY) process.stdout.write(dim(`  ${title} ...\r`));
  const before = counted();
  const started = Date.now();
  const output = await run();
  const after = counted();
  const cost = [
    after.requests - before.requests,
    after.commits - before.commits,
    kib(after.bytesIn - before.bytesIn),
    kib(after.bytesOut - before.bytesOut),
    `${((Date.now() - started) / 1000).toFixed(1)} s`,
  ];
  console.log(columns([bold(title).padEnd(46 + bold('').length), ...cost]));
  for (const line of (output ?? '').trimEnd().split('\n').slice(-6)) if (line !== '') console.log(dim(`    ${line}`));
}

/** Runs a program to its end; its failure ends the demo. */
function run(program, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'], ...options });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk) => {
      output += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${program} ${args.join(' ')} ended with ${code}:\n${output}`));
    });
  });
}
const drive = (...args) => run(process.execPath, [seamount, ...args]);
const shell = (script, cwd = mountpoint) => run('bash', ['-euo', 'pipefail', '-c', script], { cwd });

/** Something worth keeping: a few hundred small files, as a source archive has them. */
async function makeArchive() {
  const source = join(work, 'project');
  for (let folder = 0; folder < 12; folder++) {
    mkdirSync(join(source, `part-${folder}`), { recursive: true });
    for (let file = 0; file < 25; file++) {
      const text = `# part ${folder}, file ${file}\n${'data '.repeat(20 + ((file * 37) % 400))}\n`;
      writeFileSync(join(source, `part-${folder}`, `file-${file}.txt`), text);
    }
  }
  await shell('tar -cf ../project.tar -C .. project', source);
}

const PYTHON = `
import json, pathlib
samples = [{"x": x, "y": x * x} for x in range(1000)]
path = pathlib.Path("results/run.json")
path.parent.mkdir(exist_ok=True)
path.write_text(json.dumps(samples))
with open("results/run.log", "a") as log:
    for line in range(3): log.write(f"line {line}\\n")
print(len(json.loads(path.read_text())), "samples written and read back,", path.stat().st_size, "bytes")
`;

let mounted = false;
let failed = false;
try {
  console.log(`${dim('embedded Seafile server at')} ${server.url}${dim(', data in')} ${join(work, 'server')}\n`);
  console.log(dim(columns(['', 'requests', 'commits', 'sent', 'received', 'time'])));
  await step('sign in (OIDC), make two user spaces', async () => {
    await drive('space', 'create', SPACE);
    await drive('space', 'create', OTHER);
    return drive('space', 'list', 'users');
  });
  await step(`mount ${SPACE}`, async () => {
    const output = await drive('mount', SPACE, mountpoint);
    mounted = true;
    return output;
  });
  await makeArchive();
  await step('tar: unpack 300 files, until they are on the server', async () => {
    await shell('tar -xf ../project.tar');
    await drive('sync', mountpoint);
    return shell('find project -type f | wc -l | sed "s/$/ files in the mount/"');
  });
  await step('git: init, add, commit, status', () =>
    shell(
      'cd project && git init -q -b main && git add . && git commit -qm "First" && git log --oneline --stat | tail -1 && git status | tail -1',
    ),
  );
  await step('python: write and read', () => run('python3', ['-c', PYTHON], { cwd: mountpoint }));
  await step('editor: save by writing aside and renaming', () =>
    shell(
      'printf "old\\n" > notes.md && printf "new, and longer\\n" > .notes.md.swp && mv .notes.md.swp notes.md && cat notes.md',
    ),
  );
  await step('until all of it is on the server', () => drive('sync', mountpoint));
  await step("the other user's space is untouched", async () => {
    const listing = await drive('ls', OTHER);
    if (listing.trim() !== '') throw new Error(`${OTHER} is not empty: ${listing}`);
    return 'empty, as it should be';
  });
  await step(`share "results" with ${READER}`, () =>
    drive('share', SPACE, '/results', '--with', READER, '--permission', 'r'),
  );
  await step('curl: read the file through the web API', () =>
    shell(
      `bearer=$(curl -sS --fail -d grant_type=client_credentials -d client_id=${CLIENT} --data-urlencode client_secret@${secretFile} ` +
        `--data-urlencode "scope=openid email collab.drive" ${env.SEAMOUNT_OIDC_ISSUER}/protocol/openid-connect/token | sed -E 's/.*"access_token": *"([^"]*)".*/\\1/')\n` +
        `token=$(curl -sS --fail -H "Authorization: Bearer $bearer" ${server.url}/api2/account/token/ | tr -d '"')\n` +
        `repo=$(curl -sS --fail -H "Authorization: Token $token" ${server.url}/api2/default-repo/ | sed -E 's/.*"repo_id": *"([^"]*)".*/\\1/')\n` +
        `link=$(curl -sS --fail -H "Authorization: Token $token" "${server.url}/api2/repos/$repo/file/?p=/${SPACE}/notes.md" | tr -d '"')\n` +
        'curl -sS --fail "$link"',
      work,
    ),
  );
  const before = await shell('find . -type f -not -path "*/.git/*" -print0 | sort -z | xargs -0 sha1sum | sha1sum');
  await step('unmount', async () => {
    const output = await drive('unmount', mountpoint);
    mounted = false;
    return output;
  });
  await step('mount again, everything is there', async () => {
    await drive('mount', SPACE, mountpoint);
    mounted = true;
    const after = await shell('find . -type f -not -path "*/.git/*" -print0 | sort -z | xargs -0 sha1sum | sha1sum');
    if (after !== before) throw new Error('the files differ from those before the unmount');
    return shell('cd project && git status | tail -1 && git fsck 2>&1 | tail -1; ls ..');
  });
  console.log(`\n${bold('Everything works.')}`);
} catch (error) {
  failed = true;
  console.error(`\ndemo: ${error instanceof Error ? error.message : error}`);
}

if (stay && !failed) {
  const names = [
    'SEAMOUNT_SERVER',
    'SEAMOUNT_CLIENT_ID',
    'SEAMOUNT_CLIENT_SECRET_FILE',
    'SEAMOUNT_OIDC_ISSUER',
    'XDG_CACHE_HOME',
    'XDG_RUNTIME_DIR',
  ];
  console.log(`\nThe space is mounted at  ${mountpoint}`);
  console.log('Its server runs until you press Ctrl-C here. To use the command line on it, in another shell:\n');
  for (const name of names) console.log(`  export ${name}=${env[name]}`);
  console.log(`  ${seamount} status\n`);
  await new Promise((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
}
if (mounted) await drive('unmount', mountpoint).catch((error) => console.error(`demo: ${error.message}`));
await server.close();
rmSync(work, { recursive: true, force: true });
process.exit(failed ? 1 : 0);
