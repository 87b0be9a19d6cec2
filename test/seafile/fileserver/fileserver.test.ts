import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SeafileError, type SeafileErrorKind } from '../../../src/seafile/errors.ts';
import {
  baseOfLink,
  discoverFileServer,
  downloadRange,
  RawBlockUpload,
  uploadFile,
} from '../../../src/seafile/fileserver/index.ts';
import { multipart } from '../../../src/seafile/fileserver/multipart.ts';
import type { Link } from '../../../src/seafile/link.ts';
import { blockId, hashBlock } from '../../../src/seafile/objects/index.ts';
import type { WebClient } from '../../../src/seafile/web/index.ts';
import { type Exchange, type Expected, pseudoRandom, REPO, ReplayServer, readMultipart, recorded } from '../replay.ts';

const libraries = recorded('02-libraries');
const upload = recorded('04-upload');
const download = recorded('05-download');
const blocks = recorded('07-block-upload');
const sync = recorded('08-sync-protocol');
const sharing = recorded('09-sharing');
const quota = recorded('10-quota-and-removal');

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
  expect(`${error.message} ${error.request}`).not.toMatch(/link-(x|root|once|reuse|raw|q)/);
  return error;
}
const kindOf = async (promise: Promise<unknown>): Promise<SeafileErrorKind> => (await failure(promise)).kind;
const link = (name: string): Link => replay.value(name) as Link;

describe('finding the file server', () => {
  const usual = (exchange: Exchange): Expected => ({ exchange, path: '/seafhttp/protocol-version' });
  const nothing = (name: string): Exchange => ({
    ...sync('protocol version'),
    name,
    response: { status: 404, headers: { 'content-type': 'text/html' }, text: '<html>' },
  });

  it('takes the usual place when it answers there', async () => {
    replay.expect(usual(sync('protocol version')));
    expect((await discoverFileServer(web)).url.href).toBe(`${replay.value('SEAHUB')}/seafhttp/`);
  });

  it('takes the base of a link that the server gives, otherwise', async () => {
    replay.expect(usual(nothing('usual place')), upload('upload-link for /'), sync('protocol version'));
    expect((await discoverFileServer(web, { library: REPO })).url.href).toBe(`${replay.value('FILESERVER')}/`);
  });

  it('asks another library for a link when this one is read-only', async () => {
    const refused = sharing('receiver: upload-link in a read-only share');
    replay.expect(
      usual(nothing('usual place')),
      { exchange: refused, path: `/api2/repos/${REPO}/upload-link/` },
      libraries('default-repo: create'),
      { exchange: upload('upload-link for /'), path: '/api2/repos/1719ea05-7edf-490a-b7e8-35351150f912/upload-link/' },
      sync('protocol version'),
    );
    expect((await discoverFileServer(web, { library: REPO })).url.href).toBe(`${replay.value('FILESERVER')}/`);
  });

  it('is not taken in by a page that answers to everything', async () => {
    const page = {
      ...nothing('page'),
      response: { status: 200, headers: { 'content-type': 'text/html' }, text: '<html>' },
    };
    replay.expect(usual(page), upload('upload-link for /'), page);
    const error = await failure(discoverFileServer(web, { library: REPO }));
    expect(error.kind).toBe('not-seafile');
    expect(error.message).toContain('option fileServer');
  });

  it('does as the user says', async () => {
    replay.expect(sync('protocol version'), nothing('told place'));
    const fileServer = replay.value('FILESERVER');
    expect((await discoverFileServer(web, { fileServer })).url.href).toBe(`${fileServer}/`);
    expect(await kindOf(discoverFileServer(web, { fileServer }))).toBe('not-seafile');
  });

  it('can be cancelled', async () => {
    expect(await kindOf(discoverFileServer(web, { signal: AbortSignal.abort() }))).toBe('aborted');
  });

  it.each([
    ['https://h/seafhttp/upload-api/t', 'https://h/seafhttp/'],
    ['http://h:8082/files/t/name', 'http://h:8082/'],
    ['https://h/elsewhere', undefined],
  ])('the base of %s is %s', (given, base) => {
    expect(baseOfLink(given)?.href).toBe(base);
  });
});

describe('a range', () => {
  it('is read exactly', async () => {
    replay.expect(download('download range bytes=2-4'));
    expect(Buffer.from(await downloadRange(web.server.transport, link('REUSE'), 2, 3)).toString()).toBe('dat');
  });

  it('beyond or across the end of the file is refused', async () => {
    replay.expect(download('download range bytes=1000-2000'), download('download range bytes=3-2000'));
    expect(await kindOf(downloadRange(web.server.transport, link('REUSE'), 1000, 1001))).toBe('rejected');
    expect(await kindOf(downloadRange(web.server.transport, link('REUSE'), 3, 1998))).toBe('rejected');
  });

  it('by an expired link is forbidden', async () => {
    const expired = download('download again by the same one-time link');
    replay.expect({ ...expired, request: { ...expired.request, headers: { range: 'bytes=0-0' } } });
    expect(await kindOf(downloadRange(web.server.transport, link('ONCE'), 0, 1))).toBe('forbidden');
  });

  it('that comes as the whole file is not taken for the range', async () => {
    const whole = download('download by reusable link');
    replay.expect({ ...whole, request: { ...whole.request, headers: { range: 'bytes=0-7' } } });
    expect(await kindOf(downloadRange(web.server.transport, link('REUSE'), 0, 8))).toBe('corrupt-answer');
  });

  it('that comes from another place is not taken', async () => {
    const other = download('download range bytes=2-4');
    replay.expect({ ...other, request: { ...other.request, headers: { range: 'bytes=1-3' } } });
    expect(await kindOf(downloadRange(web.server.transport, link('REUSE'), 1, 3))).toBe('corrupt-answer');
  });

  it('of no bytes is a mistake of the caller', async () => {
    await expect(downloadRange(web.server.transport, link('REUSE'), 0, 0)).rejects.toThrow(RangeError);
  });
});

