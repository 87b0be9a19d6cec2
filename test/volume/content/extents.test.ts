import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExtentSet } from '../../../src/volume/content/extents.ts';

const SPACE = 64;
const step = fc.oneof(
  fc.record({ kind: fc.constant('add' as const), offset: fc.nat(SPACE - 1), length: fc.nat(20) }),
  fc.record({ kind: fc.constant('truncate' as const), size: fc.nat(SPACE) }),
);

describe('a set of extents', () => {
  it('holds the same bytes as a set of single bytes, whatever is added and cut', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.nat(SPACE), fc.nat(30), (steps, from, count) => {
        const extents = new ExtentSet();
        const bytes = new Set<number>();
        for (const change of steps) {
          if (change.kind === 'add') {
            extents.add(change.offset, change.length);
            for (let i = 0; i < change.length; i++) bytes.add(change.offset + i);
          } else {
            extents.truncate(change.size);
            for (const byte of bytes) if (byte >= change.size) bytes.delete(byte);
          }
        }
        expect(extents.size).toBe(bytes.size);
        const range = Array.from({ length: count }, (_, i) => from + i);
        expect(extents.covers(from, count)).toBe(range.every((byte) => bytes.has(byte)));
        const pieces = [...extents.pieces(from, count)];
        expect(pieces.flatMap(({ offset, length }) => Array.from({ length }, (_, i) => offset + i))).toEqual(range);
        for (const { offset, length, inside } of pieces) {
          for (let i = 0; i < length; i++) expect(bytes.has(offset + i)).toBe(inside);
        }
      }),
    );
  });

  it('keeps extents ascending, apart, and as few as possible', () => {
    const extents = ExtentSet.of([
      { offset: 10, length: 5 },
      { offset: 0, length: 5 },
      { offset: 5, length: 5 },
      { offset: 20, length: 1 },
    ]);
    expect([...extents]).toEqual([
      { offset: 0, length: 15 },
      { offset: 20, length: 1 },
    ]);
  });
});
