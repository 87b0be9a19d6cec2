import type { BlockId } from '../seafile/index.ts';

/**
 * A staged file as it is sent: its bytes do not change any more while the object lives.
 *
 * `read` may be asked for any range any number of times, and always gives the same bytes.
 */
export interface FrozenContent {
  readonly kind: 'staged';
  /** Bytes of the whole file. */
  readonly size: number;
  /**
   * The version this one was made from and where it differs, or null when everything is new. Blocks of the base that
   * no extent touches are taken over by id and are never read.
   */
  readonly base: { readonly blocks: readonly BlockSpan[]; readonly dirty: readonly Extent[] } | null;
  /**
   * @param offset bytes from the start of the file
   * @param length bytes; within the size
   * @returns exactly `length` bytes, which the caller must not change
   */
  read(offset: number, length: number): Uint8Array | Promise<Uint8Array>;
}

/** A block and where its bytes are in a file. */
export interface BlockSpan {
  readonly id: BlockId;
  /** Bytes from the start of the file. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
}

/** A range of bytes of a file. */
export interface Extent {
  /** Bytes from the start of the file. */
  readonly offset: number;
  /** Bytes; more than 0. */
  readonly length: number;
}
