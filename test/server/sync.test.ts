import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeFrames, type Entry, encodeFile, encodeFrame } from '../../src/seafile/objects/index.ts';
import { type RunningServer, type ServerOptions, startServer } from '../../src/server/index.ts';
import { accountsOf, TestAccount, type TestLibrary } from './account.ts';

const layouts: [string, ServerOptions][] = [
  ['below /seafhttp', { fileServer: 'prefixed' }],
  ['on a port of its own', { fileServer: 'own-port' }],
];

describe.each(layouts)('the sync protocol %s', (_, layout) => {
  let server: RunningServer;
  let account: TestAccount;

  beforeAll(async () => {
    server = await startServer({ memory: true, ...layout, accounts: accountsOf('o@x.org') });
    account = await TestAccount.signIn(server, 'o@x.org');
  });
  afterAll(() => server.close());

  it('answers where the server says it does', async () => {
    const answer = await fetch(`${server.fileServer}/protocol-version`);
    expect(await answer.json()).toEqual({ version: 2 });
    expect(server.fileServer.startsWith(server.url)).toBe(layout.fileServer === 'prefixed');
  });

  it('merges commits that many clients push at once, and loses none', async () => {
    const library = await account.newLibrary();
    const parent = await library.head();
    const pushes = Array.from({ length: 20 }, async (__, index) => {
      const root = await library.putDirectory([folder(`d${index}`)]);
      return library.push({ root, parent, description: `client ${index}` });
    });
    for (const answer of await Promise.all(pushes)) expect(answer.status).toBe(200);
    expect(await library.list()).toHaveLength(20);
  });

  it('serialises web changes: no name is lost or made twice', async () => {
    const library = await account.newLibrary();
    const calls = Array.from({ length: 30 }, () => library.api('POST', 'dir/?p=/same', { operation: 'mkdir' }));
    await Promise.all(calls);
    const names = await library.list();
    expect(new Set(names).size).toBe(30);
    expect(server.stats().commits).toBeGreaterThanOrEqual(30);
  });

  it('sends packs of a mebibyte at a time', async () => {
    const library = await account.newLibrary();
    const ids: string[] = [];
    const frames: Uint8Array[] = [];
    for (let index = 0; index < 40; index++) {
      const id = createHash('sha1').update(String(index)).digest('hex');
      const noise = Buffer.concat(Array.from({ length: 2000 }, (__, i) => sha(`${index}/${i}`)));
      ids.push(id);
      frames.push(encodeFrame({ id, compressed: deflateSync(noise) }));
    }
    expect((await library.sync('POST', 'recv-fs/', Buffer.concat(frames))).status).toBe(200);
    const response = await fetch(`${server.fileServer}/repo/${library.id}/pack-fs/`, {
      method: 'POST',
      headers: { 'seafile-repo-token': library.syncToken },
      body: JSON.stringify(ids),
    });
    const pack = Buffer.from(await response.arrayBuffer());
    const got = [...decodeFrames(pack)].map((frame) => frame.id);
    expect(got).toEqual(ids.slice(0, got.length));
    expect(got.length).toBeLessThan(ids.length);
    expect(pack.length).toBeGreaterThanOrEqual(1 << 20);
    expect(pack.length).toBeLessThan((1 << 20) + 50_000);
  });

  it('gives the ids that are new since a commit', async () => {
    const library = await account.newLibrary();
    await library.mkdir('/a/b');
    const before = await library.head();
    await library.mkdir('/c/d');
    const after = await library.head();
    const all = (await library.sync('GET', `fs-id-list/?server-head=${after}&dir-only=1`)).json;
    const fresh = (await library.sync('GET', `fs-id-list/?server-head=${after}&client-head=${before}`)).json;
    expect(all).toHaveLength(3);
    expect(fresh).toHaveLength(2);
    expect(all).toEqual(expect.arrayContaining(fresh));
  });

  it.each([
    ['GET', 'commit/nonsense'],
    ['POST', 'recv-fs/', 'cut short'],
    ['POST', 'check-fs/', 'no JSON'],
    ['GET', 'permission-check/?op=steal'],
    ['PUT', 'commit/HEAD/?head=x'],
    ['PUT', `block/${'0'.repeat(39)}`, 'x'],
    ['PUT', `commit/${'a'.repeat(40)}`, '{}'],
  ])('refuses %s %s with 400', async (method, path, body?: string) => {
    const library = await account.newLibrary();
    expect((await library.sync(method, path, body)).status).toBe(400);
  });
});

describe('version 12', () => {
  let server: RunningServer;
  let library: TestLibrary;

  beforeAll(async () => {
    server = await startServer({ memory: true, version: 12, accounts: accountsOf('o@x.org') });
    library = await (await TestAccount.signIn(server, 'o@x.org')).newLibrary();
  });
  afterAll(() => server.close());

  it('refuses a commit whose blocks are missing (446), and names the files', async () => {
    const missing = encodeFile(['ab'.repeat(20) as never], 5);
    await library.sync('POST', 'recv-fs/', encodeFrame({ id: missing.id, compressed: deflateSync(missing.text) }));
    const file: Entry = {
      kind: 'file',
      name: 'hole.txt',
      id: missing.id,
      mode: 0o100644,
      mtime: 1,
      size: 5,
      modifier: 'o@x.org',
    };
    const root = await library.putDirectory([file]);
    const answer = await library.push({ root, parent: await library.head(), description: 'with a hole' });
    expect(answer.status).toBe(446);
    expect(answer.json).toEqual(['hole.txt']);
    expect(await library.list()).toEqual([]);
  });

  it('refuses a commit that adds an entry named ..', async () => {
    const root = await library.putDirectory([folder('..')]);
    const answer = await library.push({ root, parent: await library.head(), description: 'climbing' });
    expect(answer.status).toBe(400);
  });

  it('takes the sync token in Authorization, and the API token with Bearer', async () => {
    const head = await fetch(`${server.fileServer}/repo/${library.id}/commit/HEAD`, {
      headers: { authorization: `Token ${library.syncToken}` },
    });
    expect(head.status).toBe(200);
    const ping = await fetch(`${server.url}/api2/auth/ping/`, {
      headers: { authorization: `Bearer ${library.account.token}` },
    });
    expect(ping.status).toBe(200);
  });

  it('sets a file’s time from last_modify, and tells the file’s id as ETag', async () => {
    const link = (await library.api('GET', 'upload-link/?p=/')).json;
    const form = new FormData();
    form.set('parent_dir', '/');
    form.set('last_modify', '2020-02-03T04:05:06+01:00');
    form.set('file', new Blob(['dated']), 'dated.txt');
    expect((await fetch(link, { method: 'POST', body: form })).status).toBe(200);
    const detail = (await library.api('GET', 'file/detail/?p=/dated.txt')).json;
    expect(detail.mtime).toBe(Date.parse('2020-02-03T03:05:06Z') / 1000);
    const content = await fetch((await library.api('GET', 'file/?p=/dated.txt')).json);
    expect(content.headers.get('etag')).toBe(detail.id);
  });
});

const folder = (name: string): Entry => ({
  kind: 'directory',
  name,
  id: '0'.repeat(40) as never,
  mode: 0o40000,
  mtime: 1,
});

const sha = (text: string): Buffer => createHash('sha1').update(text).digest();
