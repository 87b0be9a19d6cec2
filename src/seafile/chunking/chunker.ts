import { type ChunkSizes, checkSizes, nextCut, SEAFILE_SIZES } from './cut.ts';

/** Cuts a stream of bytes into blocks, whatever pieces it comes in. */
export interface Chunker {
  /** @returns the blocks that are complete now, in order; often views of `piece`, which must not change any more */
  push(piece: Uint8Array): Uint8Array[];
  /** The file has ended. @returns the blocks that are left; none when the file is empty */
  end(): Uint8Array[];
}

/**
 * For bytes that come in pieces of somebody else's choice: holds back up to `sizes.max` bytes, and copies what lies
 * across pieces. Where windows of a file can be read, {@link nextCut} alone does without.
 */
export function createChunker(sizes: ChunkSizes = SEAFILE_SIZES): Chunker {
  checkSizes(sizes);
  let held: Uint8Array[] = [];
  let heldBytes = 0;

  /** Takes blocks off what is held, as long as there are `enough` bytes to be sure of the next cut. */
  const cut = (enough: number, final: boolean): Uint8Array[] => {
    if (heldBytes < enough) return [];
    const only = held[0];
    const bytes = held.length === 1 && only ? only : Buffer.concat(held, heldBytes);
    const blocks: Uint8Array[] = [];
    let start = 0;
    while (bytes.length - start >= enough) {
      const end = nextCut(bytes, start, final, sizes);
      if (end === null) break;
      blocks.push(bytes.subarray(start, end));
      start = end;
    }
    held = start < bytes.length ? [bytes.subarray(start)] : [];
    heldBytes = bytes.length - start;
    return blocks;
  };

  return {
    push(piece) {
      if (piece.byteLength > 0) held.push(piece);
      heldBytes += piece.byteLength;
      return cut(sizes.max, false);
    },
    end: () => cut(1, true),
  };
}
