import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type RunningServer, startServer } from '../../src/server/index.ts';
import { accountsOf, TestAccount, type TestLibrary } from './account.ts';

describe('a shared folder', () => {
  let server: RunningServer;
  let owner: TestAccount;
  let receiver: TestAccount;
  let library: TestLibrary;

  beforeAll(async () => {
    // Changes cross when a test says so.
    const shareDelayMs = 3_600_000;
    server = await startServer({ memory: true, shareDelayMs, accounts: accountsOf('o@x.org', 'r@x.org', 'n@x.org') });
    owner = await TestAccount.signIn(server, 'o@x.org');
    receiver = await TestAccount.signIn(server, 'r@x.org');
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    library = await owner.newLibrary();
    await library.mkdir('/top/shared');
    await library.upload('/top/shared', 'a.txt', 'from the owner');
  });

  const share = (path: string, permission = 'rw') =>
    library.api('PUT', `dir/shared_items/?p=${path}`, { share_type: 'user', permission, username: 'r@x.org' });

  /** What the receiver sees of the library: at most one share in these tests. */
  async function received(): Promise<TestLibrary | undefined> {
    const answer = await receiver.call('GET', '/api2/beshared-repos/');
    const mine = answer.json.filter((each: { origin_repo_id: string }) => each.origin_repo_id === library.id);
    return mine[0] && receiver.openLibrary(mine[0].id);
  }

  async function shared(path = '/top/shared'): Promise<TestLibrary> {
    await share(path);
    const seen = await received();
    if (!seen) throw new Error('the share is not seen');
    return seen;
  }

  it('shows the receiver its content and nothing beside it', async () => {
    await library.mkdir('/top/other');
    const seen = await shared();
    expect(await seen.list()).toEqual(['a.txt']);
    expect(await seen.rootId()).toBe((await library.api('GET', 'dir/metadata/?p=/top/shared')).json.id);
    expect((await receiver.call('GET', `/api2/repos/${library.id}/`)).status).toBe(403);
  });

  it('carries the owner’s changes to the receiver', async () => {
    const seen = await shared();
    await library.upload('/top/shared', 'b.txt', 'new');
    expect(await seen.list()).toEqual(['a.txt']);
    await server.settle();
    expect(await seen.list()).toEqual(['a.txt', 'b.txt']);
    expect(await seen.download('/b.txt')).toBe('new');
  });

  it('carries the receiver’s changes to the owner, and to other receivers', async () => {
    const seen = await shared();
    await library.api('PUT', 'dir/shared_items/?p=/top/shared', {
      share_type: 'user',
      permission: 'r',
      username: 'n@x.org',
    });
    await library.api('PUT', 'dir/shared_items/?p=/top', { share_type: 'user', permission: 'r', username: 'n@x.org' });
    await seen.upload('/', 'r.txt', 'from the receiver');
    await server.settle();
    expect(await library.list('/top/shared')).toEqual(['a.txt', 'r.txt']);
    expect(await library.download('/top/shared/r.txt')).toBe('from the receiver');
    const third = await TestAccount.signIn(server, 'n@x.org');
    const libraries = (await third.call('GET', '/api2/beshared-repos/')).json;
    const above = libraries.find((each: { origin_path: string }) => each.origin_path === '/top');
    expect(await (await third.openLibrary(above.id)).list('/shared')).toEqual(['a.txt', 'r.txt']);
  });

  it('merges what both changed at once', async () => {
    const seen = await shared();
    await library.upload('/top/shared', 'o.txt', 'owner');
    await seen.upload('/', 'r.txt', 'receiver');
    await library.upload('/top/shared', 'a.txt', 'owner’s version', true);
    await seen.upload('/', 'a.txt', 'receiver’s version', true);
    await server.settle();
    const names = await seen.list();
    expect(names).toEqual(await library.list('/top/shared'));
    expect(names).toEqual(expect.arrayContaining(['a.txt', 'o.txt', 'r.txt']));
    expect(names).toHaveLength(4);
    expect(names?.find((name) => name.startsWith('a (SFConflict r@x.org '))).toBeDefined();
    expect(await library.download('/top/shared/a.txt')).toBe('owner’s version');
  });

  it('does not carry over block commits until something else changes', async () => {
    const seen = await shared();
    const links = (await library.api('POST', 'upload-blks-link/?p=/top/shared', { blklist: '' })).json;
    const form = new FormData();
    const fields = { parent_dir: '/top/shared', file_name: 'empty', file_size: '0', blockids: '[]' };
    for (const [name, value] of Object.entries(fields)) form.set(name, value);
    expect((await fetch(links.commiturl, { method: 'POST', body: form })).status).toBe(200);
    await server.settle();
    expect(await seen.list()).toEqual(['a.txt']);
    await library.upload('/top/shared', 'kick.txt', 'now');
    await server.settle();
    expect(await seen.list()).toEqual(['a.txt', 'empty', 'kick.txt']);
  });

  it('stays shared when it is renamed or moved, under its new name', async () => {
    const seen = await shared();
    await library.api('POST', 'dir/?p=/top/shared', { operation: 'rename', newname: 'renamed' });
    expect((await received())?.id).toBe(seen.id);
    expect((await receiver.call('GET', `/api2/repos/${seen.id}/`)).json.name).toBe('renamed');
    await library.mkdir('/elsewhere');
    await library.api('POST', 'fileops/move/?p=/top', {
      dst_repo: library.id,
      dst_dir: '/elsewhere',
      file_names: 'renamed',
    });
    await library.upload('/elsewhere/renamed', 'late.txt', 'x');
    await server.settle();
    expect(await seen.list()).toEqual(['a.txt', 'late.txt']);
  });

  it('stays shared when the folder above it is renamed', async () => {
    const seen = await shared();
    await library.api('POST', 'dir/?p=/top', { operation: 'rename', newname: 'TOP' });
    await library.upload('/TOP/shared', 'late.txt', 'x');
    await server.settle();
    expect(await seen.list()).toEqual(['a.txt', 'late.txt']);
  });

  it('ends its share when it is deleted', async () => {
    const seen = await shared();
    await library.api('DELETE', 'dir/?p=/top/shared');
    expect(await received()).toBeUndefined();
    expect((await receiver.call('GET', `/api2/repos/${seen.id}/`)).status).toBe(404);
    expect((await seen.sync('GET', 'commit/HEAD')).status).toBe(444);
  });

  it('loses its share when it is renamed and changed in one commit', async () => {
    await shared();
    const head = await library.head();
    const other = await library.putDirectory([
      { kind: 'directory', name: 'new', id: '0'.repeat(40) as never, mode: 0o40000, mtime: 1 },
    ]);
    const top = await library.putDirectory([
      { kind: 'directory', name: 'moved', id: other as never, mode: 0o40000, mtime: 1 },
    ]);
    const root = await library.putDirectory([
      { kind: 'directory', name: 'top', id: top as never, mode: 0o40000, mtime: 1 },
    ]);
    expect((await library.push({ root, parent: head, description: 'rename and edit' })).status).toBe(200);
    expect(await received()).toBeUndefined();
  });

  it('lets a reader read, and not write', async () => {
    await share('/top/shared', 'r');
    const seen = await received();
    expect(await seen?.download('/a.txt')).toBe('from the owner');
    expect((await seen?.upload('/', 'x.txt', 'x'))?.status).toBe(403);
    expect((await seen?.sync('GET', 'permission-check/?op=upload'))?.status).toBe(403);
    expect((await seen?.sync('POST', 'recv-fs/', ''))?.status).toBe(403);
    expect((await seen?.sync('PUT', `block/${'a'.repeat(40)}`, 'x'))?.status).toBe(403);
  });

  it('is closed to the receiver at once when the share is removed', async () => {
    const seen = await shared();
    await library.api('DELETE', 'dir/shared_items/?p=/top/shared&share_type=user&username=r@x.org');
    expect((await seen.api('GET', 'dir/')).status).toBe(403);
    expect((await seen.sync('GET', 'commit/HEAD')).status).toBe(403);
  });
});
