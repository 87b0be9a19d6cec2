import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { connect, password } from '../../../src/index.ts';
import { ended, ensureBuilt, firstLine, isMounted, Shell, serve } from '../../cli/binary.ts';
import { ALICE } from '../../cli/seamount.ts';

const PROGRAM = fileURLToPath(new URL('program.mjs', import.meta.url));

// A program that waits for itself waits for ever: each runs in a process of its own, on what was built.
describe('a program', () => {
  let shell: Shell;
  let server: { child: ChildProcess; url: string };
  let home: string;
  const running: ChildProcess[] = [];

  beforeAll(async () => {
    ensureBuilt();
    shell = new Shell({});
    server = await serve(shell, '--memory', '--account', `${ALICE.email}:${ALICE.password}`);
    await fill(server.url);
  }, 120_000);

  afterAll(() => shell.close());

  beforeEach(() => {
    home = mkdtempSync(path.join(tmpdir(), 'seamount-thread-'));
  });

  afterEach(() => {
    for (const child of running.splice(0)) child.kill('SIGKILL');
    server.child.kill('SIGCONT');
    const mountpoint = path.join(home, 'mnt');
    if (existsSync(home) && isMounted(mountpoint)) execFileSync('umount', ['-l', mountpoint]);
    rmSync(home, { recursive: true, force: true });
  });

  function start(scenario: string): ChildProcess {
    // A name, so that connections need a look-up.
    const url = server.url.replace('127.0.0.1', 'localhost');
    const given = { server: url, user: ALICE.email, secret: ALICE.password, home, scenario };
    const child = spawn(process.execPath, [PROGRAM, JSON.stringify(given)], { stdio: 'pipe' });
    running.push(child);
    return child;
  }

  async function run(scenario: string): Promise<unknown[]> {
    const { code, out, err } = await ended(start(scenario));
    expect({ code, err }).toEqual({ code: 0, err: '' });
    return out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  }

  test('blocks in a mount of its own without waiting for itself', async () => {
    expect(await run('block')).toEqual([
      { seen: ['written', 7, ['before', 'cold', 'file', 'folder'], 'before\ncold\nfile\nfolder\n'], inside: 'written' },
    ]);
  });

  test('mounts a volume that it uses already: nothing is lost, and watching goes on', async () => {
    expect(await run('moveKeeps')).toEqual([
      {
        refused: expect.stringMatching(/^1 files are open .*sync: true/),
        same: true,
        names: ['meanwhile 1', 'meanwhile 2', 'meanwhile 3', 'pending'],
      },
    ]);
  });

  test('reads 64 cold files at once in a mount of its own, and writes as many', async () => {
    expect(await run('parallel')).toEqual([{ right: true }]);
  });

  test('blocks in several threads at once', async () => {
    expect(await run('threads')).toEqual([{ main: 'main 99', told: ['1 49', '2 49', '3 49'] }]);
  });

  test('blocks in callbacks, in filters, in listeners and at exit', async () => {
    expect(await run('callbacks')).toEqual([{ kept: [true, true] }, ['content', 'content', 7, expect.anything(), 5]]);
  });

  test('ends by a signal while a call waits', async () => {
    const child = start('waits');
    expect(await firstLine(child)).toBe('"waiting"\n');
    server.child.kill('SIGSTOP');
    writeFileSync(path.join(home, 'stopped'), '');
    await asleep(child);
    child.kill('SIGTERM');
    await ended(child);
    expect(child.signalCode).toBe('SIGTERM');
  });

  test('exits while a call of another thread waits', async () => {
    const child = start('exit');
    expect(await firstLine(child)).toBe('"waiting"\n');
    server.child.kill('SIGSTOP');
    writeFileSync(path.join(home, 'stopped'), '');
    await asleep(child);
    child.stdin?.write('exit\n');
    expect(await ended(child)).toMatchObject({ code: 7, err: '' });
  });
});

/** Waits until a process does nothing any more: all its threads wait for something. */
async function asleep(child: ChildProcess): Promise<void> {
  const tasks = `/proc/${child.pid}/task`;
  const busy = (): number => readdirSync(tasks).reduce((sum, task) => sum + cpuTime(path.join(tasks, task, 'stat')), 0);
  for (let before = -1, now = busy(), same = 0; same < 5; before = now, now = busy()) {
    same = before === now ? same + 1 : 0;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function cpuTime(stat: string): number {
  const text = execFileSync('cat', [stat], { encoding: 'latin1' });
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

/** Puts files on the server that nobody has in a cache. */
async function fill(url: string): Promise<void> {
  const cache = mkdtempSync(path.join(tmpdir(), 'seamount-fill-'));
  const drive = await connect({ server: url, auth: password(ALICE.email, ALICE.password), cache });
  for (const name of ['own', 'cold']) {
    const volume = await (await drive.space(name, { create: true })).open();
    await volume.fs.promises.mkdir('/cold');
    for (let n = 0; n < 64; n++) await volume.fs.promises.writeFile(`/cold/f${n}`, `content ${n}`);
  }
  await drive.close();
  rmSync(cache, { recursive: true });
}
