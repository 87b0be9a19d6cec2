import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type RunningServer, startServer } from '../../src/server/index.ts';
import { accountsOf, TestAccount, type TestLibrary } from './account.ts';

describe('history and trash', () => {
  let nowMs = Date.parse('2026-01-01T00:00:00Z');
  let server: RunningServer;
  let account: TestAccount;
  let library: TestLibrary;

  beforeAll(async () => {
    server = await startServer({ memory: true, now: () => nowMs, accounts: accountsOf('o@x.org') });
    account = await TestAccount.signIn(server, 'o@x.org');
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    library = await account.newLibrary();
  });

  /** Each change in a second of its own. */
  const later = <Result>(work: () => Promise<Result>): Promise<Result> => {
    nowMs += 1000;
    return work();
  };

  it('lists commits, the newest first, page by page', async () => {
    for (const name of ['a', 'b', 'c']) await later(() => library.mkdir(`/${name}`));
    const first = (await library.api21('GET', 'history/?page=1&per_page=3')).json;
    expect(first.data.map((commit: { description: string }) => commit.description)).toEqual([
      'Added directory "c"',
      'Added directory "b"',
      'Added directory "a"',
    ]);
    expect(first.more).toBe(true);
    const second = (await library.api21('GET', 'history/?page=2&per_page=3')).json;
    expect(second.data.map((commit: { description: string }) => commit.description)).toEqual(['Created library']);
    expect(second.more).toBe(false);
  });

  it('tells what a commit changed', async () => {
    await library.mkdir('/d');
    await later(() => library.upload('/d', 'a.txt', 'one'));
    const changes = async (): Promise<unknown> =>
      (await library.api21('GET', `commits/${await library.head()}/`)).json.commit_diffs;
    expect(await changes()).toEqual([{ op_type: 'new', path: '/d/a.txt', new_path: '' }]);
    await later(() => library.upload('/d', 'a.txt', 'two', true));
    expect(await changes()).toEqual([{ op_type: 'modified', path: '/d/a.txt', new_path: '' }]);
    await later(() => library.api('POST', 'dir/?p=/d', { operation: 'rename', newname: 'e' }));
    expect(await changes()).toEqual([{ op_type: 'renamed', path: '/d', new_path: '/e' }]);
    await later(() => library.api('DELETE', 'dir/?p=/e'));
    expect(await changes()).toEqual([
      { op_type: 'deldir', path: '/e', new_path: '' },
      { op_type: 'deleted', path: '/e/a.txt', new_path: '' },
    ]);
  });

  it('gives and brings back old versions of a file', async () => {
    for (const content of ['one', 'two', 'three']) await later(() => library.upload('/', 'a.txt', content, true));
    const revisions = (await library.api21('GET', 'file/history/?path=/a.txt')).json.data;
    expect(revisions.map((each: { size: number }) => each.size)).toEqual([5, 3, 3]);
    const oldest = revisions.at(-1).commit_id;
    const link = (await library.api('GET', `file/revision/?p=/a.txt&commit_id=${oldest}`)).json;
    expect(await (await fetch(link)).text()).toBe('one');
    expect((await library.api('PUT', 'file/revert/', { p: '/a.txt', commit_id: oldest })).json).toEqual({
      success: true,
    });
    expect(await library.download('/a.txt')).toBe('one');
    expect(await library.list()).toEqual(['a.txt']);
  });

  it('pages the versions of a file', async () => {
    for (const content of ['1', '2', '3', '4']) await later(() => library.upload('/', 'a.txt', content, true));
    const first = (await library.api21('GET', 'file/history/?path=/a.txt&limit=3')).json;
    expect(first.data).toHaveLength(3);
    const rest = (await library.api21('GET', `file/history/?path=/a.txt&commit_id=${first.next_start_commit}`)).json;
    expect(rest.data).toHaveLength(1);
    expect(rest.next_start_commit).toBe(false);
  });

  it('shows the tree as it was', async () => {
    await library.upload('/', 'a.txt', 'one');
    const then = await library.head();
    await later(() => library.api('DELETE', 'file/?p=/a.txt'));
    const listing = (await library.api21('GET', `commits/${then}/dir/?path=/`)).json.dirent_list;
    expect(listing).toMatchObject([{ type: 'file', name: 'a.txt', size: 3, parent_dir: '/' }]);
  });

  it('brings a whole library back to a commit', async () => {
    await library.upload('/', 'a.txt', 'one');
    const then = await library.head();
    await later(() => library.api('DELETE', 'file/?p=/a.txt'));
    await later(() => library.mkdir('/new'));
    await later(() => library.api21('POST', `commits/${then}/revert/`));
    expect(await library.list()).toEqual(['a.txt']);
  });

  it('lists what was deleted and is gone, and brings it back', async () => {
    await library.mkdir('/d/e');
    await library.upload('/d/e', 'deep.txt', 'deep');
    await library.upload('/', 'again.txt', 'x');
    await library.upload('/', 'gone.txt', 'gone');
    await later(() => library.api('DELETE', 'dir/?p=/d'));
    await later(() => library.api('DELETE', 'file/?p=/again.txt'));
    await later(() => library.upload('/', 'again.txt', 'y'));
    await later(() => library.api('DELETE', 'file/?p=/gone.txt'));
    const { data, more } = (await library.api21('GET', 'trash/?path=/')).json;
    expect(more).toBe(false);
    expect(data).toMatchObject([
      { obj_name: 'gone.txt', parent_dir: '/', is_dir: false, size: 4 },
      { obj_name: 'd', parent_dir: '/', is_dir: true },
    ]);
    for (const { obj_name: name, commit_id: commit } of data) {
      const answer = await library.api21('POST', 'trash/revert-dirents/', { path: `/${name}`, commit_id: commit });
      expect(answer.json.failed).toEqual([]);
    }
    expect(await library.download('/d/e/deep.txt')).toBe('deep');
    expect(await library.download('/gone.txt')).toBe('gone');
    expect((await library.api21('GET', 'trash/?path=/')).json.data).toEqual([]);
    const failed = await library.api21('POST', 'trash/revert-dirents/', { path: '/x', commit_id: 'f'.repeat(40) });
    expect(failed.json).toEqual({ failed: [{ path: '/x', error_msg: 'No such commit' }], success: [] });
  });

  it('forgets what was cleaned from the trash', async () => {
    await library.upload('/', 'a.txt', 'x');
    await later(() => library.api('DELETE', 'file/?p=/a.txt'));
    expect((await library.api21('DELETE', 'trash/', { keep_days: '0' })).json).toEqual({ success: true });
    expect((await library.api21('GET', 'trash/?path=/')).json.data).toEqual([]);
  });

  it('keeps a deleted library in the trash of its owner', async () => {
    await library.upload('/', 'a.txt', 'kept');
    await library.api('DELETE', '');
    expect((await library.api('GET', '')).status).toBe(404);
    const deleted = (await account.call('GET', '/api/v2.1/deleted-repos/')).json;
    expect(deleted.map((each: { repo_id: string }) => each.repo_id)).toContain(library.id);
    await account.call('POST', '/api/v2.1/deleted-repos/', { form: { repo_id: library.id } });
    expect(await library.download('/a.txt')).toBe('kept');
  });
});
