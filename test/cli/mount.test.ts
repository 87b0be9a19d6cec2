import { type ChildProcess, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, openSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXIT } from '../../src/cli/exit-codes.ts';
import {
  ended,
  ensureBuilt,
  environment,
  expectRefusal,
  firstLine,
  isAlive,
  isMounted,
  Shell,
  serve,
  visible,
} from './binary.ts';
import { ALICE, BOB, CLIENT } from './seamount.ts';
import { WebApi } from './web-api.ts';

let server: { readonly child: ChildProcess; readonly url: string };
let shell: Shell;
let web: WebApi;

beforeAll(async () => {
  ensureBuilt();
  shell = new Shell({ SEAMOUNT_USER: ALICE.email, SEAMOUNT_PASSWORD: ALICE.password });
  const accounts = [ALICE, BOB].flatMap(({ email, password }) => ['--account', `${email}:${password}`]);
  server = await serve(shell, '--memory', ...accounts, '--client', `${CLIENT.id}:${CLIENT.secret}`);
  shell.env.SEAMOUNT_SERVER = server.url;
  web = await WebApi.signIn(server.url, ALICE);
  await shell.run(['space', 'create', 'users/alice']);
}, 120_000);
afterAll(async () => {
  await shell.close();
});

async function mount(space: string, name: string, ...options: string[]): Promise<{ mountpoint: string; pid: number }> {
  const mountpoint = shell.mountpoint(name);
  const told = await shell.run(['mount', space, mountpoint, ...options]);
  expect(told).toMatchObject({ code: EXIT.ok, err: '' });
  const pid = Number(/\(process (\d+), log /.exec(told.out)?.[1]);
  return { mountpoint, pid };
}

describe('a mount', () => {
  test('goes to the background once it answers, and shows no secret', async () => {
    const { mountpoint, pid } = await mount('users/alice', 'first', '--create');
    expect(isMounted(mountpoint)).toBe(true);
    expect(isAlive(pid)).toBe(true);
    expect(visible(pid)).toMatch(/^seamount mount users\/alice /);
    expect(visible(pid)).not.toContain(ALICE.password);
    expect(environment(pid)).not.toContain(ALICE.password);
    writeFileSync(path.join(mountpoint, 'hello.txt'), 'hello');
    expect(readFileSync(path.join(mountpoint, 'hello.txt'), 'utf8')).toBe('hello');
    expect(statSync(path.join(shell.home, 'run/seamount')).mode & 0o777).toBe(0o700);
    expect((await shell.run(['unmount', mountpoint])).code).toBe(EXIT.ok);
  });

  test('is what the file commands go through, without credentials and before anything is on the server', async () => {
    const { mountpoint } = await mount('users/through', 'through', '--create');
    writeFileSync(path.join(mountpoint, 'new.txt'), 'not sent yet');
    const nobody = { SEAMOUNT_USER: '', SEAMOUNT_PASSWORD: '', SEAMOUNT_SERVER: '' };
    expect(await shell.run(['cat', 'users/through', 'new.txt'], nobody)).toEqual({
      code: 0,
      out: 'not sent yet',
      err: '',
    });
    expect((await shell.run(['ls', 'users/through'], nobody)).out).toBe('new.txt\n');
    const source = path.join(shell.home, 'source.bin');
    const bytes = Buffer.alloc(2_500_000, 'seamount ');
    writeFileSync(source, bytes);
    expect((await shell.run(['put', '-q', source, 'users/through', 'put.bin'])).code).toBe(EXIT.ok);
    expect(readFileSync(path.join(mountpoint, 'put.bin')).equals(bytes)).toBe(true);
    // put is done when the server has it; everything written before went along.
    expect(await web.read('/users/through/new.txt')).toBe('not sent yet');
    const target = path.join(shell.home, 'target.bin');
    expect((await shell.run(['get', '-q', 'users/through', 'put.bin', target], nobody)).code).toBe(EXIT.ok);
    expect(digest(target)).toBe(digest(source));
    expect((await shell.run(['mkdir', '-p', 'users/through', 'a/b'])).err).toBe('');
    expect((await shell.run(['mv', 'users/through', 'put.bin', 'a/b'])).err).toBe('');
    expect(readdirSync(path.join(mountpoint, 'a/b'))).toEqual(['put.bin']);
    expect((await shell.run(['rm', '-r', 'users/through', 'a'])).err).toBe('');
    expect(readdirSync(mountpoint)).toEqual(['new.txt']);
    const shared = await shell.run(['share', 'users/through', '--with', BOB.email, '--permission', 'r']);
    expect(shared.code).toBe(EXIT.ok);
    expect((await shell.run(['share', '--list', 'users/through'])).out).toContain(BOB.email);
    expectRefusal(await shell.run(['cat', 'users/through', 'none']), EXIT.notFound, /\/none: it does not exist/);
    expectRefusal(
      await shell.run(['space', 'remove', 'users/through']),
      EXIT.busy,
      /is mounted at .*: run seamount unmount/,
    );
    expect((await shell.run(['unmount', mountpoint])).code).toBe(EXIT.ok);
  });

  test('is shown by status, waited for by sync, and taken away by unmount', async () => {
    const { mountpoint, pid } = await mount('users/shown', 'shown', '--create', '--fsync', 'committed');
    writeFileSync(path.join(mountpoint, 'f'), 'f');
    const shown = JSON.parse((await shell.run(['status', '--json'])).out);
    expect(shown).toMatchObject([
      {
        mountpoint,
        space: 'users/shown',
        account: ALICE.email,
        pid,
        way: 'object',
        durability: 'committed',
        conflicts: [],
      },
    ]);
    expect((await shell.run(['status'])).out).toMatch(
      new RegExp(
        `^MOUNTPOINT +SPACE +SERVER +PROCESS +PENDING\n${mountpoint} +users/shown +127\\.0\\.0\\.1:\\d+ +${pid} +`,
      ),
    );
    expect((await shell.run(['sync', mountpoint])).out).toBe(`${mountpoint}: everything is on the server\n`);
    expect(await web.read('/users/shown/f')).toBe('f');
    expect(await shell.run(['unmount', mountpoint])).toEqual({
      code: EXIT.ok,
      out: `${mountpoint} is unmounted; everything is on the server\n`,
      err: '',
    });
    expect(isMounted(mountpoint)).toBe(false);
    await expect.poll(() => isAlive(pid)).toBe(false);
    expect((await shell.run(['status'])).out).toBe('nothing is mounted\n');
  });

  test('whose process does not answer is shown as such', async () => {
    const { mountpoint, pid } = await mount('users/silent', 'silent', '--create');
    process.kill(pid, 'SIGSTOP');
    const told = await shell.run(['status']);
    process.kill(pid, 'SIGCONT');
    expect(told).toMatchObject({ code: EXIT.ok, err: '' });
    expect(told.out).toMatch(
      new RegExp(`${mountpoint} +users/silent .* ${pid} +not known\n${mountpoint}: no answer in 2 s\n`),
    );
    expect((await shell.run(['unmount', mountpoint])).code).toBe(EXIT.ok);
  });

  test('that is in use stays when it should be unmounted', async () => {
    const { mountpoint } = await mount('users/used', 'used', '--create');
    const fd = openSync(path.join(mountpoint, 'open'), 'w');
    expectRefusal(await shell.run(['unmount', mountpoint]), EXIT.busy, /is in use/);
    expect(isMounted(mountpoint)).toBe(true);
    closeSync(fd);
    expect((await shell.run(['unmount', mountpoint])).code).toBe(EXIT.ok);
  });

  test.each(['SIGTERM', 'SIGINT'] as const)(
    'that is told to end by %s sends what is pending and unmounts',
    async (signal) => {
      const { mountpoint, pid } = await mount(`users/${signal}`, signal, '--create');
      writeFileSync(path.join(mountpoint, 'pending'), signal);
      process.kill(pid, signal);
      await expect.poll(() => isAlive(pid), { timeout: 20_000 }).toBe(false);
      expect(isMounted(mountpoint)).toBe(false);
      expect(await web.read(`/users/${signal}/pending`)).toBe(signal);
    },
  );

  test('whose process was killed is cleaned up, and loses nothing', async () => {
    const { mountpoint, pid } = await mount('users/killed', 'killed', '--create');
    writeFileSync(path.join(mountpoint, 'survivor'), 'still here');
    killWithGuard(pid);
    await expect.poll(() => isAlive(pid)).toBe(false);
    expect((await shell.run(['status'])).out).toBe('nothing is mounted\n');
    const cleaned = await shell.run(['unmount', mountpoint]);
    expect(cleaned).toMatchObject({ code: EXIT.ok, out: expect.stringMatching(/was a dead mount and is cleaned up/) });
    expect(isMounted(mountpoint)).toBe(false);
    expect((await shell.run(['mount', 'users/killed', mountpoint])).code).toBe(EXIT.ok);
    expect(readFileSync(path.join(mountpoint, 'survivor'), 'utf8')).toBe('still here');
    expect((await shell.run(['unmount', mountpoint])).code).toBe(EXIT.ok);
    expect(await web.read('/users/killed/survivor')).toBe('still here');
  });

  test('whose process was killed goes away by itself where it has a guard', async () => {
    const { mountpoint, pid } = await mount('users/guarded', 'guarded', '--create');
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => isMounted(mountpoint), { timeout: 20_000 }).toBe(false);
    expectRefusal(await shell.run(['unmount', mountpoint]), EXIT.notFound, /nothing of seamount is mounted at/);
  });

  test('whose process was killed is mounted over by the next mount', async () => {
    const { mountpoint, pid } = await mount('users/dead', 'dead', '--create');
    killWithGuard(pid);
    await expect.poll(() => isAlive(pid)).toBe(false);
    expect((await shell.run(['mount', 'users/dead', mountpoint])).code).toBe(EXIT.ok);
    writeFileSync(path.join(mountpoint, 'alive'), '1');
    expect((await shell.run(['unmount', mountpoint])).code).toBe(EXIT.ok);
  });

  test('that was unmounted by umount sends what is pending, and its process ends', async () => {
    const { mountpoint, pid } = await mount('users/umounted', 'umounted', '--create');
    writeFileSync(path.join(mountpoint, 'f'), 'sent all the same');
    execFileSync('umount', [mountpoint]);
    await expect.poll(() => isAlive(pid), { timeout: 20_000 }).toBe(false);
    expect(await web.read('/users/umounted/f')).toBe('sent all the same');
  });

  test('in the foreground says when it is there and ends with 0 after Ctrl-C', async () => {
    const mountpoint = shell.mountpoint('foreground');
    const child = shell.start(['mount', 'users/foreground', mountpoint, '--create', '--foreground']);
    expect(await firstLine(child)).toBe(`users/foreground is mounted at ${mountpoint}\n`);
    writeFileSync(path.join(mountpoint, 'f'), 'foreground');
    child.kill('SIGINT');
    expect((await ended(child)).code).toBe(EXIT.ok);
    expect(isMounted(mountpoint)).toBe(false);
    expect(await web.read('/users/foreground/f')).toBe('foreground');
  });

  test('that is read-only refuses changes', async () => {
    await shell.run(['space', 'create', 'users/ro']);
    const { mountpoint } = await mount('users/ro', 'ro', '--read-only');
    expect(() => writeFileSync(path.join(mountpoint, 'f'), 'x')).toThrow(/EROFS/);
    const { mountpoint: other } = await mount('users/alice', 'ro2', '-o', 'ro,uid=1000');
    expect(() => writeFileSync(path.join(other, 'f'), 'x')).toThrow(/EROFS/);
    expect(statSync(other).uid).toBe(1000);
    expect((await shell.run(['sync'])).code).toBe(EXIT.ok);
    for (const place of [mountpoint, other]) expect((await shell.run(['unmount', place])).code).toBe(EXIT.ok);
  });
});

