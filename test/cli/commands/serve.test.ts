import { type ChildProcess, execFileSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { EXIT } from '../../../src/cli/exit-codes.ts';
import { ended, ensureBuilt, expectRefusal, firstLine, Shell } from '../binary.ts';
import { ALICE } from '../seamount.ts';
import { WebApi } from '../web-api.ts';

const ACCOUNT = ['--account', `${ALICE.email}:${ALICE.password}`];

describe('seamount serve', () => {
  let shell: Shell;
  let running: ChildProcess[] = [];

  beforeAll(() => {
    ensureBuilt();
    shell = new Shell({});
  }, 120_000);
  afterEach(async () => {
    for (const child of running) await stop(child);
    running = [];
  });
  afterAll(() => shell.close());

  async function serve(
    ...args: string[]
  ): Promise<{ url: string; fileServer: string; pid: number; child: ChildProcess }> {
    const child = shell.start(['serve', ...ACCOUNT, ...args]);
    running.push(child);
    return { ...JSON.parse(await firstLine(child)), child };
  }

  async function stop(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const end = ended(child);
    child.kill('SIGTERM');
    await end;
  }

  test('says where it is, keeps its data, and ends with 0', async () => {
    const data = path.join(shell.home, 'data');
    const first = await serve('--data', data);
    expect(first.pid).toBe(first.child.pid);
    expect(first.fileServer).toBe(`${first.url}/seafhttp`);
    await (await WebApi.signIn(first.url, ALICE)).createLibrary('Kept');
    const end = ended(first.child);
    first.child.kill('SIGINT');
    expect(await end).toMatchObject({ code: EXIT.ok, err: '' });
    const second = await serve('--data', data);
    const web = await WebApi.signIn(second.url, ALICE);
    expect(await web.call('/api2/repos/')).toMatchObject([{ name: 'Kept' }]);
    expect(statSync(data).mode & 0o777).toBe(0o700);
  });

  test('listens on loopback alone unless it is told', async () => {
    const { url, pid } = await serve('--memory');
    expect(new URL(url).hostname).toBe('127.0.0.1');
    const inodes = execFileSync('sh', ['-c', `ls -l /proc/${pid}/fd | grep -o 'socket:\\[[0-9]*' | cut -d[ -f2`]);
    const listening = execFileSync('sh', ['-c', 'awk \'$4 == "0A" {print $2, $10}\' /proc/net/tcp /proc/net/tcp6'])
      .toString()
      .split('\n')
      .filter((line) =>
        inodes
          .toString()
          .split('\n')
          .includes(line.split(' ')[1] ?? ''),
      );
    expect(listening.map((line) => line.split(':')[0]).filter(Boolean)).toEqual(['0100007F']);
  });

  test('--check reads every object, --gc removes what nobody needs', async () => {
    const data = path.join(shell.home, 'checked');
    const server = await serve('--data', data);
    const web = await WebApi.signIn(server.url, ALICE);
    await web.createLibrary('Checked');
    expectRefusal(
      await shell.run(['serve', '--data', data, '--check']),
      EXIT.failed,
      /cannot check .*is served by process/,
    );
    await stop(server.child);
    const whole = await shell.run(['serve', '--data', data, '--check']);
    expect(whole).toEqual({ code: EXIT.ok, out: '1 library, 1 object: all whole\n', err: '' });
    const collected = await shell.run(['serve', '--data', data, '--gc']);
    expect(collected).toMatchObject({ code: EXIT.ok, err: '' });
    expect(collected.out).toMatch(/^1 library, .*\n0 objects \(0 B\) removed, 1 kept\n$/);

    const commits = path.join(data, 'storage/commits');
    const [commit] = readdirSync(commits, { recursive: true })
      .map((name) => path.join(commits, String(name)))
      .filter((file) => statSync(file).isFile());
    rmSync(commit ?? '');
    for (const option of ['--check', '--gc']) {
      const damaged = await shell.run(['serve', '--data', data, option]);
      expect(damaged.code).toBe(EXIT.failed);
      expect(damaged.out).toMatch(/^library [0-9a-f-]{36} \("Checked"\): commit [0-9a-f]{40} is missing\n$/);
      expect(damaged.err).toMatch(/^seamount: .*checked: 1 problem found/);
    }
    const nowhere = path.join(shell.home, 'nowhere');
    expectRefusal(await shell.run(['serve', '--data', nowhere, '--check']), EXIT.failed, /holds no data of a server/);
    expect(existsSync(nowhere)).toBe(false);
  });

  test('--fault makes things go wrong, in the same way for the same seed', async () => {
    const outcomes: string[] = [];
    for (const seed of ['7', '7', '8']) {
      const { url } = await serve('--memory', '--fault', 'status=503,path=ping,probability=0.5', '--seed', seed);
      const statuses: number[] = [];
      for (let asked = 0; asked < 20; asked++) statuses.push((await fetch(`${url}/api2/ping/`)).status);
      expect(new Set(statuses)).toEqual(new Set([200, 503]));
      outcomes.push(statuses.join(' '));
    }
    expect(outcomes[1]).toBe(outcomes[0]);
    expect(outcomes[2]).not.toBe(outcomes[0]);
  });

  test('--throttle limits the web API, and says when to come again', async () => {
    const { url } = await serve('--memory', '--throttle');
    const statuses: number[] = [];
    for (let n = 0; n < 61; n++) statuses.push((await fetch(`${url}/api2/ping/`)).status);
    expect(statuses).toEqual([...Array(60).fill(200), 429]);
    expect((await fetch(`${url}/api2/ping/`)).headers.get('retry-after')).toMatch(/^\d+$/);
  });

  test('refuses what does not go together', async () => {
    const refused = (...args: string[]) => shell.run(['serve', ...args]);
    expectRefusal(await refused('--memory', '--data', 'x'), EXIT.usage, /exclude each other/);
    expectRefusal(await refused('--memory', '--check'), EXIT.usage, /work on a data folder/);
    expectRefusal(await refused('--memory', '--fault', 'explode'), EXIT.usage, /--fault explode: no fault is called/);
    expectRefusal(await refused('--memory', '--account', 'nobody'), EXIT.usage, /not of the form EMAIL:PASSWORD/);
    const file = path.join(shell.home, 'a file');
    writeFileSync(file, '');
    expectRefusal(await refused('--data', file), EXIT.failed, /cannot serve at .*a file/);
    const { url } = await serve('--memory');
    expectRefusal(await refused('--memory', '--port', new URL(url).port), EXIT.failed, /the address is in use/);
  });
});