describe('uploading a file', () => {
  /** The recorded upload with the parts in the order this client sends them. */
  const sent = (name: string, replace: string): Exchange => {
    const exchange = upload(name);
    const parts = exchange.request.multipart ?? [];
    const folder = parts.filter((part) => part.name === 'parent_dir');
    const files = parts.filter((part) => part.name === 'file');
    return {
      ...exchange,
      request: { ...exchange.request, multipart: [...folder, { name: 'replace', text: replace }, ...files] },
    };
  };
  const content = (name: string): Buffer => {
    const part = upload(name).request.multipart?.find((one) => one.name === 'file');
    return Buffer.from(part?.text ?? '');
  };

  it.each([
    ['upload: existing name, replace=1', 'f.txt', true, 'f.txt'],
    ['upload: existing name, replace=0', 'f.txt', false, 'f (2).txt'],
    ['upload: empty file', 'empty.txt', false, 'empty.txt'],
    ['upload: name with spaces, unicode', 'ünï 中 a+b&c.txt', false, 'ünï 中 a+b&c.txt'],
  ])('%s', async (exchange, name, replace, stored) => {
    replay.expect(sent(exchange, replace ? '1' : '0'));
    const bytes = content(exchange);
    const file = await uploadFile(web.server.transport, link('UPLOAD_X'), {
      folder: '/x',
      name,
      content: bytes,
      replace,
    });
    expect(file).toMatchObject({ name: stored, size: bytes.length });
  });

  it.each([
    ['upload: missing parent folder', '/missing', 'rejected'],
    ['upload: link of another folder', '/par', 'forbidden'],
  ])('%s is an error', async (exchange, folder, kind) => {
    replay.expect(sent(exchange, '0'));
    const file = { folder, name: 'm.txt', content: content(exchange), replace: false };
    expect(await kindOf(uploadFile(web.server.transport, link('UPLOAD_X'), file))).toBe(kind);
  });

  it('over quota is told as such, though the answer is no valid JSON', async () => {
    const over = quota('quota user: upload 3 MB over a quota of 1 MB');
    const parts = over.request.multipart ?? [];
    const multipart = [parts[1], { name: 'replace', text: '0' }, parts[0]].flatMap((part) => (part ? [part] : []));
    replay.expect({ ...over, request: { ...over.request, multipart } });
    const file = { folder: '/', name: 'big.bin', content: pseudoRandom(3_000_000), replace: false };
    const error = await failure(uploadFile(web.server.transport, link('QUP'), file));
    expect(error.kind).toBe('quota');
    expect(error.message).toContain('Out of quota');
  });

  it.each(['a"b', 'a\\b', 'a\nb', 'a/b', '', '..', 'n'.repeat(256)])(
    'the name %j is refused before anything is sent: the servers do not agree on it',
    async (name) => {
      const file = { folder: '/x', name, content: Buffer.from('x'), replace: true };
      expect(await kindOf(uploadFile(web.server.transport, link('UPLOAD_X'), file))).toBe('rejected');
    },
  );
});

describe('a form', () => {
  it('has a boundary that occurs nowhere in the data', () => {
    const taken = Buffer.alloc(24, 1);
    const free = Buffer.alloc(24, 2);
    const content = Buffer.from(`a line with ----seamount${taken.toString('hex')} in its middle`);
    const draws = [taken, free];
    const form = multipart([{ name: 'f', value: 'v' }], [{ filename: 'x', content }], () => draws.shift() ?? free);
    expect(form.contentType).toBe(`multipart/form-data; boundary=----seamount${free.toString('hex')}`);
    expect(readMultipart(form.contentType, Buffer.from(form.bytes))).toEqual([
      { name: 'f', filename: undefined, bytes: Buffer.from('v') },
      { name: 'file', filename: 'x', bytes: content },
    ]);
  });

  it('has another boundary each time', () => {
    expect(multipart([], []).contentType).not.toBe(multipart([], []).contentType);
  });

  it('keeps a line feed in a value, but refuses a carriage return, which servers cut at', () => {
    expect(Buffer.from(multipart([{ name: 'f', value: 'a\nb' }], []).bytes).toString()).toContain('a\nb');
    expect(() => multipart([{ name: 'f', value: 'a\r\nb' }], [])).toThrow(SeafileError);
  });
});

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
