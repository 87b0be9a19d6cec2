import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SeafileError } from '../../../src/seafile/errors.ts';
import { uploadFile } from '../../../src/seafile/fileserver/index.ts';
import { multipart } from '../../../src/seafile/fileserver/multipart.ts';
import type { Link } from '../../../src/seafile/link.ts';
import type { WebClient } from '../../../src/seafile/web/index.ts';
import { failure, kindOf } from '../failure.ts';
import { type Exchange, pseudoRandom, ReplayServer, readMultipart, recorded } from '../replay.ts';

const upload = recorded('04-upload');
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

const link = (name: string): Link => replay.value(name) as Link;

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
