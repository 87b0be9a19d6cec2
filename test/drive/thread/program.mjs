// A program of a user, run on what was built: one thing after the other, as named by its arguments. It must end by
// itself; the test kills it when it does not.
import { spawnSync } from 'node:child_process';
import nodeFs from 'node:fs';
import path from 'node:path';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { connect, password } from '../../../dist/index.js';

const { server, user, secret, home, scenario } = isMainThread ? JSON.parse(process.argv[2]) : workerData;

async function open(space, options = {}, cache = 'cache') {
  const drive = await connect({ server, auth: password(user, secret), cache: path.join(home, cache), ...options });
  const volume = await (await drive.space(space, { create: true })).open();
  return { drive, volume, fs: volume.fs };
}

async function mounted(options) {
  const opened = await open('own', options);
  const mountpoint = path.join(home, 'mnt');
  nodeFs.mkdirSync(mountpoint, { recursive: true });
  return { ...opened, mountpoint, mount: await opened.volume.mount(mountpoint) };
}

/** What would wait for itself if this thread served the mount. */
function blockInMount(mountpoint) {
  const file = path.join(mountpoint, 'file');
  nodeFs.writeFileSync(file, 'written');
  nodeFs.mkdirSync(path.join(mountpoint, 'folder'));
  const listed = spawnSync('ls', { cwd: mountpoint, encoding: 'utf8' });
  nodeFs.watch(mountpoint).close();
  return [nodeFs.readFileSync(file, 'utf8'), nodeFs.statSync(file).size, nodeFs.readdirSync(mountpoint), listed.stdout];
}

const scenarios = {
  async block() {
    const { drive, volume, fs, mountpoint, mount } = await mounted({});
    await fs.promises.writeFile('/before', 'by the module');
    const seen = blockInMount(mountpoint);
    const inside = fs.readFileSync('/file', 'utf8');
    await mount.unmount();
    await volume.close();
    await drive.close();
    return { seen, inside };
  },

  async moveKeeps() {
    const { drive, volume, fs } = await open('moved');
    const heard = [];
    fs.watch('/', (type, name) => heard.push(`${type} ${name}`)).unref();
    const changes = [];
    volume.events.onChange((change) => changes.push(change.path));
    await fs.promises.writeFile('/pending', 'not sent yet');
    const before = await fs.promises.stat('/pending');
    const handle = await fs.promises.open('/pending');
    const mountpoint = path.join(home, 'mnt');
    nodeFs.mkdirSync(mountpoint);
    const refused = await volume.mount(mountpoint).catch((error) => error.message);
    await handle.close();
    const mounting = volume.mount(mountpoint);
    // Meanwhile the module goes on being used.
    await Promise.all([1, 2, 3].map((n) => fs.promises.writeFile(`/meanwhile ${n}`, String(n))));
    await mounting;
    const after = await fs.promises.stat('/pending');
    const names = nodeFs.readdirSync(mountpoint);
    nodeFs.writeFileSync(path.join(mountpoint, 'later'), '');
    while (!heard.includes('rename later') || !changes.includes('/later')) await new Promise(setImmediate);
    await volume.close();
    await drive.close();
    return { refused, same: before.ino === after.ino && before.dev === after.dev, names };
  },

  async parallel() {
    const { drive, volume, mountpoint } = await mounted({});
    const files = Array.from({ length: 64 }, (_, n) => path.join(mountpoint, 'cold', `f${n}`));
    const contents = await Promise.all(files.map((file) => nodeFs.promises.readFile(file, 'utf8')));
    await Promise.all(files.map((file, n) => nodeFs.promises.writeFile(`${file}.new`, String(n))));
    await volume.close();
    await drive.close();
    return { right: contents.every((content, n) => content === `content ${n}`) };
  },

  async threads() {
    const { drive, fs } = await open('main', { sync: true });
    const workers = [1, 2, 3].map((n) => {
      const data = { ...JSON.parse(process.argv[2]), scenario: 'oneThread', n };
      return new Worker(new URL(import.meta.url), { workerData: data });
    });
    const answers = workers.map((worker) => new Promise((resolve) => worker.once('message', resolve)));
    // Blocks over and over while the others do.
    for (let n = 0; n < 100; n++) fs.writeFileSync(`/f${n % 7}`, `main ${n}`);
    const told = await Promise.all(answers);
    const main = fs.readFileSync('/f1', 'utf8');
    await drive.close();
    return { main, told };
  },

  async oneThread() {
    const { drive, fs } = await open(`thread ${workerData.n}`, { sync: true }, `cache ${workerData.n}`);
    for (let n = 0; n < 50; n++) fs.writeFileSync('/f', `${workerData.n} ${n}`);
    const last = fs.readFileSync('/f', 'utf8');
    await drive.close();
    return last;
  },

  async callbacks() {
    const { drive, fs } = await open('callbacks', { sync: true });
    const seen = [];
    fs.writeFileSync('/f', 'content');
    fs.mkdirSync('/d');
    await new Promise((resolve) => {
      fs.readFile('/f', 'utf8', (_, first) => {
        seen.push(first, fs.readFileSync('/f', 'utf8'));
        fs.stat('/f', () => resolve(seen.push(fs.statSync('/f').size)));
      });
    });
    fs.cpSync('/d', '/d2', { recursive: true, filter: (from) => fs.existsSync(from) });
    await fs.promises.cp('/d', '/d3', { recursive: true, filter: (from) => fs.existsSync(from) });
    const watcher = fs.watch('/', () => seen.push(fs.readdirSync('/').includes('new')));
    fs.writeFileSync('/new', '');
    while (seen.at(-1) !== true) await new Promise(setImmediate);
    watcher.close();
    process.on('exit', () => seen.push(fs.readdirSync('/').length) && console.log(JSON.stringify(seen)));
    drive.stats;
    return { kept: [fs.existsSync('/d2'), fs.existsSync('/d3')] };
  },

  /** Another thread waits for a server that does not answer any more, and this one exits. */
  async exit() {
    const data = { ...JSON.parse(process.argv[2]), scenario: 'waits' };
    const worker = new Worker(new URL(import.meta.url), { workerData: data });
    await new Promise((resolve) => worker.once('message', resolve));
    console.log(JSON.stringify('waiting'));
    await new Promise((resolve) => process.stdin.once('data', resolve));
    process.exit(7);
  },

  /** Waits for a server that does not answer any more. */
  async waits() {
    const { fs } = await open('cold', { sync: true }, 'waits');
    const { parentPort } = await import('node:worker_threads');
    fs.readdirSync('/cold');
    if (parentPort === null) console.log(JSON.stringify('waiting'));
    else parentPort.postMessage('waiting');
    // Time for who stops the server, without giving this thread's loop a turn.
    while (!nodeFs.existsSync(path.join(home, 'stopped')))
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    fs.readFileSync('/cold/f1');
  },
};

const result = await scenarios[scenario]();
if (isMainThread) console.log(JSON.stringify(result));
else (await import('node:worker_threads')).parentPort.postMessage(result);
