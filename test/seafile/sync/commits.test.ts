import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commitId } from '../../../src/seafile/objects/index.ts';
import { headCommitsMulti, SyncClient } from '../../../src/seafile/sync/index.ts';
import { failure, kindOf } from '../failure.ts';
import { serve, statuses, transport } from '../http/serve.ts';
import {
  DEFAULT_REPO,
  type Exchange,
  type Expected,
  hex,
  REPO,
  ReplayServer,
  recorded,
  UNKNOWN_REPO,
} from '../replay.ts';

const sync = recorded('08-sync-protocol');
const sharing = recorded('09-sharing');
let replay: ReplayServer;
let client: SyncClient;
let fileServer: ReplayServer['fileServer'];
const device = { id: `${'0'.repeat(39)}1`, name: 'contract', version: '0.1.0' };

beforeEach(async () => {
  replay = await new ReplayServer().start();
  fileServer = replay.fileServer;
  client = new SyncClient({ fileServer, library: REPO, token: replay.syncToken, device });
});

afterEach(async () => {
  await fileServer.transport.close();
  expect(await replay.stop()).toEqual([]);
});

/** The same request to a route of which both forms exist, with and without the final slash. */
const slashed = (exchange: Exchange, rest: Partial<Expected> = {}): Expected => ({
  exchange,
  path: `${replay.path(exchange).replace(/\/$/, '')}/`,
  ...rest,
});

const answering = (exchange: Exchange, response: Exchange['response'], body?: string): Exchange => ({
  ...exchange,
  request: { ...exchange.request, ...(body === undefined ? {} : { body: { text: body } }) },
  response,
});

const bytes = (body: Uint8Array): Exchange['response'] => ({
  status: 200,
  headers: { 'content-type': 'text/plain' },
  base64: Buffer.from(body).toString('base64'),
});

const status = (code: number): Exchange['response'] => ({ status: code, headers: {} });

