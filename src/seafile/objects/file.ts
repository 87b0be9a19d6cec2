import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { EncodedObject } from './directory.ts';
import { type BlockId, blockId, EMPTY_FILE, type FileId } from './ids.ts';

/** A file object: where a version's bytes are. Immutable. */
export interface FileObject {
  readonly id: FileId;
  /** In file order; a block may occur more than once. */
  readonly blockIds: readonly BlockId[];
  /** Bytes of the whole file; block sizes are not part of the object (seafile-api G.1 block-map). */
  readonly size: number;
}

/** Id of a block: the SHA-1 of its bytes (of an unencrypted library). */
export function hashBlock(bytes: Uint8Array): BlockId {
  return createHash('sha1').update(bytes).digest('hex') as BlockId;
}

/**
 * Encodes a file object. Its id depends on how the content is cut: equal ids mean equal content, not the reverse.
 *
 * @param size bytes; must be the sum of the blocks' sizes, which no server checks (seafile-api E.5)
 */
export function encodeFile(blockIds: readonly BlockId[], size: number): EncodedObject<FileId> {
  if (blockIds.length === 0) return { id: EMPTY_FILE, text: new Uint8Array() };
  const ids = blockIds.map((id) => `"${id}"`).join(', ');
  const text = Buffer.from(`{"block_ids": [${ids}], "size": ${size}, "type": 1, "version": 1}`);
  return { id: createHash('sha1').update(text).digest('hex') as FileId, text };
}

const fileOnWire = z.object({
  type: z.literal(1),
  block_ids: z.array(z.string()),
  size: z.number().int().nonnegative(),
});

/**
 * @param text uncompressed JSON
 * @throws TypeError when the text is no file object
 */
export function decodeFile(id: FileId, text: Uint8Array): FileObject {
  const parsed = fileOnWire.safeParse(
    JSON.parse(Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString('utf8')),
  );
  if (!parsed.success) throw new TypeError(`not a file object: ${parsed.error.issues[0]?.message}`);
  return { id, blockIds: parsed.data.block_ids.map(blockId), size: parsed.data.size };
}

/** The file without content. */
export const emptyFile: FileObject = { id: EMPTY_FILE, blockIds: [], size: 0 };
