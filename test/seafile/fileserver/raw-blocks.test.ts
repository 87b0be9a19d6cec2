import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RawBlockUpload } from '../../../src/seafile/fileserver/index.ts';
import type { Link } from '../../../src/seafile/link.ts';
import { blockId, hashBlock } from '../../../src/seafile/objects/index.ts';
import type { WebClient } from '../../../src/seafile/web/index.ts';
import { kindOf } from '../failure.ts';
import { type Exchange, type Expected, pseudoRandom, REPO, ReplayServer, readMultipart, recorded } from '../replay.ts';

const _upload = recorded('04-upload');
const blocks = recorded('07-block-upload');
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

const _link = (name: string): Link => replay.value(name) as Link;

describe('raw upload of blocks', () => {
  const bytes = (): [Buffer, Buffer] => [
    pseudoRandom(3_000_000).subarray(0, 1_500_000),
    pseudoRandom(3_000_000).subarray(1_500_000),
  ];
  const both = (): { id: ReturnType<typeof blockId>; bytes: Buffer }[] =>
    bytes().map((block) => ({ id: hashBlock(block), bytes: block }));
  const ask = (): Expected => ({ exchange: blocks('upload-blks-link with the ids wanted'), query: { p: '/' } });
  const failing = (exchange: Exchange, status: number): Exchange => ({
    ...exchange,
    response: { status, headers: {}, text: '{"error": "Internal error\n"}' },
  });
  const asking = (wanted: readonly string[], missing: readonly string[]): Expected => {
    const { exchange } = ask();
    const json = { ...(exchange.response.json as object), blklist: missing };
    return {
      exchange: { ...exchange, response: { ...exchange.response, json } },
      query: { p: '/' },
      form: { blklist: wanted.join(',') },
    };
  };
  const posting = (ids: readonly string[], status = 200): Exchange => {
    const exchange = blocks('raw blocks');
    const parts = exchange.request.multipart ?? [];
    const kept = parts.filter((part) =>
      ids.includes((part.filename ?? '').replace(/\$\{(\w+)\}/, (_, name) => replay.value(name))),
    );
    const request = { ...exchange.request, multipart: kept };
    return status === 200 ? { ...exchange, request } : failing({ ...exchange, request }, status);
  };

  it('sends the missing ones in one request, named by their ids', async () => {
    replay.expect(ask(), blocks('raw blocks'));
    expect(await new RawBlockUpload(web, REPO).upload(both())).toBe('sent');
  });

  it('sends nothing that is there already', async () => {
    replay.expect({ exchange: blocks('upload-blks-link: both blocks present'), query: { p: '/' } });
    expect(await new RawBlockUpload(web, REPO).upload(both())).toBe('sent');
  });

  it('sends a block once that occurs twice, and uses a link again', async () => {
    replay.expect(ask(), blocks('raw blocks'), blocks('raw blocks'));
    const raw = new RawBlockUpload(web, REPO);
    const [one, two] = both();
    if (!one || !two) throw new Error('two blocks are needed');
    await raw.upload([one, two, one]);
    await raw.upload([one, two]);
  });

  it('asks what is missing after a failure, and sends that in halves', async () => {
    const [first = '', second = ''] = both().map(({ id }) => id);
    replay.expect(
      ask(),
      posting([first, second], 500),
      asking([first, second], [first, second]),
      posting([first]),
      posting([second]),
    );
    expect(await new RawBlockUpload(web, REPO).upload(both())).toBe('sent');
  });

  it('sends after a failure only what the failed request left out', async () => {
    const [first = '', second = ''] = both().map(({ id }) => id);
    replay.expect(ask(), posting([first, second], 500), asking([first, second], [second]), posting([second]));
    expect(await new RawBlockUpload(web, REPO).upload(both())).toBe('sent');
  });

  it('gets another link when the server has forgotten it', async () => {
    const [first = '', second = ''] = both().map(({ id }) => id);
    replay.expect(
      ask(),
      posting([first, second], 403),
      asking([first, second], [first, second]),
      posting([first, second]),
    );
    expect(await new RawBlockUpload(web, REPO).upload(both())).toBe('sent');
  });

  it('gives up on a block that the server will not have', async () => {
    const wrong = { id: blockId(replay.value('BLOCK2')), bytes: bytes()[0] };
    const bad = blocks('raw block whose name is not its SHA-1');
    const again = asking([wrong.id], [wrong.id]);
    replay.expect(again, bad, again, bad, again, bad, again, bad);
    expect(await kindOf(new RawBlockUpload(web, REPO).upload([wrong]))).toBe('server-failed');
  });

  it.each([403, 404, 405])('is unsupported where the link is refused with %i', async (status) => {
    const { exchange } = ask();
    replay.expect({ exchange: { ...exchange, response: { status, headers: {}, text: '{}' } }, query: { p: '/' } });
    expect(await new RawBlockUpload(web, REPO).upload(both())).toBe('unsupported');
  });

  it('keeps requests below 500 blocks and 8 MiB', async () => {
    const many = Array.from({ length: 501 }, (_, i) => Buffer.from(`block ${i}`));
    const large = Array.from({ length: 3 }, (_, i) => Buffer.alloc(3 * 1024 * 1024, i));
    const sizes: number[] = [];
    const counting: WebClient['server']['transport']['request'] = async (request) => {
      if (request.side === 'web') {
        const blklist =
          new URLSearchParams(Buffer.from(request.body ?? []).toString()).get('blklist')?.split(',') ?? [];
        const json = { rawblksurl: replay.value('RAWBLKS'), blklist };
        return { status: 200, header: () => null, body: Buffer.from(JSON.stringify(json)) };
      }
      const parts = readMultipart(request.headers?.['content-type'] ?? '', Buffer.from(request.body ?? []));
      for (const part of parts) expect(part.filename).toBe(createHash('sha1').update(part.bytes).digest('hex'));
      sizes.push(parts.length);
      expect(parts.reduce((sum, part) => sum + part.bytes.length, 0)).toBeLessThanOrEqual(8 * 1024 * 1024);
      return { status: 200, header: () => null, body: Buffer.from('"OK"') };
    };
    web.server.transport.request = counting;
    const toSend = [...many, ...large].map((block) => ({ id: hashBlock(block), bytes: block }));
    await new RawBlockUpload(web, REPO).upload(toSend);
    expect(sizes.sort((a, b) => b - a)).toEqual([500, 3, 1]);
  });
});
