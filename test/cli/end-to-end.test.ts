import { type ChildProcess, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { ended, ensureBuilt, environment, firstLine, isAlive, isMounted, Shell, serve, visible } from './binary.ts';
import { ALICE, BOB, CLIENT, type Ended } from './seamount.ts';
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
}, 120_000);
afterAll(async () => {
  await shell.close();
});

const ONE_LINE = /^seamount: [^\n]+\n$/;

function expectRefusal(told: Ended, code: number, reason: RegExp): void {
  expect(told.err).toMatch(reason);
  expect(told).toEqual({ code, out: '', err: expect.stringMatching(ONE_LINE) });
  expect(told.err).not.toMatch(/\n\s+at |node:internal/);
  for (const secret of [ALICE.password, BOB.password, CLIENT.secret, web.token]) expect(told.err).not.toContain(secret);
}

async function mount(space: string, name: string, ...options: string[]): Promise<{ mountpoint: string; pid: number }> {
  const mountpoint = shell.mountpoint(name);
  const told = await shell.run(['mount', space, mountpoint, ...options]);
  expect(told).toMatchObject({ code: EXIT.ok, err: '' });
  const pid = Number(/\(process (\d+), log /.exec(told.out)?.[1]);
  return { mountpoint, pid };
}

describe('seamount serve', () => {
  test('prints one line of JSON when it answers, shows no secret, keeps its data, and ends when told', async () => {
    const data = path.join(shell.home, 'served');
    const args = [
      'serve',
      '--data',
      data,
      '--account',
      `${BOB.email}:${BOB.password}`,
      '--client',
      `c:${CLIENT.secret}`,
    ];
    const first = shell.start(args);
    const line = await firstLine(first);
    expect(line).toMatch(/^\{[^\n]*\}\n$/);
    const served = JSON.parse(line);
    expect(served).toEqual({ url: expect.any(String), fileServer: expect.any(String), pid: first.pid });
    expect(visible(served.pid)).toBe('seamount serve');
    const env = { SEAMOUNT_SERVER: served.url, SEAMOUNT_USER: BOB.email, SEAMOUNT_PASSWORD: BOB.password };
    expect((await shell.run(['space', 'create', 'kept'], env)).code).toBe(EXIT.ok);
    first.kill('SIGTERM');
    expect((await ended(first)).code).toBe(EXIT.ok);

    const second = shell.start(['serve', '--data', data, '--server-version', '12']);
    const again = JSON.parse(await firstLine(second));
    const listed = await shell.run(['space', 'list'], { ...env, SEAMOUNT_SERVER: again.url });
    expect(listed.out).toBe('kept\n');
    second.kill('SIGINT');
    expect((await ended(second)).code).toBe(EXIT.ok);
  });

  test('takes accounts from a file and from the environment', async () => {
    const file = path.join(shell.home, 'accounts');
    writeFileSync(file, 'one@example.org:first-secret\n\n');
    const child = shell.start(['serve', '--memory', '--accounts-file', file], {
      SEAMOUNT_SERVE_ACCOUNTS: 'two@example.org:second:secret',
    });
    const { url } = JSON.parse(await firstLine(child));
    const signIn = (user: string, password: string) =>
      shell.run(['space', 'create', 'x'], { SEAMOUNT_SERVER: url, SEAMOUNT_USER: user, SEAMOUNT_PASSWORD: password });
    expect((await signIn('one@example.org', 'first-secret')).code).toBe(EXIT.ok);
    expect((await signIn('two@example.org', 'second:secret')).code).toBe(EXIT.ok);
    expectRefusal(await signIn('two@example.org', 'second'), EXIT.signIn, /Cannot sign in as two@example\.org/);
    child.kill();
    await ended(child);
  });

  test('is refused with one line: port taken, bad account, memory and data', async () => {
    const { port } = new URL(server.url);
    expectRefusal(
      await shell.run(['serve', '--memory', '--port', port]),
      EXIT.failed,
      /cannot serve at 127\.0\.0\.1:\d+: the address is in use/,
    );
    const bad = await shell.run(['serve', '--memory', '--account', ALICE.password]);
    expectRefusal(bad, EXIT.usage, /one of the accounts is not of the form EMAIL:PASSWORD/);
    expectRefusal(await shell.run(['serve', '--memory', '--data', '/tmp/x']), EXIT.usage, /exclude each other/);
  });
});

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
    process.kill(pid, 'SIGKILL');
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

  test('whose process was killed is mounted over by the next mount', async () => {
    const { mountpoint, pid } = await mount('users/dead', 'dead', '--create');
    process.kill(pid, 'SIGKILL');
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
    expect(() => appendFileSync(path.join(other, 'hello.txt'), 'x')).toThrow(/EROFS/);
    expect(statSync(path.join(other, 'hello.txt')).uid).toBe(1000);
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

describe('bad input gets one line with the thing, the reason and the way out', () => {
  test('a server that is not there, is not Seafile, or is no URL', async () => {
    const other = createServer((_, response) => response.end('<html>'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const address = other.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const at = (url: string) => shell.run(['ls', 'users/alice', '--server', url]);
    expectRefusal(
      await at('http://127.0.0.1:1'),
      EXIT.unreachable,
      /no answer from 127\.0\.0\.1:1 .*Check the server URL/,
    );
    expectRefusal(
      await at(`http://127.0.0.1:${port}`),
      EXIT.unreachable,
      /Check the server URL: a Seafile server should answer there/,
    );
    expectRefusal(await at('drive.example.org'), EXIT.usage, /Not a server URL/);
    other.close();
  });

  test('wrong credentials, and none', async () => {
    const env = { SEAMOUNT_PASSWORD: 'wrong-pass-word' };
    const wrong = await shell.run(['ls', 'users/alice'], env);
    expectRefusal(wrong, EXIT.signIn, /Cannot sign in as alice@example\.org at 127\.0\.0\.1:\d+/);
    expect(wrong.err).not.toContain('wrong-pass-word');
    const mountpoint = shell.mountpoint('wrong');
    expectRefusal(await shell.run(['mount', 'users/alice', mountpoint], env), EXIT.signIn, /Cannot sign in/);
    const none = await shell.run(['ls', 'users/alice'], { SEAMOUNT_USER: '', SEAMOUNT_PASSWORD: '' });
    expectRefusal(none, EXIT.signIn, /no credentials for http.*set SEAMOUNT_TOKEN/);
  });

  test('a configuration that others can read', async () => {
    const file = path.join(shell.home, '.config/seamount/config.toml');
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, `[profiles.me]\nserver = "${server.url}"\ntoken = "${web.token}"\n`);
    chmodSync(file, 0o644);
    const env = { SEAMOUNT_SERVER: '', SEAMOUNT_USER: '', SEAMOUNT_PASSWORD: '' };
    expectRefusal(await shell.run(['ls', 'users/alice'], env), EXIT.usage, /run chmod 600 /);
    chmodSync(file, 0o600);
    expect((await shell.run(['ls', 'users/alice', '--profile', 'me'], env)).code).toBe(EXIT.ok);
    rmSync(file);
  });

  test('a library that is gone, and one without permission', async () => {
    const gone = await web.createLibrary('Gone');
    await web.deleteLibrary(gone);
    expectRefusal(
      await shell.run(['ls', `lib:${gone}`]),
      EXIT.notFound,
      /does not exist or is not shared with this account/,
    );
    const bob = await WebApi.signIn(server.url, BOB);
    const others = await bob.createLibrary('Of Bob');
    expectRefusal(
      await shell.run(['ls', `lib:${others}`]),
      EXIT.notFound,
      /does not exist or is not shared with this account/,
    );
    await bob.call(`/api2/repos/${others}/dir/shared_items/?p=/`, {
      method: 'PUT',
      body: new URLSearchParams({ share_type: 'user', username: ALICE.email, permission: 'r' }),
    });
    expectRefusal(
      await shell.run(['space', 'create', `lib:${others}/new`]),
      EXIT.notPermitted,
      /may only read library "Of Bob"/,
    );
    expectRefusal(await shell.run(['mkdir', `lib:${others}`, 'new']), EXIT.notPermitted, /new: it is read-only/);
  });

  test('a space that does not exist', async () => {
    const mountpoint = shell.mountpoint('no-space');
    expectRefusal(
      await shell.run(['mount', 'users/nobody', mountpoint]),
      EXIT.notFound,
      /space users\/nobody does not exist in library "My Library": create it with --create/,
    );
    expect(isMounted(mountpoint)).toBe(false);
  });

  test('a mount point that is missing, a file, not empty, or taken; a space that is mounted already', async () => {
    await shell.run(['space', 'create', 'users/other']);
    const missing = path.join(shell.home, 'missing');
    expectRefusal(
      await shell.run(['mount', 'users/alice', missing]),
      EXIT.mount,
      /missing does not exist; create it: mkdir -p/,
    );
    const file = path.join(shell.home, 'a file');
    writeFileSync(file, '');
    expectRefusal(await shell.run(['mount', 'users/alice', file]), EXIT.mount, /is not a directory/);
    expectRefusal(await shell.run(['mount', 'users/alice', tmpdir()]), EXIT.mount, /is not empty/);
    const { mountpoint, pid } = await mount('users/alice', 'taken');
    expectRefusal(await shell.run(['mount', 'users/other', mountpoint]), EXIT.mount, /is mounted here/);
    const second = shell.mountpoint('second');
    expectRefusal(await shell.run(['mount', 'users/alice', second]), EXIT.busy, new RegExp(`in use by process ${pid}`));
    expect((await shell.run(['unmount', mountpoint])).code).toBe(EXIT.ok);
  });

  test('unknown commands, options and mount options', async () => {
    const told = async (...args: string[]): Promise<Ended> => shell.run(args);
    expect(await told('frobnicate')).toMatchObject({
      code: EXIT.usage,
      err: expect.stringMatching(/^seamount: unknown command 'frobnicate'/),
    });
    expect(await told('ls', '--nope', 'x')).toMatchObject({
      code: EXIT.usage,
      err: expect.stringMatching(/^seamount: unknown option '--nope'/),
    });
    expectRefusal(await told('mount', 'x', '/tmp', '-o', 'frob=1'), EXIT.usage, /-o frob is not known: use ro, rw/);
    expectRefusal(await told('mount', 'x', '/tmp', '-o', 'uid=me'), EXIT.usage, /-o uid takes a user's number/);
    expectRefusal(await told('unmount', '/tmp'), EXIT.notFound, /nothing of seamount is mounted at \/tmp/);
    expectRefusal(await told('sync', '/tmp'), EXIT.notFound, /nothing of seamount is mounted at \/tmp/);
  });

  test('more is shown only when it is asked for, and then without secrets too', async () => {
    const env = { SEAMOUNT_PASSWORD: 'wrong-pass-word' };
    const told = await shell.run(['--debug', 'ls', 'users/alice'], env);
    expect(told.err).toMatch(/\n\s+at /);
    expect(told.err).not.toContain('wrong-pass-word');
  });
});

function digest(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
