// A program that uses the module and is killed while it works: the built one, as an installed package is (dist/ is made
// by `npm run build`, which scripts/test does first; what runs here is whatever was built last).
//
// Tells on its output what it begins, and what was promised: a line when an operation begins and one when it returned.
import { writeSync } from 'node:fs';
import { connect, password } from '../../dist/index.js';

const { server, email, secret, cache, space, seed } = JSON.parse(process.argv[2] ?? '{}');

/** A small seeded generator (Mulberry32), so that a run can be made again. */
function generator(from) {
  let state = from | 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * below);
  };
}

process.umask(0o022);
const random = generator(seed);
const pick = (values) => values[random(values.length)];
const tell = (line) => writeSync(1, `${JSON.stringify(line)}\n`);

const drive = await connect({ server, auth: password(email, secret), cache });
const volume = await (await drive.space(space)).open();
const files = volume.fs.promises;

const path = () => `/${Array.from({ length: pick([1, 1, 2, 2, 3]) }, () => pick(['a', 'b', 'c'])).join('/')}`;
const length = () => pick([1, 30, 5000, 70_000, pick([1, 1, 1, 1, 1_200_000])]);

const KINDS = {
  create: () => ({ path: path() }),
  pwrite: () => ({ path: path(), at: pick([0, 0, 10, 4096, 100_000]), fill: random(256), length: length() }),
  truncate: () => ({ path: path(), size: pick([0, 5, 4096, 200_000]) }),
  mkdir: () => ({ path: path() }),
  rmdir: () => ({ path: path() }),
  unlink: () => ({ path: path() }),
  rename: () => ({ path: path(), to: path() }),
  chmod: () => ({ path: path(), mode: pick([0o700, 0o750, 0o755]) }),
  fsync: () => ({ path: path() }),
  startSync: () => ({}),
  sync: () => ({}),
};
const WEIGHTED = Object.entries({
  create: 4,
  pwrite: 8,
  truncate: 2,
  mkdir: 4,
  rmdir: 1,
  unlink: 2,
  rename: 6,
  chmod: 1,
  fsync: 1,
  startSync: 2,
  sync: 1,
}).flatMap(([kind, weight]) => Array.from({ length: weight }, () => kind));

async function withFile(name, flags, work) {
  const file = await files.open(name, flags);
  try {
    await work(file);
  } finally {
    await file.close();
  }
}

async function perform(step) {
  switch (step.kind) {
    case 'create':
      return withFile(step.path, 'w', async () => undefined);
    case 'pwrite':
      return withFile(step.path, 'r+', (file) =>
        file.write(Buffer.alloc(step.length, step.fill), 0, step.length, step.at),
      );
    case 'truncate':
      return files.truncate(step.path, step.size);
    case 'fsync':
      return withFile(step.path, 'r+', (file) => file.sync());
    case 'rename':
      return files.rename(step.path, step.to);
    case 'chmod':
      return files.chmod(step.path, step.mode);
    case 'sync':
      return volume.sync();
    case 'startSync':
      volume.sync().catch((error) => tell({ failure: String(error) }));
      return;
    default:
      return files[step.kind](step.path);
  }
}

for (let n = 0; ; n++) {
  const kind = pick(WEIGHTED);
  const step = { kind, ...KINDS[kind]() };
  tell({ begin: n, step });
  try {
    await perform(step);
    tell({ end: n });
  } catch (error) {
    tell({ end: n, error: error.code ?? String(error) });
  }
}
