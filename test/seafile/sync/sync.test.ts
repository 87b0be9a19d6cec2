import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SeafileError, type SeafileErrorKind } from '../../../src/seafile/errors.ts';
import {
  blockId,
  commitId,
  decodeFrames,
  directoryId,
  EMPTY_DIRECTORY,
  EMPTY_FILE,
  encodeDirectory,
  encodeFile,
  encodeFrame,
  fileId,
  hashBlock,
  S_IFDIR,
} from '../../../src/seafile/objects/index.ts';
import { headCommitsMulti, SyncClient } from '../../../src/seafile/sync/index.ts';
import {
  DEFAULT_REPO,
  type Exchange,
  type Expected,
  hex,
  pseudoRandom,
  REPO,
  ReplayServer,
  recorded,
  SYNC_TOKEN,
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

async function failure(promise: Promise<unknown>): Promise<SeafileError> {
  const error = await promise.then(
    () => new Error('it succeeded'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof SeafileError)) throw error;
  expect(`${error.message} ${error.request}`).not.toContain(SYNC_TOKEN);
  return error;
}
const kindOf = async (promise: Promise<unknown>): Promise<SeafileErrorKind> => (await failure(promise)).kind;

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

describe('directory and file objects', () => {
  it('are read as a real server packs them', async () => {
    const every = sync('pack-fs of every object');
    const packed = Buffer.from(every.response.base64 ?? '', 'base64');
    const ids = (JSON.parse(replay.fill(every.request.body?.text ?? '[]')) as string[]).map(directoryId);
    const { pseudoRandom: _, ...response } = every.response;
    const frames = [...decodeFrames(packed)];
    replay.expect(
      slashed({ ...every, request: { ...every.request, body: { text: JSON.stringify([...new Set(ids)]) } }, response }),
    );
    const objects = await client.packFs(ids);
    expect(objects.size).toBe(new Set(frames.map(({ id }) => id)).size);
    for (const [id, text] of objects) expect(createHash('sha1').update(text).digest('hex')).toBe(id);
  });

  it('of the root are read', async () => {
    replay.expect(slashed(sync('pack-fs of the root')));
    const root = directoryId(replay.value('ROOT'));
    expect([...(await client.packFs([root, root, EMPTY_DIRECTORY])).keys()]).toEqual([root]);
  });

  it('that are not there are an error', async () => {
    replay.expect(slashed(sync('pack-fs: unknown object')));
    expect(await kindOf(client.packFs([directoryId(`${'0'.repeat(39)}1`)]))).toBe('server-failed');
  });

  it('empty ones cost nothing', async () => {
    expect((await client.packFs([EMPTY_DIRECTORY, EMPTY_FILE])).size).toBe(0);
    expect((await client.checkFs([EMPTY_DIRECTORY])).size).toBe(0);
    await client.recvFs([encodeDirectory([])]);
    expect(await client.blockMap(EMPTY_FILE)).toEqual([]);
  });

  const objects = ['one', 'two', 'three'].map((name) =>
    encodeDirectory([{ kind: 'directory', name, id: EMPTY_DIRECTORY, mode: S_IFDIR, mtime: 1 }]),
  );
  const frame = (index: number, asId?: string): Uint8Array => {
    const object = objects[index];
    if (!object) throw new Error('no such object');
    return encodeFrame({ id: asId ?? object.id, compressed: deflateSync(object.text) });
  };
  const ids = objects.map(({ id }) => id);
  const pack = (asked: readonly string[], body: Uint8Array): Expected =>
    slashed(answering(sync('pack-fs of the root'), bytes(body), JSON.stringify(asked)));

  it('that the server left out are asked for again', async () => {
    replay.expect(pack(ids, frame(1)), pack([ids[0] ?? '', ids[2] ?? ''], Buffer.concat([frame(0), frame(2)])));
    expect((await client.packFs(ids)).size).toBe(3);
  });

  it.each<[string, () => Uint8Array]>([
    ['nothing', () => Buffer.alloc(0)],
    ['an object under another id', () => frame(0, ids[1])],
    ['an object that was not asked for', () => frame(0, hex('9'))],
    ['a record cut short', () => frame(0).subarray(0, 50)],
    ['something that is not compressed', () => encodeFrame({ id: ids[0] ?? '', compressed: Buffer.from('{}') })],
  ])('are not taken from an answer with %s', async (_, body) => {
    replay.expect(pack(ids, body()));
    expect(await kindOf(client.packFs(ids))).toBe('corrupt-answer');
  });

  it('are asked for in segments of 1,000', async () => {
    const many = Array.from({ length: 2500 }, (_, i) => directoryId(String(i + 1).padStart(40, '0')));
    const asked: number[] = [];
    fileServer.transport.request = async (request) => {
      const segment = JSON.parse(Buffer.from(request.body ?? []).toString()) as string[];
      asked.push(segment.length);
      return { status: 200, header: () => null, body: Buffer.from(JSON.stringify(segment.slice(0, 1))) };
    };
    expect((await client.checkFs(many)).size).toBe(3);
    expect(asked.sort()).toEqual([1000, 1000, 500]);
  });

  it('that the server lacks are found', async () => {
    replay.expect(slashed(sync('check-fs')));
    const unknown = directoryId(`${'0'.repeat(39)}1`);
    expect([...(await client.checkFs([directoryId(replay.value('ROOT')), unknown]))]).toEqual([unknown]);
  });

  it('are stored in packs of about a mebibyte, once each', async () => {
    // Texts that cannot be compressed: names of random digits.
    const large = Array.from({ length: 5 }, (_, i) =>
      encodeDirectory(
        Array.from({ length: 4000 }, (_, j) => ({
          kind: 'directory' as const,
          name: createHash('sha512').update(`${i} ${j}`).digest('hex'),
          id: directoryId(createHash('sha1').update(`${i} ${j}`).digest('hex')),
          mode: S_IFDIR,
          mtime: 1,
        })),
      ),
    );
    const bodies: Buffer[] = [];
    fileServer.transport.request = async (request) => {
      expect(request.url.pathname).toBe(`/fs/repo/${REPO}/recv-fs/`);
      bodies.push(Buffer.from(request.body ?? []));
      return { status: 200, header: () => null, body: Buffer.alloc(0) };
    };
    await client.recvFs([...large, ...large, encodeDirectory([])]);
    expect(bodies.length).toBeGreaterThan(1);
    for (const body of bodies) expect(body.length).toBeLessThan(2 * 1024 * 1024);
    const stored = bodies.flatMap((body) => [...decodeFrames(body)].map(({ id }) => id));
    expect(stored.sort()).toEqual(large.map(({ id }) => id).sort());
  });

  it('are stored as the recorded client does', async () => {
    const recordedFrames = [...decodeFrames(Buffer.from(sync('recv-fs').request.body?.base64 ?? '', 'base64'))];
    const { inflateSync } = await import('node:zlib');
    const again = recordedFrames.map(({ id, compressed }) => ({ id: directoryId(id), text: inflateSync(compressed) }));
    const body = Buffer.concat(again.map(({ id, text }) => encodeFrame({ id, compressed: deflateSync(text) })));
    const exchange = sync('recv-fs');
    replay.expect(
      slashed({ ...exchange, request: { ...exchange.request, body: { base64: body.toString('base64') } } }),
    );
    await client.recvFs(again);
  });
});

describe('blocks', () => {
  it('are read and verified', async () => {
    const recordedBlock = sync('block: get');
    replay.expect(recordedBlock);
    const block = await client.getBlock(blockId(replay.value('BLOCK1')));
    expect(Buffer.from(block).equals(pseudoRandom(1_500_000))).toBe(true);
  });

  it('with another content than their id says are not taken', async () => {
    replay.expect({ exchange: sync('block: get'), path: `/fs/repo/${REPO}/block/${replay.value('BLOCK2')}` });
    expect(await kindOf(client.getBlock(blockId(replay.value('BLOCK2'))))).toBe('corrupt-answer');
  });

  it('that are missing are an error', async () => {
    replay.expect(sync('block: get unknown'));
    expect(await kindOf(client.getBlock(blockId(`${'0'.repeat(39)}1`)))).toBe('server-failed');
  });

  it('are stored', async () => {
    const text = Buffer.from('written through the sync protocol\n');
    replay.set('NEW_BLOCK', hashBlock(text));
    replay.expect(sync('block: put'));
    await client.putBlock(hashBlock(text), text);
  });

  it('that the server lacks are found', async () => {
    replay.expect(slashed(sync('check-blocks')));
    const unknown = blockId(`${'0'.repeat(39)}1`);
    expect([...(await client.checkBlocks([blockId(replay.value('BLOCK1')), unknown]))]).toEqual([unknown]);
  });

  it('of a file are listed with their sizes', async () => {
    replay.expect(sync('block-map of a file'));
    expect(await client.blockMap(fileId(replay.value('BIG_ID')))).toEqual([3_000_000]);
    expect(encodeFile([], 0).id).toBe(EMPTY_FILE);
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
