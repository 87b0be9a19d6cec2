import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SeafileError, type SeafileErrorKind } from '../../../src/seafile/errors.ts';
import { commitId, directoryId, EMPTY_DIRECTORY } from '../../../src/seafile/objects/index.ts';
import {
  accountInfo,
  changeShare,
  createDefaultLibrary,
  createLibrary,
  defaultLibrary,
  deleteFile,
  deleteFolder,
  deleteLibrary,
  downloadLink,
  fileDetail,
  folderId,
  libraryDetail,
  listFolder,
  listLibraries,
  listShares,
  makeFolder,
  ping,
  receivedShares,
  removeShare,
  revisionLink,
  type SharePermission,
  serverInfo,
  shareFolder,
  syncAccess,
  syncTokens,
  updateLink,
  uploadLink,
  type WebClient,
} from '../../../src/seafile/web/index.ts';
import { DEFAULT_REPO, type Exchange, hex, REPO, ReplayServer, recorded, TOKEN, UNKNOWN_REPO } from '../replay.ts';

const account = recorded('01-account');
const libraries = recorded('02-libraries');
const directories = recorded('03-directories');
const upload = recorded('04-upload');
const download = recorded('05-download');
const changes = recorded('06-rename-move-copy-delete');
const sync = recorded('08-sync-protocol');
const sharing = recorded('09-sharing');
const removal = recorded('10-quota-and-removal');

let replay: ReplayServer;
let web: WebClient;

beforeEach(async () => {
  replay = await new ReplayServer().start();
  web = await replay.signIn();
});
afterEach(async () => {
  await web.server.close();
  expect(await replay.stop()).toEqual([]);
});

async function failure(promise: Promise<unknown>): Promise<SeafileError> {
  const error = await promise.then(
    () => new Error('it succeeded'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof SeafileError)) throw error;
  expect(error.message).not.toContain(TOKEN);
  expect(error.request ?? '').not.toContain(TOKEN);
  return error;
}

const kindOf = async (promise: Promise<unknown>): Promise<SeafileErrorKind> => (await failure(promise)).kind;

/** An exchange like a recorded one, with another answer. */
const answered = (exchange: Exchange, response: Partial<Exchange['response']>): Exchange => {
  const { json: _json, text: _text, ...rest } = exchange.response;
  return { ...exchange, response: { ...rest, ...response } };
};

describe('server and account', () => {
  it('ping needs no sign-in', async () => {
    replay.expect(account('ping without auth'));
    await ping(web.server);
  });

  it('ping tells what is no Seafile', async () => {
    replay.expect(answered(account('ping without auth'), { text: 'hello', headers: { 'content-type': 'text/plain' } }));
    expect(await kindOf(ping(web.server))).toBe('not-seafile');
  });

  it('the version is read', async () => {
    replay.expect(account('server info'));
    expect(await serverInfo(web.server)).toEqual({ version: '10.0.1', major: 10, features: ['seafile-basic'] });
  });

  it('usage and quota are in bytes, and no limit is null', async () => {
    replay.expect(account('account info'), removal('quota user: account info'));
    expect(await accountInfo(web)).toMatchObject({ email: 'svc@example.com', name: 'svc', quotaBytes: null });
    expect(await accountInfo(web)).toMatchObject({ email: 'quota@example.com', quotaBytes: 1_000_000 });
  });

  it('an answer of another form is told with the place where it differs', async () => {
    replay.expect(answered(account('account info'), { json: { email: 'a@b', usage: '12', total: 1 } }));
    const error = await failure(accountInfo(web));
    expect(error.kind).toBe('corrupt-answer');
    expect(error.message).toContain('usage');
  });
});

