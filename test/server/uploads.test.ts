import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningServer, startServer } from '../../src/server/index.ts';
import { accountsOf, TestAccount, type TestLibrary } from './account.ts';

describe('uploads', () => {
  let server: RunningServer;
  let account: TestAccount;
  let library: TestLibrary;

  beforeAll(async () => {
    server = await startServer({ memory: true, accounts: accountsOf('o@x.org', 'other@x.org') });
    account = await TestAccount.signIn(server, 'o@x.org');
    library = await account.newLibrary();
  });
  afterAll(() => server.close());

  /** Sends one piece of a file. */
  async function piece(link: string, name: string, range: string, content: string): Promise<Response> {
    const form = new FormData();
    form.set('parent_dir', '/');
    form.set('file', new Blob([content]), 'piece');
    const headers = {
      'content-range': range,
      'content-disposition': `attachment; filename="${encodeURIComponent(name)}"`,
    };
    return fetch(`${link}?ret-json=1`, { method: 'POST', body: form, headers });
  }

  it('takes a file in pieces, and tells how far it has come', async () => {
    const link = (await library.api('GET', 'upload-link/?p=/')).json;
    const progress = async (): Promise<number> =>
      (await library.api21('GET', 'file-uploaded-bytes/?parent_dir=/&file_name=g%20rün.txt')).json.uploadedBytes;
    expect(await progress()).toBe(0);
    const first = await piece(link, 'g rün.txt', 'bytes 0-4/10', 'hello');
    expect(await first.text()).toBe('{"success": true}');
    expect(await progress()).toBe(5);
    const last = await piece(link, 'g rün.txt', 'bytes 5-9/10', 'world');
    expect(await last.json()).toMatchObject([{ name: 'g rün.txt', size: 10 }]);
    expect(await library.download('/g rün.txt')).toBe('helloworld');
    expect(await progress()).toBe(0);
  });

  it.each([
    ['leaves a hole', 'hole.txt', 'bytes 5-9/10'],
    ['is no range', 'odd.txt', 'bytes x'],
    ['ends beyond the file', 'long.txt', 'bytes 0-10/10'],
  ])('refuses a piece that %s', async (_, name, range) => {
    const link = (await library.api('GET', 'upload-link/?p=/')).json;
    const answer = await piece(link, name, range, 'world');
    expect(answer.status).toBe(400);
    expect(await library.list()).not.toContain(name);
  });

  it('tells the progress to nobody else', async () => {
    const other = await TestAccount.signIn(server, 'other@x.org');
    const url = `/api/v2.1/repos/${library.id}/file-uploaded-bytes/?parent_dir=/&file_name=a`;
    expect((await other.call('GET', url)).status).toBe(403);
    expect((await fetch(server.url + url)).status).toBe(403);
  });

  it('diverts an update that is based on an older commit into a conflict copy', async () => {
    await library.upload('/', 'doc.txt', 'one');
    const base = await library.head();
    const link = (await library.api('GET', 'update-link/?p=/')).json;
    const update = async (content: string, query = ''): Promise<Response> => {
      const form = new FormData();
      form.set('target_file', '/doc.txt');
      form.set('file', new Blob([content]), 'x');
      return fetch(link + query, { method: 'POST', body: form });
    };
    expect((await update('two')).status).toBe(200);
    expect((await update('three', `?head=${base}`)).status).toBe(200);
    expect(await library.download('/doc.txt')).toBe('two');
    const copy = (await library.list())?.find((name) => name.startsWith('doc (SFConflict o@x.org '));
    expect(copy).toMatch(/\.txt$/);
    expect(await library.download(`/${copy}`)).toBe('three');
  });

  it('makes no commit of an update that changes nothing', async () => {
    await library.upload('/', 'same.txt', 'same');
    const before = await library.head();
    const form = new FormData();
    form.set('target_file', '/same.txt');
    form.set('file', new Blob(['same']), 'x');
    const link = (await library.api('GET', 'update-link/?p=/')).json;
    expect((await fetch(link, { method: 'POST', body: form })).status).toBe(200);
    expect(await library.head()).toBe(before);
  });

  it('cuts files in blocks of 8 MiB', async () => {
    await library.upload('/', 'big.bin', Buffer.alloc(9 << 20, 'x'));
    const blocks = (await library.api('GET', 'file/?p=/big.bin&op=downloadblks')).json.blklist;
    expect(blocks).toEqual(['6dbacd8dcf33c1e6d03d2688ff35a97d3b45986f', 'e37f4d5be56713044d62525e406d250a722647d6']);
    const map = await library.sync('GET', 'block-map/93b00a447d5b6f8e5585ae14e9f9e2b27fdb0b98');
    expect(map.json).toEqual([8 << 20, 1 << 20]);
  });

  it('reads ranges across blocks', async () => {
    const bytes = Buffer.from(Array.from({ length: 9 << 20 }, (_, index) => index % 251));
    await library.upload('/', 'ranges.bin', bytes);
    const link = (await library.api('GET', 'file/?p=/ranges.bin&reuse=1')).json;
    for (const [start, end] of [
      [0, 0],
      [(8 << 20) - 5, (8 << 20) + 5],
      [100, 300_000],
      [(9 << 20) - 1, (9 << 20) - 1],
    ] as const) {
      const answer = await fetch(link, { headers: { range: `bytes=${start}-${end}` } });
      expect(answer.status).toBe(206);
      expect(Buffer.from(await answer.arrayBuffer()).equals(bytes.subarray(start, end + 1))).toBe(true);
    }
  });

  it('refuses uploads by a link whose account may not write any more', async () => {
    const other = await TestAccount.signIn(server, 'other@x.org');
    const shared = await account.newLibrary();
    await shared.api('PUT', 'dir/shared_items/?p=/', { share_type: 'user', permission: 'rw', username: 'other@x.org' });
    const theirs = await other.openLibrary(shared.id);
    const link = (await theirs.api('GET', 'upload-link/?p=/')).json;
    await shared.api('POST', 'dir/shared_items/?p=/&share_type=user&username=other@x.org', { permission: 'r' });
    const form = new FormData();
    form.set('parent_dir', '/');
    form.set('file', new Blob(['x']), 'x.txt');
    expect((await fetch(link, { method: 'POST', body: form })).status).toBe(403);
    expect(await shared.list()).toEqual([]);
  });
});
