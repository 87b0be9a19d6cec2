import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EMPTY_DIRECTORY } from '../../../src/seafile/objects/index.ts';
import {
  createDefaultLibrary,
  createLibrary,
  defaultLibrary,
  deleteLibrary,
  libraryDetail,
  listLibraries,
  syncAccess,
  syncTokens,
  type WebClient,
} from '../../../src/seafile/web/index.ts';
import { failure, kindOf } from '../failure.ts';
import { DEFAULT_REPO, type Exchange, hex, REPO, ReplayServer, recorded, UNKNOWN_REPO } from '../replay.ts';

const _account = recorded('01-account');
const libraries = recorded('02-libraries');
const _download = recorded('05-download');
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

/** An exchange like a recorded one, with another answer. */
const answered = (exchange: Exchange, response: Partial<Exchange['response']>): Exchange => {
  const { json: _json, text: _text, ...rest } = exchange.response;
  return { ...exchange, response: { ...rest, ...response } };
};

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
