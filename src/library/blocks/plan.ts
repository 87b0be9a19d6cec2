import { setImmediate as turnOfTheEventLoop } from 'node:timers/promises';
import {
  type BlockId,
  type ChunkSizes,
  type EncodedObject,
  encodeFile,
  type FileId,
  hashBlock,
  nextCut,
  SEAFILE_SIZES,
} from '../../seafile/index.ts';
import type { BlockSpan, FrozenContent } from '../content.ts';
import { planRegions, type Region } from './regions.ts';

/** How a staged file is sent. */
export interface PlannedFile {
  readonly content: FrozenContent;
  /** All blocks of the new version, in file order. */
  readonly blocks: readonly BlockSpan[];
  /** Those taken over from the base version: the server should have them. */
  readonly kept: ReadonlySet<BlockId>;
  readonly object: EncodedObject<FileId>;
}

/**
 * How finely a region that is cut anew is cut. This is the place for cutting finer (down to 256 KiB) where a file is
 * edited again and again, and for joining such blocks when it has been quiet: who knows a file's history passes it.
 */
export type CutPolicy = (region: Extract<Region, { kind: 'cut' }>, content: FrozenContent) => ChunkSizes;

/** What Seafile's clients do everywhere: equal content then has equal blocks, whoever wrote it. */
export const cutLikeSeafile: CutPolicy = () => SEAFILE_SIZES;

/** Hashing this much takes about a millisecond; the event loop turns after as many bytes. */
const PACE_BYTES = 1024 * 1024;

/** Bytes of a file that will have to be sent, at most, before anything is read. */
export function bytesToCut(content: FrozenContent): number {
  return planRegions(content.size, content.base).reduce(
    (sum, region) => sum + (region.kind === 'cut' ? region.length : 0),
    0,
  );
}

/**
 * Cuts and hashes a staged file. Reads only what is cut anew, one block at a time: memory is that of one block, however
 * large the file is.
 *
 * @throws RangeError when the content does not give the bytes it says it has
 */
export async function planFile(
  content: FrozenContent,
  options: { readonly policy?: CutPolicy; readonly signal?: AbortSignal | undefined } = {},
): Promise<PlannedFile> {
  const { policy = cutLikeSeafile, signal } = options;
  const blocks: BlockSpan[] = [];
  const kept = new Set<BlockId>();
  let sinceTurn = 0;
  for (const region of planRegions(content.size, content.base)) {
    if (region.kind === 'keep') {
      blocks.push(region.block);
      kept.add(region.block.id);
      continue;
    }
    const sizes = policy(region, content);
    const end = region.offset + region.length;
    for (let offset = region.offset; offset < end; ) {
      signal?.throwIfAborted();
      const window = await readExactly(content, offset, Math.min(sizes.max, end - offset));
      const size = nextCut(window, 0, offset + window.byteLength === end, sizes) ?? window.byteLength;
      blocks.push({ id: hashBlock(window.subarray(0, size)), offset, size });
      offset += size;
      sinceTurn += size;
      if (sinceTurn >= PACE_BYTES) {
        sinceTurn = 0;
        await turnOfTheEventLoop();
      }
    }
  }
  const object = encodeFile(
    blocks.map(({ id }) => id),
    content.size,
  );
  return { content, blocks, kept, object };
}

/** @throws RangeError when the content gives more or less */
export async function readExactly(content: FrozenContent, offset: number, length: number): Promise<Uint8Array> {
  const bytes = await content.read(offset, length);
  if (bytes.byteLength !== length) {
    throw new RangeError(`a staged file gave ${bytes.byteLength} of ${length} bytes at ${offset}`);
  }
  return bytes;
}
