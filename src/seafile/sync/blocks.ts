import { z } from 'zod';
import { unexpectedAnswer } from '../http/failures.ts';
import { answerJson } from '../http/json.ts';
import type { BodyReceiver } from '../http/request.ts';
import { type BlockId, EMPTY_FILE, type FileId, hashBlock } from '../objects/index.ts';
import type { SyncConnection } from './connection.ts';
import { missing } from './trees.ts';

export async function getBlock(sync: SyncConnection, id: BlockId, signal?: AbortSignal): Promise<Uint8Array> {
  const request = sync.request(`block/${id}`, { what: `read block ${id}`, repeatable: true, signal });
  const answer = await sync.send(request);
  const actual = hashBlock(answer.body);
  // Servers store and serve blocks whose content is not what the id says (seafile-api G.1).
  if (actual !== id) throw unexpectedAnswer(request, answer, `${answer.body.byteLength} bytes of block ${actual}`);
  return answer.body;
}

/** Hands over a block's bytes as they arrive, not verified: whoever takes them has to look at their hash. */
export async function receiveBlock(
  sync: SyncConnection,
  id: BlockId,
  receiver: BodyReceiver,
  signal?: AbortSignal,
): Promise<void> {
  await sync.send(sync.request(`block/${id}`, { what: `read block ${id}`, repeatable: true, signal, receiver }));
}

export async function putBlock(
  sync: SyncConnection,
  id: BlockId,
  bytes: Uint8Array,
  signal?: AbortSignal,
): Promise<void> {
  await sync.send(
    sync.request(`block/${id}`, { what: `store block ${id}`, method: 'PUT', body: bytes, repeatable: true, signal }),
  );
}

export function checkBlocks(
  sync: SyncConnection,
  ids: readonly BlockId[],
  signal?: AbortSignal,
): Promise<Set<BlockId>> {
  return missing(sync, 'check-blocks/', 'blocks', ids, signal);
}

export async function blockMap(sync: SyncConnection, file: FileId, signal?: AbortSignal): Promise<readonly number[]> {
  if (file === EMPTY_FILE) return [];
  const request = sync.request(`block-map/${file}`, {
    what: `read the block sizes of file ${file}`,
    repeatable: true,
    signal,
  });
  return answerJson(request, await sync.send(request), z.array(z.number().int().nonnegative()));
}
