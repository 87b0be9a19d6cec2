import { mkdtempSync, rmSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { collectGarbage, type RunningServer, startServer } from '../../src/server/index.ts';
import { accountsOf, TestAccount, type TestLibrary } from './account.ts';

// No recordings of version 12 exist: what is expected here comes from seafile-api, chapters A, C.9, D, I and J.

let server: RunningServer;
let account: TestAccount;
let library: TestLibrary;
const folder = mkdtempSync(join(tmpdir(), 'seamount-version-'));

async function start(version: 10 | 12): Promise<void> {
  server = await startServer({ memory: true, version, accounts: accountsOf('o@x.org') });
  account = await TestAccount.signIn(server, 'o@x.org');
  library = await account.newLibrary();
  await library.mkdir('/d/e');
  await library.upload('/d', 'a.txt', 'content');
  await library.upload('/d/e', 'b.txt', 'more');
}

afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

const share = (path: string, more: Record<string, string> = {}) =>
  account.call('POST', '/api/v2.1/multi-share-links/', { form: { repo_id: library.id, path, ...more } });
const deleteFolders = (file_names: unknown) =>
  account.call('DELETE', '/api/v2.1/repos/batch-delete-folders-item/', { json: { repo_id: library.id, file_names } });
const mkdir = (name: string) => library.api('POST', `dir/?p=${encodeURIComponent(`/${name}`)}`, { operation: 'mkdir' });

/** A commit that makes the library empty, after asking whether it may upload, or without. */
async function push(asks: boolean): Promise<number> {
  if (asks) expect((await library.sync('GET', 'permission-check/?op=upload')).status).toBe(200);
  const root = '0'.repeat(40);
  return (await library.push({ root, parent: await library.head(), description: 'emptied', ctime: nextTime++ })).status;
}
let nextTime = 1_700_000_000;

describe('version 12', () => {
  beforeEach(() => start(12));

  it('deletes entries of several folders at once, and passes over what is not there', async () => {
    const answer = await deleteFolders(['/d/a.txt', '/d/e', '/nowhere/x']);
    expect(answer.json).toMatchObject({ success: true });
    expect(await library.list('/d')).toEqual([]);
    expect((await library.api21('GET', 'history/')).json.data[0].description).toBe('Deleted "a.txt" and 1 more files');
    expect((await deleteFolders('/d')).status).toBe(400);
  });

  it('makes several share links of one file; each is read without asking for a link', async () => {
    const links = [(await share('/d/a.txt')).json, (await share('/d/a.txt', { expire_days: '3' })).json];
    expect(new Set(links.map(({ token }) => token)).size).toBe(2);
    for (const { token } of links) {
      const url = `${server.fileServer}/f/${token}?op=download`;
      expect(await (await fetch(url)).text()).toBe('content');
      expect(await (await fetch(url, { headers: { range: 'bytes=1-3' } })).text()).toBe('ont');
    }
    expect((await share('/nowhere')).status).toBe(404);
  });

  it('gives nothing by a link of a folder, with a password, or that is not there', async () => {
    const folder = (await share('/d')).json;
    const locked = (await share('/d/a.txt', { password: 'long enough' })).json;
    expect((await fetch(`${server.fileServer}/f/${folder.token}`)).status).toBe(403);
    expect((await fetch(`${server.fileServer}/f/${locked.token}`)).status).toBe(403);
    expect((await fetch(`${server.fileServer}/f/${'0'.repeat(20)}`)).status).toBe(404);
  });

  it('lists the trash in pages', async () => {
    await deleteFolders(['/d/a.txt']);
    await deleteFolders(['/d/e']);
    const all = (await library.api21('GET', 'trash2/')).json;
    expect(all).toMatchObject({ total_count: 2 });
    expect(all.items.map((item: { obj_name: string }) => item.obj_name).sort()).toEqual(['a.txt', 'e']);
    const pages = await Promise.all([1, 2, 3].map((page) => library.api21('GET', `trash2/?page=${page}&per_page=1`)));
    expect(pages.map(({ json }) => json.items.length)).toEqual([1, 1, 0]);
  });

  it('refuses new names with some emoji, but takes uploads of such names', async () => {
    expect((await mkdir('party 🎉')).status).toBe(400);
    expect((await library.upload('/', 'party 🎉.txt', 'x')).status).toBe(200);
    expect(await library.list()).toContain('party 🎉.txt');
    expect((await mkdir('sun ☀')).status).toBe(201);
  });

  it('refuses a commit when garbage was collected since its upload began', async () => {
    expect(await push(false)).toBe(200);
    expect((await library.sync('GET', 'permission-check/?op=upload')).status).toBe(200);
    server.addFault({ fault: { kind: 'collected' }, times: 1 });
    expect(await push(false)).toBe(409);
    expect(await push(true)).toBe(200);
  });

  it('refuses an upload during which garbage was collected', async () => {
    const link = (await library.api('GET', 'upload-link/?p=/')).json;
    const headers = { 'content-type': 'multipart/form-data; boundary=b', expect: '100-continue' };
    const upload = request(link, { method: 'POST', headers });
    const answered = new Promise<IncomingMessage>((resolve) => upload.once('response', resolve));
    upload.flushHeaders();
    // It is told to go on when its handling begins.
    await new Promise((resolve) => upload.once('continue', resolve));
    server.addFault({ fault: { kind: 'collected' }, times: 1 });
    await account.call('GET', '/api2/account/info/');
    const part = (disposition: string, content: string): string =>
      `--b\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n${content}\r\n`;
    upload.end(`${part('name="parent_dir"', '/')}${part('name="file"; filename="late"', 'x')}--b--\r\n`);
    const answer = await answered;
    expect([answer.statusCode, await text(answer)]).toEqual([409, '{"error": "GC Conflict.\n"}']);
    expect(await library.list()).toEqual(['d']);
  });
});

describe('version 10', () => {
  beforeEach(() => start(10));

  it('has none of it', async () => {
    expect((await deleteFolders(['/d'])).status).toBe(404);
    expect((await share('/d/a.txt')).status).toBe(404);
    expect((await library.api21('GET', 'trash2/')).status).toBe(404);
    expect((await mkdir('party 🎉')).status).toBe(201);
    server.addFault({ fault: { kind: 'collected' }, times: 1 });
    expect(await push(false)).toBe(200);
  });
});

describe('collecting garbage', () => {
  it('is known to version 12 after the server was started again', async () => {
    const options = { data: folder, fsync: false, version: 12, accounts: accountsOf('o@x.org') } as const;
    server = await startServer(options);
    library = await (await TestAccount.signIn(server, 'o@x.org')).newLibrary();
    expect(await push(true)).toBe(200);
    await server.close();
    await collectGarbage(folder);
    server = await startServer(options);
    library = await (await TestAccount.signIn(server, 'o@x.org')).openLibrary(library.id);
    expect(await push(false)).toBe(409);
    expect(await push(true)).toBe(200);
  });
});
