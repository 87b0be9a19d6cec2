import type { ChildProcess } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { ensureBuilt, expectRefusal, isMounted, Shell, serve } from './binary.ts';
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
