import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  clientCredentials,
  connect,
  type Drive,
  DriveError,
  password,
  type SpaceChange,
  token,
} from '../../src/index.ts';
import { type RunningServer, startServer } from '../../src/server/index.ts';

const ALICE = { email: 'alice@example.org', password: 'alice-pass-word' };
const BOB = { email: 'bob@example.org', password: 'bob-pass-word' };
const CLIENT = { id: 'collab-app', secret: 'client-s3cret' };

let server: RunningServer;
let cache: string;
const drives: Drive[] = [];

beforeEach(async () => {
  server = await startServer({ memory: true, accounts: [ALICE, BOB], clients: [CLIENT] });
  cache = mkdtempSync(path.join(tmpdir(), 'seamount-drive-'));
});
afterEach(async () => {
  for (const drive of drives.splice(0)) await drive.close();
  await server.close();
  rmSync(cache, { recursive: true });
});

async function signedIn(who = ALICE, cacheOf = who.email): Promise<Drive> {
  const auth = password(who.email, who.password);
  const drive = await connect({ server: server.url, auth, cache: path.join(cache, cacheOf) });
  drives.push(drive);
  return drive;
}

async function tokenOf(who: { email: string; password: string }): Promise<string> {
  const body = new URLSearchParams({ username: who.email, password: who.password });
  return JSON.parse(await (await fetch(`${server.url}/api2/auth-token/`, { method: 'POST', body })).text()).token;
}

describe('a program', () => {
  test('connects as a service account, makes a space, writes, mounts, shares, and finds all of it on the server', async () => {
    const drive = await connect({
      server: server.url,
      auth: clientCredentials({ issuer: server.issuer, clientId: CLIENT.id, clientSecret: CLIENT.secret }),
      cache,
    });
    drives.push(drive);
    const space = await drive.space('users/7a1c', { create: true });
    const volume = await space.open({ durability: 'staged' });
    await volume.fs.promises.mkdir('/results');
    await volume.fs.promises.writeFile('/results/run.csv', 'a,b\n');
    await volume.fs.promises.mkdir('/my-service-data');

    const mountpoint = path.join(cache, 'mnt');
    mkdirSync(mountpoint);
    const mount = await volume.mount(mountpoint);
    expect(await readFile(path.join(mountpoint, 'results/run.csv'), 'utf8')).toBe('a,b\n');
    await writeFile(path.join(mountpoint, 'from the mount'), 'm');
    expect(await volume.fs.promises.readFile('/from the mount', 'utf8')).toBe('m');
    await mount.unmount();
    expect(readdirSync(mountpoint)).toEqual([]);

    await space.share('/my-service-data', { user: ALICE.email, permission: 'rw' });
    expect(await space.shares('/my-service-data')).toMatchObject([{ with: ALICE.email, permission: 'rw' }]);
    await volume.sync();
    expect(volume.status()).toMatchObject({ pending: [], conflicts: [], lastError: null, way: 'object' });
    await volume.close();
    await drive.close();

    const alice = await signedIn();
    expect((await alice.libraries.list()).map(({ name, kind }) => [name, kind])).toEqual([
      ['my-service-data', 'shared'],
    ]);
  });

  test('signs in with a ready token, and learns who it is', async () => {
    const auth = token(await tokenOf(ALICE));
    const drive = await connect({ server: server.url, auth, cache });
    drives.push(drive);
    expect(drive.account).toMatchObject({ email: ALICE.email });
    expect(drive.server).toBe(`${server.url}/`);
    expect(drive.stats.requests).toBeGreaterThan(0);
  });

  test('goes on when the server forgets every token it gave out: signs in again, says nothing', async () => {
    const auth = clientCredentials({ issuer: server.issuer, clientId: CLIENT.id, clientSecret: CLIENT.secret });
    const warnings: string[] = [];
    const logger = { debug: () => undefined, info: () => undefined, error: warn, warn };
    function warn(_: object, message: string): void {
      warnings.push(message);
    }
    const drive = await connect({ server: server.url, auth, cache: path.join(cache, 'service'), logger });
    drives.push(drive);
    const volume = await (await drive.space('users/7a1c', { create: true })).open();
    await volume.fs.promises.writeFile('/before', '1');
    await volume.sync();
    server.revokeTokens(drive.account.email);
    server.forgetLinks();
    await volume.fs.promises.writeFile('/after', '2');
    await volume.sync();
    expect(volume.status()).toMatchObject({ pending: [], lastError: null });
    await drive.space('users/another', { create: true });
    const elsewhere = await connect({ server: server.url, auth, cache: path.join(cache, 'elsewhere') });
    drives.push(elsewhere);
    const seen = await (await elsewhere.space('users/7a1c')).open();
    expect(await seen.fs.promises.readFile('/after', 'utf8')).toBe('2');
    await seen.fs.promises.writeFile('/back', '3'.repeat(100_000));
    await seen.sync();
    server.revokeTokens(drive.account.email);
    await expect
      .poll(() => volume.fs.promises.readFile('/back', 'utf8').catch(() => null), { timeout: 20_000 })
      .toBe('3'.repeat(100_000));
    expect(warnings).toEqual([]);
  });

  test('with durability committed is told of success when the server has it', async () => {
    const drive = await signedIn();
    const volume = await (await drive.space('c', { create: true })).open({ durability: 'committed' });
    await volume.fs.promises.writeFile('/f', 'committed');
    expect(volume.status().pending).toEqual([]);
  });

  test('closes the drive: what is pending is sent, and nothing can be asked afterwards', async () => {
    const drive = await signedIn();
    const space = await drive.space('late', { create: true });
    const volume = await space.open();
    await volume.fs.promises.writeFile('/f', 'sent at the end');
    await drive.close();
    await expect(drive.space('late')).rejects.toMatchObject({ name: 'DriveError', kind: 'closed' });
    await expect(volume.sync()).rejects.toMatchObject({ kind: 'closed' });
    const again = await (await (await signedIn(ALICE, 'elsewhere')).space('late')).open();
    expect(await again.fs.promises.readFile('/f', 'utf8')).toBe('sent at the end');
  });

  test('is told what changes, here and elsewhere, with paths inside the space', async () => {
    const here = await (await (await signedIn()).space('a/b', { create: true })).open();
    const there = await (await (await signedIn(ALICE, 'elsewhere')).space('a/b')).open();
    await there.fs.promises.readdir('/');
    const changes: SpaceChange[] = [];
    there.events.onChange((change) => changes.push(change));
    await there.fs.promises.writeFile('/mine', '1');
    await here.fs.promises.writeFile('/theirs', '2');
    await here.sync();
    await expect
      .poll(() => changes.filter(({ remote }) => remote).map(({ path }) => path), { timeout: 10_000 })
      .toContain('/theirs');
    expect(changes.filter(({ remote }) => !remote).map(({ path }) => path)).toContain('/mine');
  });
});

