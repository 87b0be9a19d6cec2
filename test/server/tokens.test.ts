import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningServer, startServer } from '../../src/server/index.ts';
import { accountsOf, TestAccount, type TestLibrary } from './account.ts';

describe.each([10, 12] as const)('tokens and links of version %i', (version) => {
  let nowMs = Date.parse('2026-01-01T00:00:00Z');
  let server: RunningServer;
  let account: TestAccount;
  let library: TestLibrary;

  beforeAll(async () => {
    server = await startServer({ memory: true, version, now: () => nowMs, accounts: accountsOf('o@x.org') });
    account = await TestAccount.signIn(server, 'o@x.org');
    library = await account.newLibrary('theirs');
    await library.mkdir('/d');
    await library.upload('/d', 'a.txt', 'content');
  });
  afterAll(() => server.close());

  const libraryToken = async (app: string, permission: string): Promise<TestAccount> => {
    const answer = await library.api21('POST', 'repo-api-tokens/', { app_name: app, permission });
    return new TestAccount(server, '', answer.json.api_token);
  };

  it('gives an account the same token at each sign-in, and a device one of its own', async () => {
    expect((await TestAccount.signIn(server, 'o@x.org')).token).toBe(account.token);
    const device = {
      platform: 'linux',
      device_id: 'd'.repeat(40),
      device_name: 'desk',
      client_version: '9',
      platform_version: '',
    };
    const signIn = (form: Record<string, string>) =>
      account.call('POST', '/api2/auth-token/', {
        form: { username: 'o@x.org', password: "o@x.org's password", ...form },
      });
    const first = (await signIn(device)).json.token;
    const second = (await signIn(device)).json.token;
    expect(new Set([first, second, account.token]).size).toBe(3);
    expect((await new TestAccount(server, '', first).call('GET', '/api2/auth/ping/')).status).toBe(401);
    const signedIn = new TestAccount(server, '', second);
    expect((await signedIn.call('GET', '/api2/auth/ping/')).status).toBe(200);
    expect((await signedIn.call('POST', '/api2/logout-device/')).status).toBe(200);
    expect((await signedIn.call('GET', '/api2/auth/ping/')).status).toBe(401);
    expect((await signIn({ platform: 'linux' })).json).toEqual({ non_field_errors: ['invalid params'] });
  });

  it('opens one library to an application, and nothing else', async () => {
    const app = await libraryToken('reader-writer', 'rw');
    const listing = await app.call('GET', '/api/v2.1/via-repo-token/dir/?path=/d');
    expect(listing.json).toMatchObject({ user_perm: 'rw', dirent_list: [{ name: 'a.txt', type: 'file' }] });
    expect(listing.json.dirent_list[0].mtime).toMatch(/^2026-01-01T/);
    expect((await app.call('GET', '/api/v2.1/via-repo-token/repo-info/')).json).toMatchObject({ repo_name: 'theirs' });
    const link = await app.call('GET', '/api/v2.1/via-repo-token/download-link/?path=/d/a.txt');
    expect(await (await fetch(link.json)).text()).toBe('content');
    const form = { operation: 'mkdir' };
    const made = await app.call('POST', '/api/v2.1/via-repo-token/dir/?path=/made', { form });
    expect(made.json).toMatchObject({ type: 'dir', obj_name: 'made' });
    expect((await app.call('GET', `/api2/repos/${library.id}/dir/`)).status).toBe(401);
    expect((await app.call('GET', '/api2/auth/ping/')).status).toBe(401);
    expect((await account.call('GET', '/api/v2.1/via-repo-token/repo-info/')).status).toBe(401);
  });

  it('uploads for an application without naming anybody', async () => {
    const app = await libraryToken('uploader', 'rw');
    const link = await app.call('GET', '/api/v2.1/via-repo-token/upload-link/?path=/d');
    const form = new FormData();
    form.set('parent_dir', '/d');
    form.set('file', new Blob(['x']), 'by-app.txt');
    expect((await fetch(link.json, { method: 'POST', body: form })).status).toBe(200);
    const detail = (await library.api('GET', 'file/detail/?p=/d/by-app.txt')).json;
    expect(detail.last_modifier_email).toBe('');
  });

  it('lets a reading application read alone, and nobody once its token is removed', async () => {
    const app = await libraryToken('reader', 'r');
    const form = { operation: 'mkdir' };
    expect((await app.call('POST', '/api/v2.1/via-repo-token/dir/?path=/no', { form })).status).toBe(403);
    expect((await app.call('GET', '/api/v2.1/via-repo-token/upload-link/?path=/')).status).toBe(403);
    expect((await library.api21('POST', 'repo-api-tokens/', { app_name: 'reader' })).json).toEqual({
      error_msg: 'app: reader token already exists.',
    });
    expect((await library.api21('DELETE', 'repo-api-tokens/reader/')).json).toEqual({ success: true });
    const answer = await app.call('GET', '/api/v2.1/via-repo-token/dir/?path=/');
    expect([answer.status, answer.json]).toEqual([401, { detail: 'Token inactive or deleted' }]);
  });

  it('has the newer routes for applications on version 12 alone', async () => {
    const app = await libraryToken('files', 'rw');
    const answer = await app.call('GET', '/api/v2.1/via-repo-token/file/?path=/d/a.txt');
    expect(answer.status).toBe(version === 12 ? 200 : 404);
  });

  it('reads a file by its path with an API token on version 12 alone', async () => {
    const url = `${server.fileServer}/repos/${library.id}/files/d/a.txt?op=download`;
    const headers = { authorization: `Token ${account.token}` };
    const answer = await fetch(url, { headers });
    expect(answer.status).toBe(version === 12 ? 200 : 404);
    if (version === 10) return;
    expect(await answer.text()).toBe('content');
    const etag = answer.headers.get('etag') ?? '';
    expect((await fetch(url, { headers: { ...headers, 'if-none-match': etag } })).status).toBe(304);
    expect((await fetch(url, { headers: { ...headers, range: 'bytes=0-2' } })).status).toBe(206);
    expect((await fetch(url)).status).toBe(400);
  });

  it('shares a file by a public link, until it expires', async () => {
    const body = { form: { repo_id: library.id, path: '/d/a.txt', expire_days: '2' } };
    const made = (await account.call('POST', '/api/v2.1/share-links/', body)).json;
    expect(made).toMatchObject({ is_dir: false, obj_name: 'a.txt', is_expired: false, username: 'o@x.org' });
    expect((await account.call('POST', '/api/v2.1/share-links/', body)).status).toBe(400);
    expect(await (await fetch(`${made.link}?dl=1`)).text()).toBe('content');
    expect((await account.call('GET', `/api/v2.1/share-links/${made.token}/`)).json.view_cnt).toBe(1);
    nowMs += 2 * 86_400_000 + 1000;
    expect((await fetch(`${made.link}?dl=1`)).status).toBe(404);
    expect((await account.call('DELETE', `/api/v2.1/share-links/${made.token}/`)).json).toEqual({ success: true });
  });

  it('shares a folder by a public link with a password', async () => {
    const password = 'long enough';
    const short = { form: { repo_id: library.id, path: '/d', password: 'short' } };
    expect((await account.call('POST', '/api/v2.1/share-links/', short)).json).toEqual({
      error_msg: 'Password is too short.',
    });
    const body = { form: { repo_id: library.id, path: '/d', password } };
    const made = (await account.call('POST', '/api/v2.1/share-links/', body)).json;
    const url = `${server.url}/api/v2.1/share-links/${made.token}/dirents/?path=/`;
    expect((await fetch(url)).status).toBe(403);
    const listing = await fetch(`${url}&password=${encodeURIComponent(password)}`);
    expect(JSON.stringify(await listing.json())).toContain('a.txt');
  });

  it('takes uploads by a public link', async () => {
    const body = { form: { repo_id: library.id, path: '/d' } };
    const made = (await account.call('POST', '/api/v2.1/upload-links/', body)).json;
    expect(made.link).toBe(`${server.url}/u/d/${made.token}/`);
    const answer = await fetch(`${server.url}/api/v2.1/upload-links/${made.token}/upload/`);
    const { upload_link: link } = (await answer.json()) as { upload_link: string };
    const form = new FormData();
    form.set('parent_dir', '/d');
    form.set('file', new Blob(['x']), 'by-guest.txt');
    expect((await fetch(link, { method: 'POST', body: form })).status).toBe(200);
    expect(await library.list('/d')).toContain('by-guest.txt');
  });

  it('finds files by a part of their name', async () => {
    const found = await account.call('GET', `/api/v2.1/search-file/?repo_id=${library.id}&q=A.T`);
    expect(found.json.data).toMatchObject([{ path: '/d/a.txt', type: 'file', size: 7 }]);
  });
});