describe('when the server goes down in the middle', () => {
  test('nothing is lost: writes go on, what remains is said, and it is sent when the server is back', async () => {
    const data = path.join(shell.home, 'down');
    const accounts = ['--account', `${ALICE.email}:${ALICE.password}`];
    const first = shell.start(['serve', '--data', data, ...accounts]);
    const { url } = JSON.parse(await firstLine(first));
    const env = { SEAMOUNT_SERVER: url };
    const mountpoint = shell.mountpoint('down-mount');
    expect((await shell.run(['mount', 'users/a', mountpoint, '--create'], env)).code).toBe(EXIT.ok);
    first.kill('SIGKILL');
    await ended(first);
    writeFileSync(path.join(mountpoint, 'kept'), 'kept here');
    expect(readFileSync(path.join(mountpoint, 'kept'), 'utf8')).toBe('kept here');
    const synced = await shell.run(['sync', mountpoint, '--timeout', '1']);
    expectRefusal(synced, EXIT.pending, /1 change \(9 B\) not on the server/);
    const unmounted = await shell.run(['unmount', mountpoint, '--timeout', '1']);
    expectRefusal(
      unmounted,
      EXIT.pending,
      /is unmounted, but 1 change \(9 B\) not on the server yet: kept in .*, sent at the next mount/,
    );
    expect(isMounted(mountpoint)).toBe(false);

    expectRefusal(
      await shell.run(['ls', 'users/a'], env),
      EXIT.unreachable,
      /no answer from 127\.0\.0\.1:\d+ \(connection refused\)/,
    );
    const second = shell.start(['serve', '--data', data, '--port', new URL(url).port, ...accounts]);
    await firstLine(second);
    expect((await shell.run(['mount', 'users/a', mountpoint], env)).code).toBe(EXIT.ok);
    expect((await shell.run(['sync', mountpoint])).code).toBe(EXIT.ok);
    expect(await (await WebApi.signIn(url, ALICE)).read('/users/a/kept')).toBe('kept here');
    expect((await shell.run(['unmount', mountpoint])).code).toBe(EXIT.ok);
    second.kill();
    await ended(second);
  });
});

/** As a machine does that runs out of memory: whatever belongs to the mount is gone at once. */
function killWithGuard(pid: number): void {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
  for (const child of children) process.kill(Number(child), 'SIGKILL');
  process.kill(pid, 'SIGKILL');
}

function digest(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
