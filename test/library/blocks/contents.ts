import { createCipheriv, createHash } from 'node:crypto';
import type { BlockSpan, Extent, FrozenContent } from '../../../src/library/index.ts';
import { hashBlock } from '../../../src/seafile/index.ts';

/** A staged file over bytes in memory, that remembers what was read of it. */
export class MemoryContent implements FrozenContent {
  readonly kind = 'staged';
  readonly base: FrozenContent['base'];
  readonly reads: Extent[] = [];
  bytes: Uint8Array;

  constructor(bytes: Uint8Array, base: FrozenContent['base'] = null) {
    this.bytes = bytes;
    this.base = base;
  }

  get size(): number {
    return this.bytes.byteLength;
  }

  read(offset: number, length: number): Uint8Array {
    this.reads.push({ offset, length });
    return this.bytes.subarray(offset, offset + length);
  }
}

/** Bytes that look random, the same for one seed. */
export function noise(seed: string, size: number): Uint8Array {
  const key = createHash('sha256').update(seed).digest();
  return createCipheriv('aes-256-ctr', key, new Uint8Array(16)).update(new Uint8Array(size));
}

/** Cuts bytes into blocks of given sizes. */
export function blocksOf(bytes: Uint8Array, sizes: readonly number[]): BlockSpan[] {
  let offset = 0;
  return sizes.map((size) => {
    const span = { id: hashBlock(bytes.subarray(offset, offset + size)), offset, size };
    offset += size;
    return span;
  });
}
