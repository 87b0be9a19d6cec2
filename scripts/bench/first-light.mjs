// The figures of a mount against what they are held to, all in one run:
//   warm metadata and reads against a local folder, single FUSE operations against a minimal server in C,
//   requests, commits and bytes of small files and small edits, cold listing and reading over a network.
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run, Stage } from './stage/stage.mjs';
import { line, median, mib, ratio, seconds } from './stage/table.mjs';

const only = process.argv[2];
const benches = { warm, operations, untar, edit, find, read };
for (const [name, bench] of Object.entries(benches)) if (only === undefined || only === name) await bench();

/** Times two things in turns, so that noise hits both. @returns how many times as fast the second is as the first */
function speedRatio(rounds, first, second) {
  const ratios = [];
  for (let round = 0; round < rounds; round++) {
    const a = timed(first);
    const b = timed(second);
    ratios.push(a / b);
  }
  return median(ratios);
}

function timed(work) {
  const started = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - started);
}

async function warm() {
  const stage = await Stage.open();
  const local = mkdtempSync(join(tmpdir(), 'seamount-local-'));
  try {
    const mount = await stage.client().mount('users/warm');
    const content = randomBytes(64 * 2 ** 20);
    const names = Array.from({ length: 200 }, (_, i) => `file-${i}`);
    for (const folder of [local, mount.path]) {
      for (const name of names) writeFileSync(join(folder, name), name);
      writeFileSync(join(folder, 'large'), content);
    }
    await mount.sync();
    const stats = (folder) => () => {
      for (let round = 0; round < 20; round++) for (const name of names) statSync(join(folder, name));
    };
    const buffer = Buffer.alloc(2 ** 20);
    const reads = (folder) => () => {
      const fd = openSync(join(folder, 'large'), 'r');
      while (readSync(fd, buffer) > 0);
      closeSync(fd);
    };
    for (const work of [stats(local), stats(mount.path), reads(local), reads(mount.path)]) work();
    const stat = speedRatio(15, stats(local), stats(mount.path));
    line('warm stat, of a local folder', ratio(stat), '>= 0.80', stat >= 0.8);
    const read = speedRatio(15, reads(local), reads(mount.path));
    line('warm re-read of 64 MiB, of a local folder', ratio(read), '>= 0.80', read >= 0.8);
  } finally {
    await stage.close();
    rmSync(local, { recursive: true });
  }
}

