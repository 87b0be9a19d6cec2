import { closeSync, existsSync, mkdtempSync, openSync, rmSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Generation } from '../../../src/volume/content/generation.ts';
import type { ContentSource } from '../../../src/volume/content/source.ts';

/** A version whose bytes arrive later, as from a server. */
function remote(bytes: Uint8Array): ContentSource {
  return {
    size: bytes.byteLength,
    read: async (offset, length) => bytes.slice(offset, offset + length),
    locate: () => null,
  };
}

describe('a staged generation', () => {
  let folder: string;
  let count = 0;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'seamount-staged-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const create = (base: ContentSource | null): Generation => {
    const key = `g${count++}`;
    const path = join(folder, key);
    const fd = openSync(path, 'wx+');
    const letGo = (): void => {
      closeSync(fd);
      unlinkSync(path);
    };
    return Generation.create({ path, key, fd, letGo }, base);
  };

  const step = fc.oneof(
    fc.record({
      kind: fc.constant('write' as const),
      at: fc.nat(300),
      data: fc.uint8Array({ minLength: 1, maxLength: 60 }),
    }),
    fc.record({ kind: fc.constant('truncate' as const), size: fc.nat(300) }),
    fc.record({ kind: fc.constant('layer' as const) }),
    fc.record({ kind: fc.constant('whole' as const) }),
  );

  it('reads as an ordinary file would after the same writes and cuts, on whatever it lies', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.array(step, { maxLength: 15 }), async (start, steps) => {
        let model = Buffer.from(start);
        let generation = create(start.byteLength === 0 ? null : remote(start));
        for (const change of steps) {
          if (change.kind === 'write') {
            const grown = Buffer.alloc(Math.max(model.length, change.at + change.data.byteLength));
            model.copy(grown);
            grown.set(change.data, change.at);
            model = grown;
            generation.write(change.at, change.data);
          } else if (change.kind === 'truncate') {
            const cut = Buffer.alloc(change.size);
            model.copy(cut);
            model = cut;
            generation.truncate(change.size);
          } else if (change.kind === 'layer') {
            generation.freeze();
            generation = create(generation);
          } else {
            await generation.makeWhole();
            expect(generation.base).toBeNull();
          }
        }
        expect(generation.size).toBe(model.length);
        expect(Buffer.from(await generation.read(0, model.length)).equals(model)).toBe(true);
        const half = model.length >> 1;
        expect(Buffer.from(await generation.read(half, model.length - half)).equals(model.subarray(half))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('knows every byte in which it differs from its base', async () => {
    const base = Buffer.alloc(1000, 'b');
    const generation = create(remote(base));
    generation.write(100, Buffer.from('xyz'));
    generation.truncate(500);
    generation.write(600, Buffer.from('end'));
    expect([...generation.differences()]).toEqual([
      { offset: 100, length: 3 },
      { offset: 500, length: 103 },
    ]);
  });

  it('does not change when it is frozen', () => {
    const generation = create(null);
    generation.write(0, Buffer.from('sent'));
    generation.freeze();
    expect(() => generation.write(0, Buffer.from('late'))).toThrow('must not change');
    expect(() => generation.truncate(0)).toThrow('must not change');
  });

  it('removes its file when nobody needs it any more, not before', () => {
    const frozen = create(null);
    frozen.write(0, Buffer.from('abc'));
    frozen.freeze();
    const above = create(frozen.share());
    frozen.release();
    expect(existsSync(frozen.path)).toBe(true);
    above.release();
    expect(existsSync(above.path)).toBe(false);
    expect(existsSync(frozen.path)).toBe(false);
  });
});
