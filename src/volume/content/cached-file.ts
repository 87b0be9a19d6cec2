import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { type BlockId, encodeFile, type FileId, hashBlock } from '../../seafile/index.ts';
import { hashOfRange } from '../threads/hash-thread.ts';
import { ExtentSet } from './extents.ts';

/** Hashing this much takes less time than asking another thread to. */
const HASHED_HERE_BYTES = 2 ** 17;

/**
 * Up to this size bytes are verified by their hash when another process reads them for the first time, and need no
 * flush. Files of this size have one block, unless somebody cut them finer; those are fetched again.
 */
export const VERIFIED_BYTES = 2 ** 20;

/** The content of one version on this disk: a sparse file, and which of its bytes are there. */
export class CachedFile {
  readonly id: FileId;
  /** Bytes of the whole content. */
  readonly size: number;
  readonly path: string;
  readonly present: ExtentSet;
  /** Bytes of `present`, as counted in the cache's total. */
  countedBytes = 0;
  /** Milliseconds since 1970. */
  usedMs: number;
  /** Open files that read it: it is not evicted. */
  pins = 0;
  /** The bytes are as an earlier process left them, perhaps unflushed: their hash is looked at before they are used. */
  isUnverified: boolean;
  /** How often the content was forgotten: what was arriving then is not whole. */
  drops = 0;
  /** Open while the file is among the ones used last. */
  fd: number | null = null;

  constructor(id: FileId, size: number, path: string, usedMs: number, present: ExtentSet | null) {
    this.id = id;
    this.size = size;
    this.path = path;
    this.usedMs = usedMs;
    this.present = present ?? new ExtentSet();
    this.isUnverified = present !== null && size <= VERIFIED_BYTES;
  }

  /** @returns null when the file is not there, or is not the one it should be */
  open(): number | null {
    try {
      const fd = openSync(this.path, 'r+');
      if (fstatSync(fd).size === this.size) {
        this.fd = fd;
        return fd;
      }
      closeSync(fd);
    } catch (error) {
      if (!isMissing(error)) throw error;
      // Another process that shares the store evicted it.
    }
    return null;
  }

  create(): number {
    let fd: number;
    try {
      fd = this.#openOrMake();
    } catch (error) {
      if (!isMissing(error)) throw error;
      mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
      fd = this.#openOrMake();
    }
    if (fstatSync(fd).size !== this.size) ftruncateSync(fd, this.size);
    this.fd = fd;
    return fd;
  }

  #openOrMake(): number {
    // Not emptied: other parts of it may be on their way.
    return openSync(this.path, constants.O_RDWR | constants.O_CREAT, 0o600);
  }

  close(): void {
    if (this.fd !== null) closeSync(this.fd);
    this.fd = null;
  }

  /** Forgets the bytes and deletes the file. */
  remove(): void {
    this.close();
    this.present.truncate(0);
    this.drops += 1;
    try {
      unlinkSync(this.path);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }

  /** Whether a part that has come is the block it should be; large parts are hashed on another thread. */
  async isBlock(fd: number, offset: number, length: number, block: BlockId): Promise<boolean> {
    if (length <= HASHED_HERE_BYTES) return hashBlock(readUpTo(fd, offset, length)) === block;
    // A descriptor of its own: this one may be closed while the other thread reads.
    const own = openSync(this.path, 'r');
    try {
      return (await hashOfRange({ fd: own, position: offset, length })) === block;
    } finally {
      closeSync(own);
    }
  }

  /** Whether all the bytes together are those of the id. */
  isSound(fd: number): boolean {
    const bytes = readUpTo(fd, 0, this.size);
    return bytes.byteLength === this.size && encodeFile([hashBlock(bytes)], this.size).id === this.id;
  }
}

/** Reads a range. @returns fewer bytes only when the file ends before */
export function readUpTo(fd: number, offset: number, length: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(length);
  let done = 0;
  while (done < length) {
    const got = readSync(fd, bytes, done, length - done, offset + done);
    if (got === 0) break;
    done += got;
  }
  return done === length ? bytes : bytes.subarray(0, done);
}

export function writeAll(fd: number, offset: number, bytes: Uint8Array): void {
  let done = 0;
  while (done < bytes.byteLength) done += writeSync(fd, bytes, done, bytes.byteLength - done, offset + done);
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