describe('signing in', () => {
  test('is refused with one error that says so, without the secret', async () => {
    for (const auth of [
      password(ALICE.email, 'wrong-pass-word'),
      token('0123456789abcdef0123456789abcdef01234567'),
      clientCredentials({ issuer: server.issuer, clientId: CLIENT.id, clientSecret: 'wrong-s3cret' }),
    ]) {
      const error = await connect({ server: server.url, auth, cache }).catch((error: unknown) => error);
      expect(error).toMatchObject({ name: 'SeafileError', kind: 'unauthorized' });
      expect(String(error)).not.toMatch(/wrong-|0123456789abcdef/);
    }
  });

  test('shows no credentials to a server that is not a Seafile server', async () => {
    const seen: string[] = [];
    const { createServer } = await import('node:http');
    const other = createServer((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers.authorization ?? ''}`);
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>hello</html>');
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const address = other.address();
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
    const attempt = connect({ server: url, auth: password(ALICE.email, ALICE.password), cache });
    await expect(attempt).rejects.toMatchObject({ kind: 'not-seafile' });
    expect(seen).toEqual(['GET /api2/ping/ ']);
    await new Promise((resolve) => other.close(resolve));
  });
});

describe('a space', () => {
  test('that does not exist is an error that says so and how to create it; nothing is made', async () => {
    const drive = await signedIn();
    await drive.spaces.create('users/there');
    await expect(drive.space('users/none')).rejects.toThrow(
      /^space users\/none does not exist in library "My Library": create it with --create, .*\{ create: true \}/,
    );
    expect(await drive.spaces.list('users')).toEqual(['users/there']);
  });

  test('is not made where a file is in the way', async () => {
    const drive = await signedIn();
    const volume = await (await drive.space('box', { create: true })).open();
    await volume.fs.promises.writeFile('/file', 'f');
    await volume.sync();
    await expect(drive.space('box/file/x', { create: true })).rejects.toMatchObject({ kind: 'not-a-folder' });
    await expect(drive.space('box/file')).rejects.toMatchObject({ kind: 'space-missing' });
  });

  test("never reaches another user's: the space's folder is the root of all paths", async () => {
    const drive = await signedIn();
    const bob = await (await drive.space('users/bob', { create: true })).open();
    await bob.fs.promises.writeFile('/secret', 'of bob');
    await bob.sync();
    const space = await drive.space('users/alice', { create: true });
    const alice = await space.open();
    for (const path of ['/../bob/secret', '../bob/secret', '/../../users/bob/secret', '/users/bob/secret']) {
      await expect(alice.fs.promises.readFile(path)).rejects.toMatchObject({ code: 'ENOENT' });
    }
    expect(await alice.fs.promises.readdir('/..')).toEqual([]);
    for (const path of ['/../bob', '..', '']) {
      await expect(space.share(path, { user: BOB.email, permission: 'r' })).rejects.toBeInstanceOf(DriveError);
      await expect(space.shares(path)).rejects.toBeInstanceOf(DriveError);
      await expect(space.unshare(path, BOB.email)).rejects.toBeInstanceOf(DriveError);
    }
  });

  test('is open once on a machine: the second is refused with the process that has it', async () => {
    const space = await (await signedIn()).space('one', { create: true });
    const volume = await space.open();
    await expect(space.open()).rejects.toMatchObject({
      code: 'EBUSY',
      message: expect.stringContaining(`process ${process.pid}`),
    });
    await volume.close();
    await (await space.open()).close();
  });

  test('that may only be read cannot be written, and no space is made in it', async () => {
    const owner = await signedIn(BOB);
    const space = await owner.space('given', { create: true });
    await space.share('/', { user: ALICE.email, permission: 'r' });
    const drive = await signedIn();
    const received = await drive.space('lib:given');
    expect(received.library.permission).toBe('r');
    const volume = await received.open();
    expect(volume.status().readOnly).toBe(true);
    await expect(volume.fs.promises.writeFile('/f', 'x')).rejects.toMatchObject({ code: 'EROFS' });
    await expect(drive.space('lib:given/new', { create: true })).rejects.toMatchObject({ kind: 'not-permitted' });
  });

  test('keeps its caches where nobody else can look, under names that tell nothing', async () => {
    const drive = await signedIn();
    await (await drive.space('users/alice', { create: true })).open();
    const root = path.join(cache, ALICE.email);
    for (const kind of ['spaces', 'stores']) {
      const [name, ...others] = readdirSync(path.join(root, kind));
      expect(name).toMatch(/^[0-9a-f]{32}$/);
      expect(others).toEqual([]);
      expect(statSync(path.join(root, kind, name ?? '')).mode & 0o777).toBe(0o700);
    }
  });
});

describe('sharing', () => {
  test('sends what is pending first, so that a folder just made can be shared', async () => {
    const space = await (await signedIn()).space('s', { create: true });
    const volume = await space.open();
    await volume.fs.promises.mkdir('/new');
    await space.share('/new', { user: BOB.email, permission: 'r' });
    expect(await space.shares('new')).toMatchObject([{ with: BOB.email, permission: 'r' }]);
    expect(await space.unshare('new', BOB.email)).toBe(true);
    expect(await space.unshare('new', BOB.email)).toBe(false);
  });

  test('survives a rename of the shared folder', async () => {
    const space = await (await signedIn()).space('s', { create: true });
    const volume = await space.open();
    await volume.fs.promises.mkdir('/old');
    await volume.fs.promises.writeFile('/old/f', '1');
    await space.share('/old', { user: BOB.email, permission: 'rw' });
    await volume.fs.promises.rename('/old', '/new');
    await volume.fs.promises.writeFile('/other', '2');
    await volume.sync();
    expect(await space.shares('/new')).toMatchObject([{ with: BOB.email, permission: 'rw' }]);
  });

  test('of a whole library, with a bad permission or with nobody is refused before any request', async () => {
    const drive = await signedIn();
    const space = await drive.space('s', { create: true });
    const whole = await drive.space(`lib:${space.library.id}`);
    server.resetStats();
    await expect(whole.share('/', { user: BOB.email, permission: 'r' })).rejects.toThrow(/whole library/);
    await expect(space.share('/', { user: '', permission: 'r' })).rejects.toThrow(/no user was named/);
    // A caller without types may pass anything.
    const admin = { user: BOB.email, permission: 'admin' as 'r' };
    await expect(space.share('/', admin)).rejects.toThrow(/permission "admin"/);
    expect(server.stats().requests).toBe(0);
  });
});
