import type { MaybePromise } from '../maybe.ts';

/** Bytes that do not change: a version on the server, or a frozen generation. */
export interface ContentSource {
  /** Bytes. */
  readonly size: number;
  /**
   * @param length bytes; the range must lie within the size
   * @returns exactly `length` bytes, which the caller must not change
   */
  read(offset: number, length: number, signal?: AbortSignal): MaybePromise<Uint8Array>;
  /** A local file that holds the whole range at `position`, when there is one. */
  locate(offset: number, length: number): LocalRange | null;
}

/** Where bytes are on this machine. */
export interface LocalRange {
  readonly fd: number;
  /** Bytes from the start of the file behind `fd`. */
  readonly position: number;
}
