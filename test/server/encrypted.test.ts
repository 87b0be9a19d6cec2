import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningServer, startServer } from '../../src/server/index.ts';
import { accountsOf, TestAccount, type TestLibrary } from './account.ts';

const KEYS = { enc_version: '2', magic: 'ab'.repeat(32), random_key: 'cd'.repeat(48) };

describe('a library that its clients encrypt', () => {
  let server: RunningServer;
  let owner: TestAccount;
  let library: TestLibrary;
  const id = randomUUID();

  beforeAll(async () => {
    server = await startServer({ memory: true, accounts: accountsOf('o@x.org', 'r@x.org') });
    owner = await TestAccount.signIn(server, 'o@x.org');
    await create({ repo_id: id, ...KEYS });
    library = await owner.openLibrary(id);
  });
  afterAll(() => server.close());

  const create = (fields: Record<string, string>) =>
    owner.call('POST', '/api2/repos/', { form: { name: 'sealed', ...fields } });

  it('tells every client how it is encrypted', async () => {
    const info = await owner.call('GET', `/api2/repos/${id}/download-info/`);
    const { magic, random_key } = KEYS;
    expect(info.json).toMatchObject({ repo_id: id, encrypted: 1, enc_version: 2, magic, random_key, salt: '' });
    expect((await owner.call('GET', `/api2/repos/${id}/`)).json).toMatchObject({ encrypted: true });
    const listed = (await owner.call('GET', '/api2/repos/')).json;
    expect(listed.find((each: { id: string }) => each.id === id)).toMatchObject({ encrypted: true });
  });

  it('says so in its commits, which is where sync clients look', async () => {
    const commit = (await library.sync('GET', `commit/${await library.head()}`)).json;
    expect(commit).toMatchObject({ encrypted: 'true', enc_version: 2, magic: KEYS.magic, key: KEYS.random_key });
  });

  it('stores what clients sent, and gives no ciphertext out as a file', async () => {
    expect((await library.mkdir('/folder')).status).toBe(201);
    expect(await library.list()).toEqual(['folder']);
    expect((await library.upload('/folder', 'a', 'in clear')).status).toBe(400);
    expect(await library.list('/folder')).toEqual([]);
    const made = await library.api('POST', 'file/?p=/folder/empty', { operation: 'create' });
    expect(made.status).toBe(201);
    expect(await library.download('/folder/empty')).toBe('Repo is encrypted. Please provide password to view it.\n');
  });

  it('has no folder of it shared, and nothing copied out of it or into it', async () => {
    const share = { share_type: 'user', permission: 'r', username: 'r@x.org' };
    await library.mkdir('/kept');
    expect((await library.api('PUT', 'dir/shared_items/?p=/kept', share)).status).toBe(400);
    const plain = await owner.newLibrary();
    await plain.mkdir('/other');
    for (const [from, to, name] of [
      [library.id, plain.id, 'kept'],
      [plain.id, library.id, 'other'],
    ] as const) {
      const json = {
        src_repo_id: from,
        src_parent_dir: '/',
        src_dirents: [name],
        dst_repo_id: to,
        dst_parent_dir: '/',
      };
      for (const verb of ['copy', 'move']) {
        const answer = await owner.call('POST', `/api/v2.1/repos/sync-batch-${verb}-item/`, { json });
        expect(answer.status).toBe(403);
      }
    }
    expect(await library.list()).toContain('kept');
    expect(await plain.list()).toEqual(['other']);
  });

  it('is never unlocked: the server does not know the key', async () => {
    const answer = await owner.call('POST', `/api2/repos/${id}/?op=setpassword`, { form: { password: 'x' } });
    expect(answer.status).toBe(403);
  });

  it.each([
    ['a password, of which the server would have to make the key', { passwd: 'secret' }, 403],
    ['a short magic', { ...KEYS, magic: 'abc' }, 400],
    ['a key that is no hex', { ...KEYS, random_key: 'z'.repeat(96) }, 400],
    ['a format that does not exist', { ...KEYS, enc_version: '9' }, 400],
    ['no salt where the format has one', { ...KEYS, enc_version: '4' }, 400],
    ['an id that is none', { ...KEYS, repo_id: '../x' }, 400],
    ['an id that is taken', { ...KEYS, repo_id: id }, 400],
  ])('is not made of %s', async (_, fields, status) => {
    expect((await create(fields)).status).toBe(status);
  });
});
