import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  decodeFrames,
  directoryId,
  EMPTY_DIRECTORY,
  EMPTY_FILE,
  encodeDirectory,
  encodeFrame,
  S_IFDIR,
} from '../../../src/seafile/objects/index.ts';
import { SyncClient } from '../../../src/seafile/sync/index.ts';
import { kindOf } from '../failure.ts';
import { type Exchange, type Expected, hex, REPO, ReplayServer, recorded } from '../replay.ts';

const sync = recorded('08-sync-protocol');
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

const _status = (code: number): Exchange['response'] => ({ status: code, headers: {} });

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
