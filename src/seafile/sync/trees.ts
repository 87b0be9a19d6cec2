import { createHash } from 'node:crypto';
import { deflateSync, inflateSync } from 'node:zlib';
import { z } from 'zod';
import { unexpectedAnswer } from '../http/failures.ts';
import type { HttpAnswer, HttpRequest } from '../http/index.ts';
import { answerJson } from '../http/json.ts';
import {
  type DirectoryId,
  decodeFrames,
  EMPTY_DIRECTORY,
  type EncodedObject,
  encodeFrame,
  type FileId,
} from '../objects/index.ts';
import { eachInParallel } from '../parallel.ts';
import type { SyncConnection } from './connection.ts';

/** Directory and file objects travel and are stored in the same way. */
export type TreeObjectId = DirectoryId | FileId;

/** The official clients ask for ids in such segments (seafile-api G.5). */
export const SEGMENT = 1000;
const PARALLEL = 4;
const PACK_BYTES = 1024 * 1024;
/** More than any real directory: 256 MiB are two million entries. */
const MOST_OBJECT_BYTES = 256 * 1024 * 1024;

/** Objects by id, uncompressed and verified; ids that occur twice are asked once, the zero id never. */
export async function packFs<Id extends TreeObjectId>(
  sync: SyncConnection,
  ids: readonly Id[],
  signal?: AbortSignal,
): Promise<Map<Id, Uint8Array>> {
  const objects = new Map<Id, Uint8Array>();
  const wanted = [...new Set(ids)].filter((id) => id !== EMPTY_DIRECTORY);
  await eachInParallel(segments(wanted), PARALLEL, async (segment) => {
    // A server stops after the object that fills a mebibyte: what is left is asked for again (seafile-api G.2).
    let rest = segment;
    while (rest.length > 0) {
      const got = await packOnce(sync, rest, signal);
      for (const [id, text] of got) objects.set(id, text);
      rest = rest.filter((id) => !got.has(id));
    }
  });
  return objects;
}

/** @returns at least one of the objects */
async function packOnce<Id extends TreeObjectId>(
  sync: SyncConnection,
  ids: readonly Id[],
  signal?: AbortSignal,
): Promise<Map<Id, Uint8Array>> {
  const request = sync.request('pack-fs/', {
    what: `read ${ids.length} objects of library ${sync.library}`,
    method: 'POST',
    body: Buffer.from(JSON.stringify(ids)),
    repeatable: true,
    signal,
  });
  const answer = await sync.send(request);
  const asked = new Set<string>(ids);
  const got = new Map<Id, Uint8Array>();
  try {
    for (const frame of decodeFrames(answer.body)) {
      if (!asked.has(frame.id)) throw new TypeError(`object ${frame.id} was not asked for`);
      got.set(frame.id as Id, inflated(frame.id, frame.compressed)); // asked for, so of the ids' type
    }
  } catch (error) {
    throw corrupt(request, answer, error);
  }
  if (got.size === 0) throw unexpectedAnswer(request, answer, 'none of the objects');
  return got;
}

function inflated(id: string, compressed: Uint8Array): Uint8Array {
  // Synchronous on purpose: libuv's threads may all be waiting for a mount that this thread serves.
  const text = inflateSync(compressed, { maxOutputLength: MOST_OBJECT_BYTES });
  const actual = createHash('sha1').update(text).digest('hex');
  if (actual !== id) throw new TypeError(`object ${id} has the content of ${actual}`);
  return text;
}

function corrupt(request: HttpRequest, answer: HttpAnswer, cause: unknown): Error {
  return unexpectedAnswer(
    request,
    answer,
    `damaged objects (${cause instanceof Error ? cause.message : 'unreadable'})`,
    cause,
  );
}

/** Those of the objects that the server does not have. */
export async function checkFs<Id extends TreeObjectId>(
  sync: SyncConnection,
  ids: readonly Id[],
  signal?: AbortSignal,
): Promise<Set<Id>> {
  return missing(
    sync,
    'check-fs/',
    'objects',
    ids.filter((id) => id !== EMPTY_DIRECTORY),
    signal,
  );
}

/** Asks in segments which ids the server lacks. */
export async function missing<Id extends string>(
  sync: SyncConnection,
  path: 'check-fs/' | 'check-blocks/',
  things: string,
  ids: readonly Id[],
  signal?: AbortSignal,
): Promise<Set<Id>> {
  const lacking = new Set<Id>();
  await eachInParallel(segments([...new Set(ids)]), PARALLEL, async (segment) => {
    const request = sync.request(path, {
      what: `ask which of ${segment.length} ${things} library ${sync.library} lacks`,
      method: 'POST',
      body: Buffer.from(JSON.stringify(segment)),
      repeatable: true,
      signal,
    });
    const answered = new Set(answerJson(request, await sync.send(request), z.array(z.string())));
    for (const id of segment) if (answered.has(id)) lacking.add(id);
  });
  return lacking;
}

/** Stores objects, about a mebibyte a request. The zero id is skipped: it is never stored. */
export async function recvFs(
  sync: SyncConnection,
  objects: Iterable<EncodedObject<TreeObjectId>>,
  signal?: AbortSignal,
): Promise<void> {
  await eachInParallel(packs(objects), PARALLEL, async (pack) => {
    await sync.send(
      sync.request('recv-fs/', {
        what: `store objects in library ${sync.library}`,
        method: 'POST',
        body: pack,
        repeatable: true,
        signal,
      }),
    );
  });
}

function* packs(objects: Iterable<EncodedObject<TreeObjectId>>): Generator<Uint8Array> {
  let frames: Uint8Array[] = [];
  let bytes = 0;
  const sent = new Set<string>();
  for (const { id, text } of objects) {
    if (id === EMPTY_DIRECTORY || sent.has(id)) continue;
    sent.add(id);
    const frame = encodeFrame({ id, compressed: deflateSync(text) });
    frames.push(frame);
    bytes += frame.byteLength;
    if (bytes >= PACK_BYTES) {
      yield Buffer.concat(frames);
      frames = [];
      bytes = 0;
    }
  }
  if (frames.length > 0) yield Buffer.concat(frames);
}

function* segments<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += SEGMENT) yield items.slice(start, start + SEGMENT);
}
