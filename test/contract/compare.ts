import { inflateSync } from 'node:zlib';
import { expect } from 'vitest';
import { decodeFrames } from '../../src/seafile/objects/index.ts';
import { bytesOf } from './content.ts';
import { isObject, type Names } from './names.ts';
import type { Exchange } from './recording.ts';
import type { Reply } from './replay.ts';

/** Headers that clients look at; all others are the business of the server in front. */
const HEADERS = [
  'accept-ranges',
  'allow',
  'cache-control',
  'content-disposition',
  'content-range',
  'content-type',
  'dir_perm',
  'last-modified',
  'location',
  'oid',
];

/** JSON fields whose values are random or belong to the recorded installation; here their form is compared. */
const FREE_FIELDS: Readonly<Record<string, RegExp>> = {
  token: /^[0-9a-f]{40}$/,
  relay_id: /^[0-9a-f]{40}$/,
};

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** Compares an answer with the recorded one, after learning the names it captures. */
export function expectRecorded(exchange: Exchange, reply: Reply, names: Names): void {
  const { response, captures = [] } = exchange;
  const recorded = response.headers ?? {};
  for (const [name, value] of Object.entries(recorded)) names.learn(value, reply.headers.get(name) ?? '', captures);
  const actual = response.json === undefined ? undefined : parse(reply, exchange);
  names.learn(response.json, actual, captures);

  expect(reply.status, `status of "${exchange.name}"`).toBe(response.status);
  if (exchange.request.method !== 'HEAD') {
    expect(Number(reply.headers.get('content-length')), 'content-length').toBe(reply.bytes.length);
  }
  expectBody(exchange, reply, actual, names);
  expect(
    headersOf(recorded, (name) => reply.headers.get(name)),
    `headers of "${exchange.name}"`,
  ).toEqual(headersOf(recorded, (name) => names.fill(recorded[name] ?? '')));
}

function expectBody(exchange: Exchange, reply: Reply, actual: unknown, names: Names): void {
  const { response } = exchange;
  const recorded = response.headers ?? {};
  if (response.json !== undefined) {
    expect(plain(actual), `body of "${exchange.name}"`).toEqual(plain(names.fillAll(response.json)));
    return;
  }
  // Pages for people are not compared.
  if (recorded['content-type']?.startsWith('text/html')) return;
  const expected = response.text === undefined ? bytesOf(response) : Buffer.from(names.fill(response.text));
  if (expected) expectBytes(exchange, reply.bytes, expected);
  else if (recorded['content-length'] !== undefined && exchange.request.method !== 'HEAD') {
    expect(reply.bytes.length, `length of "${exchange.name}"`).toBe(Number(recorded['content-length']));
  }
}

function parse(reply: Reply, exchange: Exchange): unknown {
  try {
    return JSON.parse(reply.bytes.toString('utf8'));
  } catch (error) {
    throw new Error(`"${exchange.name}" was answered ${reply.status} without JSON: ${reply.bytes}`, { cause: error });
  }
}

function headersOf(recorded: object, value: (name: string) => string | null): Record<string, string | null> {
  return Object.fromEntries(HEADERS.filter((name) => name in recorded).map((name) => [name, value(name)]));
}

/** A body with the values that cannot be equal replaced by their form. */
function plain(value: unknown, field = ''): unknown {
  const free = FREE_FIELDS[field];
  if (free && typeof value === 'string' && free.test(value)) return `<${field}>`;
  if (typeof value === 'string') return value.includes('://') ? value.replace(UUID, '<uuid>') : value;
  if (Array.isArray(value)) return value.map((each) => plain(each));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each, key)]));
}

function expectBytes(exchange: Exchange, actual: Buffer, expected: Buffer): void {
  if (exchange.request.url.includes('/pack-fs')) {
    // Two writers may compress the same object differently: what counts is the text its id is made of.
    expect(unpacked(actual), `objects of "${exchange.name}"`).toEqual(unpacked(expected));
    return;
  }
  expect(actual.equals(expected), `bytes of "${exchange.name}": ${actual.subarray(0, 200)}`).toBe(true);
}

function unpacked(pack: Buffer): [string, string][] {
  return [...decodeFrames(pack)].map(({ id, compressed }) => [id, inflateSync(compressed).toString('utf8')]);
}