describe('libraries', () => {
  it('the default library is found and made', async () => {
    replay.expect(libraries('default-repo: get once it exists'), libraries('default-repo: create'));
    expect(await defaultLibrary(web)).toBe(DEFAULT_REPO);
    expect(await createDefaultLibrary(web)).toBe('1719ea05-7edf-490a-b7e8-35351150f912');
  });

  it('an account without a default library has none', async () => {
    replay.expect(answered(libraries('default-repo: get'), { json: { exists: false } }));
    expect(await defaultLibrary(web)).toBeNull();
  });

  it('are listed by the way the account comes to them', async () => {
    replay.expect(libraries('list libraries of the user'), sharing('receiver: repos of type shared'));
    const [own] = await listLibraries(web, { kinds: ['own'] });
    expect(own).toMatchObject({ id: REPO, kind: 'own', owner: 'svc@example.com', permission: 'rw', encrypted: false });
    const shared = await listLibraries(web, { kinds: ['shared'] });
    expect(shared.map(({ kind, permission }) => [kind, permission])).toEqual([
      ['shared', 'r'],
      ['shared', 'r'],
    ]);
  });

  it('are described', async () => {
    replay.expect(libraries('library detail (api2)'));
    expect(await libraryDetail(web, REPO)).toMatchObject({
      id: REPO,
      own: true,
      permission: 'rw',
      rootId: EMPTY_DIRECTORY,
      encrypted: false,
    });
  });

  it('that are unknown or closed are told apart', async () => {
    replay.expect(libraries('library detail: unknown'), libraries('library detail: another user without permission'));
    const unknown = await failure(libraryDetail(web, UNKNOWN_REPO));
    expect(unknown.kind).toBe('not-found');
    expect(unknown.message).toContain('Library not found');
    expect(unknown.request).toBe(`GET /api2/repos/${UNKNOWN_REPO}/`);
    expect(await kindOf(libraryDetail(web, REPO))).toBe('forbidden');
  });

  it('are made and deleted', async () => {
    const create = libraries('create library');
    replay.expect(
      { exchange: create, query: { from: 'web' } },
      removal('delete library'),
      removal('delete library again'),
    );
    expect(await createLibrary(web, create.request.form?.name ?? '')).toBe(REPO);
    await deleteLibrary(web, REPO);
    expect(await kindOf(deleteLibrary(web, REPO))).toBe('not-found');
  });

  it('with a bad name are refused by the server', async () => {
    replay.expect({
      exchange: libraries('create library: name with slash'),
      query: { from: 'web' },
      form: { name: 'a/b', desc: '' },
    });
    expect(await kindOf(createLibrary(web, 'a/b'))).toBe('rejected');
  });
});

describe('access for the sync protocol', () => {
  it('is a token that does not show itself', async () => {
    replay.expect(sync('download-info'));
    const access = await syncAccess(web, REPO);
    expect(access).toMatchObject({ library: REPO, encrypted: false, permission: 'rw', account: 'svc@example.com' });
    expect(access.token.equals(replay.syncToken)).toBe(true);
    expect(JSON.stringify(access)).not.toContain(replay.syncToken.reveal());
  });

  it.each([
    [1, true],
    ['', false],
    [0, false],
    ['1', true],
  ])('tells whether the library is encrypted: %j', async (told, encrypted) => {
    const recordedInfo = sync('download-info');
    const json = { ...(recordedInfo.response.json as object), encrypted: told };
    replay.expect(answered(recordedInfo, { json }));
    expect((await syncAccess(web, REPO)).encrypted).toBe(encrypted);
  });

  it('of a library shared for reading says so', async () => {
    replay.expect({
      exchange: sharing('receiver: download-info of a read-only share'),
      path: `/api2/repos/${REPO}/download-info/`,
    });
    expect((await syncAccess(web, REPO)).permission).toBe('r');
  });

  it('of many libraries is asked once, and missing ones are left out', async () => {
    const call = sync('repo-tokens (v2.1)');
    replay.expect({
      exchange: answered(call, { status: 200, headers: {}, json: { [REPO]: hex('7') } }),
      path: '/api2/repo-tokens/',
      query: { repos: `${REPO},${UNKNOWN_REPO}` },
    });
    const tokens = await syncTokens(web, [REPO, UNKNOWN_REPO]);
    expect([...tokens.keys()]).toEqual([REPO]);
    expect(tokens.get(REPO)?.reveal()).toBe(hex('7'));
  });

  it('a route that the server does not have is told as such, not as a missing library', async () => {
    replay.expect({
      exchange: sync('repo-tokens (v2.1)'),
      path: '/api2/repo-tokens/',
      query: { repos: REPO },
    });
    expect(await kindOf(syncTokens(web, [REPO]))).toBe('not-seafile');
  });
});

