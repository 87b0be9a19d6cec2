import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { encodeFile, type FileId, hashBlock } from '../../seafile/index.ts';
import { ExtentSet } from './extents.ts';

/**
 * Up to this size bytes are verified by their hash when another process reads them for the first time, and need no
 * flush. Files of this size have one block, unless somebody cut them finer; those are fetched again.
 */
export const VERIFIED_BYTES = 2 ** 20;

/** A descriptor that is closed when its last user has released it: another thread may be writing to it. */
class HeldDescriptor {
  readonly fd: number;
  /** The file itself is the first one. */
  users = 1;

  constructor(fd: number) {
    this.fd = fd;
  }

  release(): void {
    this.users -= 1;
    if (this.users === 0) closeSync(this.fd);
  }
}

/** The content of one version on this disk: a sparse file, and which of its bytes are there. */
export class CachedFile {
  readonly id: FileId;
  /** Bytes of the whole content. */
  readonly size: number;
  /** Where all processes that share the store look for it. */
  readonly home: string;
  /** Where it is: at home, or where this process alone finds it. */
  path: string;
  readonly present: ExtentSet;
  /** Bytes of `present`, as counted in the cache's total. */
  countedBytes = 0;
  /** Milliseconds since 1970. */
  usedMs: number;
  /** Open files that read it: it is not evicted. */
  pins = 0;
  /** Blocks on their way into it. */
  arrivals = 0;
  /** The bytes are as an earlier process left them, perhaps unflushed: their hash is looked at before they are used. */
  isUnverified: boolean;
  /** How often the content was forgotten: what was arriving then is not whole. */
  drops = 0;
  #open: HeldDescriptor | null = null;

  constructor(id: FileId, size: number, path: string, usedMs: number, present: ExtentSet | null) {
    this.id = id;
    this.size = size;
    this.home = path;
    this.path = path;
    this.usedMs = usedMs;
    this.present = present ?? new ExtentSet();
    this.isUnverified = present !== null && size <= VERIFIED_BYTES;
  }

  /** Open while the file is among the ones used last. */
  get fd(): number | null {
    return this.#open?.fd ?? null;
  }

  /** Keeps the descriptor of an open file from being closed until it is released. */
  hold(): { readonly fd: number; readonly release: () => void } {
    const held = this.#open;
    if (held === null) throw new Error(`${this.path} is not open`);
    held.users += 1;
    return { fd: held.fd, release: () => held.release() };
  }

  /** @returns null when the file is not there, or is not the one it should be */
  open(): number | null {
    try {
      const fd = openSync(this.path, 'r+');
      if (fstatSync(fd).size === this.size) {
        this.#open = new HeldDescriptor(fd);
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
    this.#open = new HeldDescriptor(fd);
    return fd;
  }

  #openOrMake(): number {
    // Not emptied: other parts of it may be on their way.
    return openSync(this.path, constants.O_RDWR | constants.O_CREAT, 0o600);
  }

  close(): void {
    this.#open?.release();
    this.#open = null;
  }

  /** Moves the file, open or not. */
  moveTo(path: string): void {
    renameSync(this.path, path);
    this.path = path;
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
    this.path = this.home;
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