async function operations() {
  const stage = await Stage.open();
  const baseline = fileURLToPath(new URL('fuse-baseline/', import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), 'seamount-baseline-'));
  const mountpoint = join(folder, 'mount');
  mkdirSync(mountpoint);
  for (const program of ['server', 'client']) {
    await run('gcc', ['-O2', '-Wall', '-o', join(folder, program), join(baseline, `${program}.c`)]);
  }
  const server = spawn(join(folder, 'server'), [mountpoint, String(4 * 2 ** 20)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    await new Promise((resolve, reject) => {
      server.stdout.once('data', resolve);
      server.once('exit', () => reject(new Error('the server in C did not start')));
    });
    const mount = await stage.client().mount('users/operations');
    writeFileSync(join(mount.path, 'file'), randomBytes(4 * 2 ** 20));
    await mount.sync();
    for (const [operation, target] of [
      ['getattr', 1.5],
      ['read', 1.8],
    ]) {
      const files = [join(mountpoint, 'file'), join(mount.path, 'file')];
      const output = await run(join(folder, 'client'), [operation, '200', ...files]);
      const [c, ours] = output
        .trim()
        .split('\n')
        .map((text) => JSON.parse(text));
      line(
        `one ${operation} through FUSE, of a minimal server in C`,
        ratio(ours.pairedRatio),
        `<= ${target}`,
        ours.pairedRatio <= target,
      );
      line(
        '    microseconds: C, seamount',
        `${(c.medianNs / 1000).toFixed(1)}, ${(ours.medianNs / 1000).toFixed(1)}`,
        '',
      );
    }
  } finally {
    await run('umount', ['-l', mountpoint]).catch(() => {});
    server.kill('SIGKILL');
    await stage.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function untar() {
  const stage = await Stage.open();
  const folder = mkdtempSync(join(tmpdir(), 'seamount-archive-'));
  try {
    for (let i = 0; i < 1000; i++) {
      const part = join(folder, 'tree', `part-${i % 20}`);
      mkdirSync(part, { recursive: true });
      writeFileSync(join(part, `file-${i}`), randomBytes(1 + ((i * 331) % 16384)));
    }
    await run('tar', ['-cf', join(folder, 'tree.tar'), '-C', folder, 'tree']);
    const mount = await stage.client().mount('users/untar');
    const cost = await stage.cost(async () => {
      await run('tar', ['-xf', join(folder, 'tree.tar'), '-C', mount.path]);
      await mount.sync();
    });
    line('1,000 small files unpacked until durable: commits', cost.commits, '<= 3', cost.commits <= 3);
    line('    requests', cost.requests, '<= 60', cost.requests <= 60);
    line('    time, bytes sent', `${seconds(cost.seconds)}, ${mib(cost.sentBytes)}`, '');
  } finally {
    await stage.close();
    rmSync(folder, { recursive: true });
  }
}

async function edit() {
  const stage = await Stage.open();
  try {
    const mount = await stage.client().mount('users/edit');
    const path = join(mount.path, 'large');
    const fd = openSync(path, 'w');
    for (let i = 0; i < 256; i++) writeSync(fd, randomBytes(2 ** 20));
    closeSync(fd);
    await mount.sync();
    const cost = await stage.cost(async () => {
      const edited = openSync(path, 'r+');
      writeSync(edited, randomBytes(4096), 0, 4096, 128 * 2 ** 20);
      closeSync(edited);
      await mount.sync();
    });
    const limit = 10 * 2 ** 20;
    line(
      '4 KiB written into the middle of 256 MiB: bytes sent',
      mib(cost.sentBytes),
      '<= 10 MiB (one block)',
      cost.sentBytes <= limit * 1.01,
    );
    line('    requests, commits, bytes received', `${cost.requests}, ${cost.commits}, ${mib(cost.receivedBytes)}`, '');
  } finally {
    await stage.close();
  }
}

async function find() {
  const stage = await Stage.open();
  try {
    const writer = await stage.client().mount('users/find');
    for (let i = 0; i < 10; i++) {
      for (let j = 0; j < 10; j++)
        for (let k = 0; k < 10; k++) mkdirSync(join(writer.path, `${i}/${j}/${k}`), { recursive: true });
      writeFileSync(join(writer.path, `${i}/note`), `${i}`);
    }
    await writer.unmount();
    await stage.setLatency(20);
    const mount = await stage.client().mount('users/find');
    const cost = await stage.cost(() => run('find', [mount.path, '-type', 'd']));
    const folders = cost.value.trim().split('\n').length;
    line(`cold find over ${folders} folders, 20 ms round trip`, seconds(cost.seconds), '<= 3 s', cost.seconds <= 3);
    line('    requests', cost.requests, '');
  } finally {
    await stage.close();
  }
}

async function read() {
  const stage = await Stage.open();
  try {
    const size = 512 * 2 ** 20;
    const writer = await stage.client().mount('users/read');
    const hash = createHash('sha1');
    const fd = openSync(join(writer.path, 'large'), 'w');
    for (let written = 0; written < size; written += 2 ** 20) {
      const chunk = randomBytes(2 ** 20);
      hash.update(chunk);
      writeSync(fd, chunk);
    }
    closeSync(fd);
    await writer.unmount();
    const token = JSON.parse(
      await run('curl', [
        '-sS',
        '--fail',
        '-d',
        'username=bench@example.org',
        '--data-urlencode',
        `password@${stage.passwordFile}`,
        `${stage.url}/api2/auth-token/`,
      ]),
    ).token;
    const api = (path) =>
      run('curl', ['-sS', '--fail', '-H', `Authorization: Token ${token}`, `${stage.url}/api2/${path}`]).then(
        JSON.parse,
      );
    const { repo_id: library } = await api('default-repo/');
    const ratios = [];
    for (let round = 0; round < 3; round++) {
      const link = await api(`repos/${library}/file/?p=/users/read/large`);
      const copy = join(stage.folder, 'copy');
      // Both end with the bytes on this machine's disk.
      const curl = await stage.cost(() => run('curl', ['-sS', '--fail', '-o', copy, link]));
      rmSync(copy);
      const mount = await stage.client().mount('users/read');
      const cold = await stage.cost(() =>
        run('dd', [`if=${join(mount.path, 'large')}`, 'of=/dev/null', 'bs=1M', 'status=none']),
      );
      const sum = createHash('sha1')
        .update(readFileSync(join(mount.path, 'large')))
        .digest('hex');
      if (round === 0 && sum !== hash.digest('hex')) throw new Error('what was read is not what was written');
      await mount.unmount();
      ratios.push(curl.seconds / cold.seconds);
      line('    curl, seamount', `${seconds(curl.seconds)}, ${seconds(cold.seconds)}`, '');
    }
    const speed = median(ratios);
    line('sequential cold read of 512 MiB, of curl', ratio(speed), '>= 0.85', speed >= 0.85);
  } finally {
    await stage.close();
  }
}