describe('folders', () => {
  it('are listed with their id', async () => {
    replay.expect(directories('list an empty root'), directories('list after mkdir of an existing folder'));
    expect(await listFolder(web, REPO, '/')).toEqual({ kind: 'listing', id: EMPTY_DIRECTORY, entries: [] });
    const listing = await listFolder(web, REPO, '/');
    if (listing.kind !== 'listing') throw new Error('no listing');
    expect(listing.entries.map(({ kind, name }) => [kind, name])).toEqual([
      ['directory', 'x'],
      ['directory', 'x (1)'],
    ]);
  });

  it('hold files with size and modifier', async () => {
    replay.expect(upload('list after uploads'));
    const listing = await listFolder(web, REPO, '/x');
    if (listing.kind !== 'listing') throw new Error('no listing');
    expect(listing.entries.find(({ name }) => name === 'f.txt')).toMatchObject({
      kind: 'file',
      size: 8,
      modifier: 'svc@example.com',
    });
  });

  it('that did not change are not sent again', async () => {
    replay.expect(directories('list with the current oid'));
    const known = directoryId(replay.value('ROOT_OID'));
    expect(await listFolder(web, REPO, '/', { known })).toEqual({ kind: 'unchanged', id: known });
  });

  it('with strange names are listed as they are', async () => {
    replay.expect(directories('list the names stored'));
    const listing = await listFolder(web, REPO, '/x');
    if (listing.kind !== 'listing') throw new Error('no listing');
    const names = listing.entries.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['..', '.', 'new\nline', 'a"b', 'ünï 中 😀']));
  });

  it('that are not there or not open are told apart', async () => {
    replay.expect(
      directories('list: missing folder'),
      directories('list: folder of an unknown library'),
      directories('list: without permission'),
    );
    expect(await kindOf(listFolder(web, REPO, '/missing'))).toBe('not-found');
    expect(await kindOf(listFolder(web, UNKNOWN_REPO, '/'))).toBe('not-found');
    expect(await kindOf(listFolder(web, REPO, '/'))).toBe('forbidden');
  });

  const metadata = (path: string, response: Partial<Exchange['response']>): Exchange => ({
    name: `metadata of ${path}`,
    request: {
      method: 'GET',
      url: `\${SEAHUB}/api2/repos/\${REPO}/dir/metadata/?p=${encodeURIComponent(path)}`,
      headers: directories('list an empty root').request.headers,
    },
    response: { status: 200, headers: { 'content-type': 'application/json' }, ...response },
  });

  it('are made with all levels above, and looked up afterwards', async () => {
    replay.expect(directories('mkdir: create_parents'), metadata('/par/child/grand', { json: { id: hex('0') } }));
    expect(await makeFolder(web, REPO, '/par/child/grand')).toBe(EMPTY_DIRECTORY);
  });

  it('are not taken for made when a file is in the way', async () => {
    replay.expect(
      directories('mkdir: create_parents on an existing path'),
      metadata('/par/child/grand', { status: 404, json: { error_msg: 'Folder not found.' } }),
    );
    const error = await failure(makeFolder(web, REPO, '/par/child/grand'));
    expect(error.kind).toBe('rejected');
    expect(error.message).toContain('a file has its name');
  });

  it('are looked up by id', async () => {
    replay.expect(metadata('/x', { json: { id: hex('5') } }));
    expect(await folderId(web, REPO, '/x')).toBe(hex('5'));
  });

  it('are deleted, but never the root', async () => {
    replay.expect(changes('delete a folder that is not empty'), changes('delete a missing folder'));
    await deleteFolder(web, REPO, '/x5');
    expect(await kindOf(deleteFolder(web, REPO, '/x5'))).toBe('not-found');
    expect(await kindOf(deleteFolder(web, REPO, '/'))).toBe('rejected');
  });

  it.each(['', 'x', '/a//b', '/a/../b', '/.', '/a\0b', `/${'n'.repeat(256)}`, '/\ud800'])(
    'at the path %j are refused before anything is sent',
    async (path) => {
      expect(await kindOf(listFolder(web, REPO, path))).toBe('rejected');
      expect(await kindOf(makeFolder(web, REPO, path))).toBe('rejected');
      expect(await kindOf(deleteFolder(web, REPO, path))).toBe('rejected');
    },
  );
});

describe('files', () => {
  it('are deleted, also when they are gone already', async () => {
    replay.expect(changes('delete a file (v2.1)'), changes('delete a missing file (v2.1)'));
    await deleteFile(web, REPO, '/x/t2.txt');
    await deleteFile(web, REPO, '/x/t2.txt');
  });

  it('the root is no file', async () => {
    expect(await kindOf(deleteFile(web, REPO, '/'))).toBe('rejected');
  });
});

