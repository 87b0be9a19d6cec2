import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OPEN_TAIL_BYTES, planFile, planRegions } from '../../../src/library/blocks/index.ts';
import { decodeFile, EMPTY_FILE, hashBlock } from '../../../src/seafile/index.ts';
import { blocksOf, MemoryContent, noise } from './contents.ts';

const MIB = 1024 * 1024;
/** Sizes small enough to see many blocks of few bytes. */
const tiny = { policy: () => ({ min: 64, average: 128, max: 256 }) };

describe('regions of a file', () => {
  const bytes = noise('base', 40);
  const base = (dirty: { offset: number; length: number }[]) => ({ blocks: blocksOf(bytes, [10, 10, 10, 10]), dirty });
  const short = (regions: ReturnType<typeof planRegions>) =>
    regions.map((region) =>
      region.kind === 'keep' ? `keep ${region.block.offset}` : `cut ${region.offset}+${region.length}`,
    );

  test('without a base are cut as a whole; without bytes there are none', () => {
    expect(short(planRegions(7, null))).toEqual(['cut 0+7']);
    expect(planRegions(0, base([]))).toEqual([]);
  });

  test('keep the blocks that no extent touches', () => {
    expect(short(planRegions(40, base([{ offset: 12, length: 3 }])))).toEqual([
      'keep 0',
      'cut 10+10',
      'keep 20',
      'keep 30',
    ]);
  });

  test('join touched blocks that follow each other, and mind where an extent ends', () => {
    const dirty = [
      { offset: 29, length: 1 },
      { offset: 8, length: 2 },
      { offset: 20, length: 1 },
    ];
    expect(short(planRegions(40, base(dirty)))).toEqual(['cut 0+10', 'keep 10', 'cut 20+10', 'keep 30']);
    expect(short(planRegions(40, base([{ offset: 19, length: 2 }])))).toEqual(['keep 0', 'cut 10+20', 'keep 30']);
  });

  test('cut the block a shorter file ends in', () => {
    expect(short(planRegions(25, base([])))).toEqual(['keep 0', 'keep 10', 'cut 20+5']);
    expect(short(planRegions(20, base([])))).toEqual(['keep 0', 'keep 10']);
  });

  test('cut a small last block again with what is appended, and leave a large one', () => {
    const appended = [{ offset: 40, length: 5 }];
    expect(short(planRegions(45, base(appended)))).toEqual(['keep 0', 'keep 10', 'keep 20', 'cut 30+15']);
    const large = noise('large', 10 + OPEN_TAIL_BYTES);
    const regions = planRegions(large.length + 5, {
      blocks: blocksOf(large, [10, OPEN_TAIL_BYTES]),
      dirty: [{ offset: large.length, length: 5 }],
    });
    expect(short(regions)).toEqual(['keep 0', 'keep 10', `cut ${large.length}+5`]);
  });

  test('cut what a longer file has beyond its base, also where nothing was written', () => {
    expect(short(planRegions(60, base([])))).toEqual(['keep 0', 'keep 10', 'keep 20', 'cut 30+30']);
  });

  test('refuse an extent beyond the end', () => {
    expect(() => planRegions(40, base([{ offset: 39, length: 2 }]))).toThrow(RangeError);
  });
});

describe('a planned file', () => {
  test('that is empty is Seafile’s empty file', async () => {
    const { object, blocks } = await planFile(new MemoryContent(new Uint8Array()));
    expect({ id: object.id, blocks }).toEqual({ id: EMPTY_FILE, blocks: [] });
  });

  test('that is small is one block, with the ids a real server gives', async () => {
    const { object, blocks } = await planFile(new MemoryContent(Buffer.from('hello')));
    expect(blocks).toEqual([{ id: 'aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d', offset: 0, size: 5 }]);
    expect(object.id).toBe('dd3a0982f29f04079c4e365cbf5fce4c9af775c2');
  });

  test('edited in one place has one new block, and only that is read', async () => {
    const before = noise('big', 30 * MIB);
    const { blocks } = await planFile(new MemoryContent(before));
    expect(blocks.length).toBeGreaterThan(2);
    const after = before.slice();
    const touched = blocks[1];
    if (!touched) throw new Error('one block');
    after.set(noise('edit', 4096), touched.offset + 100);
    const content = new MemoryContent(after, { blocks, dirty: [{ offset: touched.offset + 100, length: 4096 }] });
    const planned = await planFile(content);
    const fresh = planned.blocks.filter(({ id }) => !planned.kept.has(id));
    expect(fresh.reduce((sum, { size }) => sum + size, 0)).toBe(touched.size);
    for (const { offset, length } of content.reads) {
      expect(offset).toBeGreaterThanOrEqual(touched.offset);
      expect(offset + length).toBeLessThanOrEqual(touched.offset + touched.size);
    }
  });

  test('covers its bytes with the blocks it names, whatever was written', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 8 }),
        fc.array(fc.record({ offset: fc.nat(2000), length: fc.integer({ min: 1, max: 200 }) }), { maxLength: 4 }),
        fc.nat(2000),
        async (sizes, writes, truncateTo) => {
          const baseSize = sizes.reduce((sum, size) => sum + size, 0);
          const base = noise('base', baseSize);
          const size = Math.max(truncateTo, ...writes.map(({ offset, length }) => offset + length));
          const bytes = new Uint8Array(size);
          bytes.set(base.subarray(0, size));
          for (const [index, { offset, length }] of writes.entries()) bytes.set(noise(`w${index}`, length), offset);
          const content = new MemoryContent(bytes, { blocks: blocksOf(base, sizes), dirty: writes });
          const { blocks, object } = await planFile(content, tiny);
          let offset = 0;
          for (const block of blocks) {
            expect(block.offset).toBe(offset);
            expect(block.id).toBe(hashBlock(bytes.subarray(offset, offset + block.size)));
            offset += block.size;
          }
          expect(offset).toBe(size);
          if (size > 0) {
            expect(decodeFile(object.id, object.text)).toMatchObject({ size, blockIds: blocks.map(({ id }) => id) });
          }
        },
      ),
    );
  });

  test('refuses a content that gives fewer bytes than it says', async () => {
    const content = new MemoryContent(noise('x', 10));
    Object.defineProperty(content, 'size', { value: 20 });
    await expect(planFile(content)).rejects.toThrow(RangeError);
  });
});
