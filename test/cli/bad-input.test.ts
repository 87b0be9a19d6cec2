import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
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

/** A `/dev` of its own for a mount namespace, with what Node needs. */
const BARE_DEV = 'mount -t tmpfs none /dev; mknod --mode=666 /dev/null c 1 3; mknod --mode=666 /dev/urandom c 1 9';

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
    const none = createServer((_, response) => response.writeHead(404).end('not here'));
    await new Promise<void>((resolve) => none.listen(0, '127.0.0.1', resolve));
    const noneAt = none.address();
    expectRefusal(
      await at(`http://127.0.0.1:${typeof noneAt === 'object' ? noneAt?.port : 0}`),
      EXIT.unreachable,
      /answered 404.*Check the server URL: a Seafile server should answer there/,
    );
    none.close();
    other.close();
  });

  test('a library that its clients encrypt', async () => {
    const encryption = { enc_version: '2', magic: 'ab'.repeat(32), random_key: 'cd'.repeat(48) };
    const body = new URLSearchParams({ name: 'Sealed', repo_id: randomUUID(), ...encryption });
    await web.call('/api2/repos/', { method: 'POST', body });
    const refused = /library "Sealed" .* is encrypted, which is not supported: use a library without a password/;
    expectRefusal(await shell.run(['ls', 'lib:Sealed']), EXIT.notPermitted, refused);
    expectRefusal(await shell.run(['put', '/etc/hostname', 'lib:Sealed', 'x']), EXIT.notPermitted, refused);
    const mountpoint = shell.mountpoint('sealed');
    expectRefusal(await shell.run(['mount', 'lib:Sealed', mountpoint]), EXIT.notPermitted, refused);
    expectRefusal(await shell.run(['mount', 'lib:Sealed/in', mountpoint, '--create']), EXIT.notPermitted, refused);
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
    const mayOnlyRead = /may only read library "Of Bob": ask its owner/;
    expectRefusal(await shell.run(['mkdir', `lib:${others}`, 'new']), EXIT.notPermitted, mayOnlyRead);
    expectRefusal(await shell.run(['put', '/etc/hostname', `lib:${others}`, 'new']), EXIT.notPermitted, mayOnlyRead);
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
    expectRefusal(await shell.run(['mount', 'users/alice', mountpoint]), EXIT.mount, /is mounted here; unmount it/);
    const second = shell.mountpoint('second');
    expectRefusal(await shell.run(['mount', 'users/alice', second]), EXIT.busy, new RegExp(`in use by process ${pid}`));
    expect((await shell.run(['unmount', mountpoint])).code).toBe(EXIT.ok);
  });

  test('a machine without /dev/fuse', async () => {
    const mountpoint = shell.mountpoint('no-device');
    expectRefusal(
      await shell.runPrepared(`${BARE_DEV}; exec "$@"`, ['mount', 'users/alice', mountpoint]),
      EXIT.mount,
      /\/dev\/fuse does not exist: load the module \(modprobe fuse\), or give the container the device/,
    );
  });

  test('a /dev/fuse that is something else', async () => {
    const mountpoint = shell.mountpoint('other-device');
    expectRefusal(
      await shell.runPrepared(`${BARE_DEV}; mknod /dev/fuse c 1 3; exec "$@"`, ['mount', 'users/alice', mountpoint]),
      EXIT.mount,
      /does not take \/dev\/fuse for its FUSE device/,
    );
  });

  test('a user without rights, and no fusermount3', async () => {
    // The program and Node are shown where this user may read them; the home is made theirs.
    const asNobody = `${BARE_DEV}; mknod --mode=666 /dev/fuse c 10 229
      node=$1; program=$2; shift 2
      mount --bind "$(dirname "$(dirname "$(dirname "$program")")")" /mnt
      mount --bind "$(dirname "$node")" /media
      mount -t tmpfs none /opt; mkdir /opt/home /opt/point; chown 65534:65534 /opt/home /opt/point
      cd /; HOME=/opt/home XDG_RUNTIME_DIR= PATH=/nowhere exec "$(command -v setpriv)" --reuid 65534 --regid 65534 \
        --clear-groups "/media/$(basename "$node")" /mnt/dist/cli/main.js "$@"`;
    expectRefusal(
      await shell.runPrepared(asNobody, ['mount', 'users/alice', '/opt/point']),
      EXIT.mount,
      /fusermount3 is not installed, and only root may mount without it. Install it: apt-get install fuse3/,
    );
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
