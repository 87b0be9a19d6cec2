import { LEAVING, WINDOW } from './rabin.ts';

/** How a file is cut into blocks. */
export interface ChunkSizes {
  /** Bytes a block has at least, the last one of a file excepted; at least 48. */
  readonly min: number;
  /** A power of two: one in so many positions between `min` and `max` is a cut. */
  readonly average: number;
  /** Bytes a block has at most. */
  readonly max: number;
}

const MIB = 1024 * 1024;

/** What Seafile's clients use: only files cut with these share blocks with theirs (seafile-api F.4). */
export const SEAFILE_SIZES: ChunkSizes = { min: 6 * MIB, average: 8 * MIB, max: 10 * MIB };

/** Low bits of the fingerprint at a cut. */
const BREAK = 0x13;

/** @throws RangeError when no file can be cut with these sizes */
export function checkSizes(sizes: ChunkSizes): ChunkSizes {
  const { min, average, max } = sizes;
  const powerOfTwo = average > 0 && average <= 2 ** 31 && (average & (average - 1)) === 0;
  if (!(Number.isInteger(min) && Number.isInteger(max) && min >= WINDOW && max >= min && powerOfTwo)) {
    throw new RangeError(`no sizes to cut with: min ${min}, average ${average}, max ${max}`);
  }
  return sizes;
}

/**
 * Where the block that starts at `start` ends.
 *
 * The decision needs at most `sizes.max` bytes: with so many, or with `final`, there is always an answer. Bytes are read
 * in place, and none of the first `min` (less four) is looked at.
 *
 * @param bytes part of a file
 * @param start where the block starts in `bytes`
 * @param final whether the file ends where `bytes` ends
 * @returns the position after the block's last byte, or null when more bytes have to be seen; call again with all of
 * the block's bytes
 */
export function nextCut(
  bytes: Uint8Array,
  start: number,
  final: boolean,
  sizes: ChunkSizes = SEAFILE_SIZES,
): number | null {
  const available = bytes.length - start;
  if (available >= sizes.min) {
    const first = start + sizes.min - 1;
    // The first fingerprint is taken over a window as if nothing had left it before.
    const initial =
      ((bytes[first - 3] ?? 0) << 24) |
      ((bytes[first - 2] ?? 0) << 16) |
      ((bytes[first - 1] ?? 0) << 8) |
      (bytes[first] ?? 0);
    const cut = scan(bytes, first, initial, Math.min(bytes.length, start + sizes.max), sizes.average - 1);
    if (cut !== null) return cut;
    if (available >= sizes.max) return start + sizes.max;
  }
  return final && available > 0 ? bytes.length : null;
}

/** Looks for a cut at the positions from `first`, whose fingerprint is given, to before `end`. */
function scan(bytes: Uint8Array, first: number, initial: number, end: number, mask: number): number | null {
  const wanted = BREAK & mask;
  const leaving = LEAVING;
  let fingerprint = initial;
  if ((fingerprint & mask) === wanted) return first + 1;
  for (let position = first + 1; position < end; position += 1) {
    // The casts say that the positions lie within the array and that bytes lie within the table.
    fingerprint =
      (fingerprint << 8) ^ (bytes[position] as number) ^ (leaving[bytes[position - WINDOW] as number] as number);
    if ((fingerprint & mask) === wanted) return position + 1;
  }
  return null;
}
