import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ChunkSizes, createChunker, nextCut, SEAFILE_SIZES } from '../../../src/seafile/chunking/index.ts';
import { referenceCuts } from './reference.ts';

/** The deterministic bytes of the recordings. */
function deterministic(length: number): Buffer {
  const parts: Buffer[] = [];
  for (let i = 0; i * 32 < length; i += 1) parts.push(createHash('sha256').update(`big:${i}`).digest());
  return Buffer.concat(parts).subarray(0, length);
}

/** Pseudo-random bytes, made fast (xorshift32, low byte first). */
function noise(length: number, seed: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed;
  for (let offset = 0; offset < length; offset += 4) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes.writeInt32LE(state, offset);
  }
  return bytes;
}

function cuts(bytes: Uint8Array, sizes: ChunkSizes = SEAFILE_SIZES): number[] {
  const ends: number[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = nextCut(bytes, start, true, sizes);
    if (end === null) throw new Error('no cut though the file ends');
    ends.push(end);
    start = end;
  }
  return ends;
}

const SMALL: ChunkSizes = { min: 64, average: 64, max: 256 };
const MIB = 1024 * 1024;

describe('cuts', () => {
  it('of 32 MiB are the ones that Seafile makes', () => {
    // Computed once with a program around Seafile's own fingerprint.
    expect(cuts(noise(32 * MIB, 10))).toEqual([6_978_428, 14_363_763, 24_849_523, 32_006_523, 33_554_432]);
  });

  it.each<[ChunkSizes, number[]]>([
    [{ min: 4096, average: 8192, max: 16384 }, [9905, 20828, 35047, 42016, 58400, 70824, 80543, 96927]],
    [{ min: 48, average: 64, max: 4096 }, [79, 275, 446, 567, 644, 769, 877, 1077]],
    [{ min: 100, average: 1, max: 200 }, [100, 200, 300, 400, 500, 600, 700, 800]],
  ])('with other sizes (%j) are the ones that its fingerprint makes', (sizes, first) => {
    expect(cuts(deterministic(3_000_000), sizes).slice(0, 8)).toEqual(first);
  });

  it('equal those of a slow reference', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 4000 }),
        fc.constantFrom<ChunkSizes>(SMALL, { min: 48, average: 256, max: 300 }, { min: 50, average: 16, max: 50 }),
        (bytes, sizes) => {
          expect(cuts(bytes, sizes)).toEqual(referenceCuts(bytes, sizes));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('leave no block below min but the last, and none above max', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), (bytes) => {
        const ends = cuts(bytes, SMALL);
        const sizes = ends.map((end, index) => end - (ends[index - 1] ?? 0));
        for (const [index, size] of sizes.entries()) {
          expect(size).toBeLessThanOrEqual(SMALL.max);
          if (index < sizes.length - 1) expect(size).toBeGreaterThanOrEqual(SMALL.min);
        }
        expect(ends.at(-1) ?? 0).toBe(bytes.length);
      }),
    );
  });

  it('of equal bytes come at max, as nothing in them differs', () => {
    expect(cuts(Buffer.alloc(25 * MIB))).toEqual([10 * MIB, 20 * MIB, 25 * MIB]);
  });

  it('come back to the same places after an insertion', () => {
    const sizes: ChunkSizes = { min: 1024, average: 1024, max: 8192 };
    const bytes = deterministic(400_000);
    const shifted = Buffer.concat([bytes.subarray(0, 5000), Buffer.from('inserted'), bytes.subarray(5000)]);
    const before = new Set(cuts(bytes, sizes));
    const kept = cuts(shifted, sizes).filter((end) => before.has(end - 8));
    expect(kept.length).toBeGreaterThan(before.size * 0.9);
  });

  it('are not decided before enough bytes are there', () => {
    const bytes = deterministic(64);
    expect(nextCut(bytes.subarray(0, 63), 0, false, SMALL)).toBeNull();
    expect(nextCut(bytes.subarray(0, 63), 0, true, SMALL)).toBe(63);
    expect(nextCut(bytes, bytes.length, true, SMALL)).toBeNull();
    expect(nextCut(Buffer.alloc(256), 0, false, SMALL)).toBe(256);
  });
});

describe('a chunker', () => {
  it('cuts at the same places whatever pieces the bytes come in', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 4000 }),
        fc.array(fc.nat({ max: 700 }), { maxLength: 20 }),
        (bytes, lengths) => {
          const chunker = createChunker(SMALL);
          const blocks: Uint8Array[] = [];
          let start = 0;
          for (const length of lengths) {
            blocks.push(...chunker.push(bytes.subarray(start, start + length)));
            start += length;
          }
          blocks.push(...chunker.push(bytes.subarray(start)), ...chunker.end());
          let end = 0;
          expect(blocks.map((block) => (end += block.length))).toEqual(cuts(bytes, SMALL));
          expect(Buffer.concat(blocks).equals(bytes)).toBe(true);
        },
      ),
    );
  });

  it('gives views of a piece that holds whole blocks', () => {
    const piece = new Uint8Array(deterministic(2000));
    for (const block of createChunker(SMALL).push(piece)) expect(block.buffer).toBe(piece.buffer);
  });

  it('gives nothing for an empty file', () => {
    const chunker = createChunker();
    expect(chunker.push(new Uint8Array())).toEqual([]);
    expect(chunker.end()).toEqual([]);
  });

  it.each([
    { min: 47, average: 64, max: 256 },
    { min: 64, average: 63, max: 256 },
    { min: 64, average: 64, max: 63 },
    { min: 64, average: 0, max: 256 },
  ])('refuses sizes %j', (sizes) => {
    expect(() => createChunker(sizes)).toThrow(RangeError);
  });
});