describe('heads and commits', () => {
  it('the head is read', async () => {
    replay.expect(sync('head commit'));
    expect(await client.head()).toBe(hex('a'));
  });

  it('a corrupted library is told', async () => {
    const json = { is_corrupted: 1, head_commit_id: hex('a') };
    replay.expect(answering(sync('head commit'), { status: 200, headers: {}, json }));
    expect(await kindOf(client.head())).toBe('library-corrupted');
  });

  it('a library that is gone is told', async () => {
    const gone = new SyncClient({ fileServer, library: UNKNOWN_REPO, token: replay.syncToken, device });
    replay.expect(sync('head commit: unknown library'));
    expect(await kindOf(gone.head())).toBe('library-gone');
  });

  it('a token that is not valid is forbidden', async () => {
    const { status, headers } = sync('head commit: bad token').response;
    replay.expect(answering(sync('head commit'), { status, headers }));
    expect(await kindOf(client.head())).toBe('forbidden');
  });

  it('a commit is read', async () => {
    replay.expect(sync('commit object'));
    const commit = await client.commit(commitId(hex('a')));
    expect(commit).toMatchObject({ id: hex('a'), libraryId: REPO, rootId: replay.value('ROOT') });
  });

  it('a commit that does not exist is not found', async () => {
    replay.expect(sync('commit object: unknown'));
    expect(await kindOf(client.commit(commitId(hex('0'))))).toBe('not-found');
  });

  it('another commit than asked for is not taken, nor what is none', async () => {
    replay.expect(
      { exchange: sync('commit object'), path: `/fs/repo/${REPO}/commit/${hex('b')}` },
      answering(sync('commit object'), bytes(Buffer.from('{"commit_id": 1}'))),
    );
    expect(await kindOf(client.commit(commitId(hex('b'))))).toBe('corrupt-answer');
    expect(await kindOf(client.commit(commitId(hex('a'))))).toBe('corrupt-answer');
  });

  it('a merge shows both parents', async () => {
    replay.expect(sync('merge commit object'));
    expect(await client.commit(commitId(hex('e')))).toMatchObject({ newMerge: true, secondParentId: hex('d') });
  });

  it('a commit is stored and made the head', async () => {
    replay.expect(sync('commit object'));
    const commit = { ...(await client.commit(commitId(hex('a')))), id: commitId(hex('c')) };
    const stored = JSON.stringify({
      commit_id: commit.id,
      root_id: commit.rootId,
      repo_id: commit.libraryId,
      creator_name: commit.creatorName,
      creator: commit.creator,
      description: commit.description,
      ctime: commit.ctime,
      parent_id: commit.parentId,
      second_parent_id: commit.secondParentId,
      repo_name: commit.libraryName,
      repo_desc: commit.libraryDescription,
      repo_category: null,
      no_local_history: 1,
      version: 1,
    });
    replay.expect(answering(sync('commit: put'), status(200), stored), sync('head: update'));
    await client.putCommit(commit);
    await client.setHead(commit.id);
  });

  it.each([
    [446, 'blocks-missing'],
    [409, 'gc-conflict'],
    [443, 'quota'],
    [403, 'forbidden'],
    [500, 'server-failed'],
  ] as const)('the refusal of a head with %i is %s, and is not tried again', async (code, kind) => {
    replay.expect(answering(sync('head: update'), { status: code, headers: {}, json: ['a.txt'] }));
    expect(await kindOf(client.setHead(commitId(hex('c'))))).toBe(kind);
  });

  it('a head whose answer is lost is not sent twice: the commit may be in the history', async () => {
    const { listener, count } = statuses(503);
    const restarting = { url: await serve(listener), transport: transport() };
    const patient = new SyncClient({ fileServer: restarting, library: REPO, token: replay.syncToken, device });
    expect(await kindOf(patient.setHead(commitId(hex('c'))))).toBe('server-failed');
    expect(count()).toBe(1);
    await failure(patient.head());
    expect(count()).toBe(5);
  });

  it('an unknown commit cannot be made the head', async () => {
    replay.expect(sync('head update: unknown commit'));
    expect(await kindOf(client.setHead(commitId(hex('3'))))).toBe('server-failed');
  });

  it('the heads of many libraries come in one request, without a token', async () => {
    replay.expect(slashed(sync('head commits of several libraries')));
    const heads = await headCommitsMulti(fileServer, [REPO, DEFAULT_REPO, UNKNOWN_REPO]);
    expect([...heads]).toEqual([
      [REPO, hex('a')],
      [DEFAULT_REPO, '17f6932bfdc869d4bf6f8192a3de6216465b5437'],
    ]);
    expect((await headCommitsMulti(fileServer, [])).size).toBe(0);
  });
});

describe('permission and quota', () => {
  const asked = { client_id: device.id, client_name: device.name, client_ver: device.version };

  it('are checked', async () => {
    replay.expect(
      { exchange: sync('permission check: download'), query: { op: 'download', ...asked } },
      { exchange: sync('permission check: upload'), query: { op: 'upload', ...asked } },
      sync('quota check'),
    );
    await client.permissionCheck('download');
    await client.permissionCheck('upload');
    await client.quotaCheck(1000);
  });

  it('to write is not there in a library shared for reading', async () => {
    replay.expect({
      exchange: sharing('receiver: sync permission check for upload'),
      path: `/fs/repo/${REPO}/permission-check/`,
      query: { op: 'upload', ...asked },
    });
    const error = await failure(client.permissionCheck('upload'));
    expect(error.kind).toBe('forbidden');
    expect(error.message).toContain(`Cannot write to library ${REPO}`);
  });

  it('over quota is told', async () => {
    replay.expect(answering(sync('quota check'), status(443)));
    expect(await kindOf(client.quotaCheck(1000))).toBe('quota');
  });
});

describe('access to notifications', () => {
  const jwt = (response: Exchange['response']): Expected => ({
    exchange: answering(sync('head commit'), response),
    path: `/fs/repo/${REPO}/jwt-token`,
  });

  it('is a secret', async () => {
    replay.expect(jwt({ status: 200, headers: {}, json: { jwt_token: 'a.b.c' } }));
    expect((await client.jwtToken())?.reveal()).toBe('a.b.c');
  });

  it.each([404, 500])('is null where there are none (%i)', async (code) => {
    replay.expect(jwt(status(code)));
    expect(await client.jwtToken()).toBeNull();
  });
});