describe('links', () => {
  it('to download are reusable and tell the version', async () => {
    replay.expect(download('download link, reusable'));
    expect(await downloadLink(web, REPO, '/x/f.txt')).toEqual({
      link: replay.value('REUSE'),
      file: 'c1598dc8a9679b9a34a6efae183470ade166022d',
      reusable: true,
    });
  });

  it('to what is missing, a folder or closed are errors', async () => {
    for (const [name, path] of [
      ['download link: missing', '/x/none.txt'],
      ['download link: of a folder', '/x'],
    ] as const) {
      replay.expect({ exchange: download(name), query: { p: path, reuse: '1' } });
      expect(await kindOf(downloadLink(web, REPO, path))).toBe('not-found');
    }
    replay.expect({ exchange: download('download link: without permission'), query: { p: '/x/f.txt', reuse: '1' } });
    expect(await kindOf(downloadLink(web, REPO, '/x/f.txt'))).toBe('forbidden');
  });

  it('to an earlier version are for one use', async () => {
    const link = download('download link, one-time');
    replay.expect({
      exchange: link,
      path: `/api2/repos/${REPO}/file/revision/`,
      query: { p: '/x/f.txt', commit_id: hex('a') },
    });
    expect(await revisionLink(web, REPO, '/x/f.txt', commitId(hex('a')))).toEqual({
      link: replay.value('ONCE'),
      file: null,
      reusable: false,
    });
  });

  it('to upload and update are given for folders', async () => {
    replay.expect(upload('upload-link for /x'), upload('update-link'), upload('upload-link: missing folder'));
    expect(await uploadLink(web, REPO, '/x')).toBe(replay.value('UPLOAD_X'));
    expect(await updateLink(web, REPO, '/')).toBe(replay.value('UPDATE'));
    expect(await kindOf(uploadLink(web, REPO, '/missing'))).toBe('not-found');
  });

  it('that are no URLs are not believed', async () => {
    replay.expect(answered(upload('upload-link for /x'), { json: 'javascript:alert(1)' }));
    expect(await kindOf(uploadLink(web, REPO, '/x'))).toBe('corrupt-answer');
  });

  it('the details of a file are read', async () => {
    replay.expect(download('file detail'), download('file detail: of a folder'));
    expect(await fileDetail(web, REPO, '/x/f.txt')).toMatchObject({ name: 'f.txt', size: 8, permission: 'rw' });
    expect(await kindOf(fileDetail(web, REPO, '/x'))).toBe('not-found');
  });
});

describe('sharing', () => {
  const alice = { kind: 'user', user: 'alice@example.com' } as const;

  it('a folder with a user', async () => {
    replay.expect(sharing('share a folder, read only'));
    await shareFolder(web, REPO, '/y', alice, 'r');
  });

  it('reads what the server says in a success', async () => {
    replay.expect(sharing('share it again'), sharing('share with an unknown user'));
    const again = await failure(shareFolder(web, REPO, '/y', alice, 'r'));
    expect(again.kind).toBe('rejected');
    expect(again.message).toContain('This item has been shared to alice');
    const ghost = await failure(shareFolder(web, REPO, '/y', { kind: 'user', user: 'ghost@example.com' }, 'r'));
    expect(ghost.message).toContain('User ghost@example.com not found');
  });

  it('does not take an empty answer for a success', async () => {
    replay.expect(answered(sharing('share it again'), { json: { failed: [], success: [] } }));
    expect(await kindOf(shareFolder(web, REPO, '/y', alice, 'r'))).toBe('corrupt-answer');
  });

  it('a missing folder is an error', async () => {
    replay.expect(sharing('share a missing folder'));
    expect(await kindOf(shareFolder(web, REPO, '/missing', alice, 'r'))).toBe('not-found');
  });

  it.each(['', undefined as unknown as string, 'y', '/y/..'])(
    'with the path %j is refused before anything is sent: the server would share the whole library',
    async (path) => {
      expect(await kindOf(shareFolder(web, REPO, path, alice, 'r'))).toBe('rejected');
      expect(await kindOf(changeShare(web, REPO, path, alice, 'r'))).toBe('rejected');
      expect(await kindOf(removeShare(web, REPO, path, alice))).toBe('rejected');
      expect(await kindOf(listShares(web, REPO, path))).toBe('rejected');
    },
  );

  it('with nobody or another permission than r and rw is refused before anything is sent', async () => {
    expect(await kindOf(shareFolder(web, REPO, '/y', { kind: 'user', user: '' }, 'r'))).toBe('rejected');
    expect(await kindOf(shareFolder(web, REPO, '/y', alice, 'w' as SharePermission))).toBe('rejected');
    expect(await kindOf(changeShare(web, REPO, '/y', alice, 'admin' as SharePermission))).toBe('rejected');
  });

  it('is listed, changed and taken back', async () => {
    replay.expect(
      { exchange: sharing('list the shares of a folder'), query: { p: '/y' } },
      sharing('change the permission'),
      sharing('remove the share'),
    );
    expect(await listShares(web, REPO, '/y')).toEqual([
      { target: { kind: 'user', user: 'alice@example.com' }, name: 'alice', permission: 'r' },
    ]);
    await changeShare(web, REPO, '/y', alice, 'rw');
    await removeShare(web, REPO, '/y', alice);
  });

  it('shows the receiver where a folder comes from', async () => {
    replay.expect(sharing('receiver: beshared-repos'));
    const received = await receivedShares(web);
    expect(received.map(({ name, permission, owner, origin }) => ({ name, permission, owner, origin }))).toEqual([
      { name: expect.stringContaining('contract'), permission: 'r', owner: 'svc@example.com', origin: null },
      { name: 'y', permission: 'r', owner: 'svc@example.com', origin: { library: REPO, path: '/y' } },
    ]);
  });
});
