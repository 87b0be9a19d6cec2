import {
  closeSync,
  constants,
  fdatasync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Database } from 'lmdb';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import type { BlockReceiver } from '../../library/index.ts';
import { type BlockId, encodeFile, type FileId, hashBlock } from '../../seafile/index.ts';
import { hashOfRange } from '../threads/hash-thread.ts';
import { ExtentSet } from './extents.ts';
import type { LocalRange } from './source.ts';

const flush = promisify(fdatasync);

const MAX_OPEN_FILES = 512;
/** Hashing this much takes less time than asking another thread to. */
const HASHED_HERE_BYTES = 2 ** 17;
const TOUCH_MS = 1000;
/** How long freshly fetched bytes wait before they are flushed and the index tells of them. */
const SETTLE_MS = 2000;

const recordOnDisk = z.object({
  size: z.number().int().nonnegative(),
  /** Offset and length by turns. */
  present: z.array(z.number().int().nonnegative()),
  usedMs: z.number(),
});
type RecordOnDisk = z.infer<typeof recordOnDisk>;

interface Kept {
  readonly id: FileId;
  readonly size: number;
  readonly present: ExtentSet;
  presentBytes: number;
  usedMs: number;
  /** Open files that read it: not evicted. */
  pins: number;
  /** The bytes are as an earlier process left them, perhaps unflushed: their hash is looked at before they are used. */
  isUnverified: boolean;
  /** How often the content was forgotten: what was arriving then is not whole. */
  drops: number;
  /** Open while the file is among the ones used last. */
  fd: number | null;
}

function closeDescriptor(kept: Kept): void {
  if (kept.fd !== null) closeSync(kept.fd);
  kept.fd = null;
}

/**
 * Up to this size bytes are verified by their hash when another process reads them for the first time, and need no
 * flush. Files of this size have one block, unless somebody cut them finer; those are fetched again.
 */
const VERIFIED_BYTES = 2 ** 20;

/** Content on its way into the cache. */
export interface Arrival extends BlockReceiver {
  /**
   * All has come: looks whether it is what the id says, and if so lets readers have it.
   *
   * @returns false when it is something else
   */
  verify(block: BlockId, length: number): Promise<boolean>;
  /** No more is coming. */
  end(): void;
}

/**
 * File content on this machine's disk: one sparse file per file id, and which of its bytes are there.
 *
 * Bounded in bytes; the least recently used content that no open file reads goes first. The index on disk is written
 * only after the bytes it tells of were flushed, so a crash or a power cut costs fetching again and nothing else.
 */
export class ContentCache {
  readonly #folder: string;
  readonly #index: Database<RecordOnDisk, string>;
  readonly #maxBytes: number;
  /** In order of use, least recent first. */
  readonly #kept = new Map<FileId, Kept>();
  readonly #descriptors: LRUCache<FileId, Kept>;
  readonly #unsettled = new Set<Kept>();
  #settling: NodeJS.Timeout | undefined;
  #totalBytes = 0;

  private constructor(folder: string, index: Database<RecordOnDisk, string>, maxBytes: number) {
    this.#folder = folder;
    this.#index = index;
    this.#maxBytes = maxBytes;
    this.#descriptors = new LRUCache({ max: MAX_OPEN_FILES, dispose: closeDescriptor });
  }

  static open(folder: string, index: Database<RecordOnDisk, string>, maxBytes: number): ContentCache {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const cache = new ContentCache(folder, index, maxBytes);
    const records: Kept[] = [];
    for (const { key, value } of index.getRange()) {
      const record = recordOnDisk.safeParse(value);
      if (!record.success) continue;
      const present = new ExtentSet();
      for (let i = 0; i + 1 < record.data.present.length; i += 2) {
        present.add(record.data.present[i] ?? 0, record.data.present[i + 1] ?? 0);
      }
      records.push({
        id: key as FileId,
        size: record.data.size,
        present,
        presentBytes: present.size,
        usedMs: record.data.usedMs,
        pins: 0,
        isUnverified: record.data.size <= VERIFIED_BYTES,
        fd: null,
        drops: 0,
      });
    }
    records.sort((a, b) => a.usedMs - b.usedMs);
    for (const kept of records) {
      cache.#kept.set(kept.id, kept);
      cache.#totalBytes += kept.presentBytes;
    }
    return cache;
  }

  /** Bytes of content on disk. */
  get totalBytes(): number {
    return this.#totalBytes;
  }

  /** Keeps the content of a file that is open from being evicted. @returns lets it go */
  pin(id: FileId, size: number): () => void {
    const kept = this.#use(id, size);
    kept.pins += 1;
    let pinned = true;
    return () => {
      if (pinned) kept.pins -= 1;
      pinned = false;
    };
  }

  has(id: FileId, size: number, offset: number, length: number): boolean {
    return this.#kept.get(id)?.present.covers(offset, Math.min(length, size - offset)) ?? false;
  }

  /** Where a range is on this disk; null when not all of it is. */
  locate(id: FileId, size: number, offset: number, length: number): LocalRange | null {
    const kept = this.#kept.get(id);
    if (kept === undefined || !kept.present.covers(offset, Math.min(length, size - offset))) return null;
    const fd = kept.fd ?? this.#descriptor(kept);
    if (fd === null || (kept.isUnverified && !this.#verify(kept, fd))) return null;
    this.#touch(kept);
    return { fd, position: offset };
  }

  /** @returns the bytes, or null when not all of them are on this disk */
  read(id: FileId, size: number, offset: number, length: number): Uint8Array | null {
    const place = this.locate(id, size, offset, length);
    if (place === null) return null;
    const bytes = Buffer.allocUnsafe(length);
    let done = 0;
    while (done < length) {
      const got = readSync(place.fd, bytes, done, length - done, offset + done);
      if (got === 0) {
        // Somebody cut the file: what the index says of it is worth nothing.
        this.drop(id);
        return null;
      }
      done += got;
    }
    return bytes;
  }

  /** The pieces of a range that are not on this disk. */
  *missing(id: FileId, size: number, offset: number, length: number): Generator<{ offset: number; length: number }> {
    const kept = this.#kept.get(id);
    const wanted = Math.min(length, size - offset);
    if (kept === undefined) {
      if (wanted > 0) yield { offset, length: wanted };
      return;
    }
    for (const piece of kept.present.pieces(offset, wanted)) if (!piece.inside) yield piece;
  }

  /** Keeps bytes of a file's content. @throws the disk's error (ENOSPC) */
  write(id: FileId, size: number, offset: number, bytes: Uint8Array): void {
    const kept = this.#use(id, size);
    const fd = this.#descriptor(kept) ?? this.#create(kept);
    let done = 0;
    while (done < bytes.byteLength) {
      done += writeSync(fd, bytes, done, bytes.byteLength - done, offset + done);
    }
    kept.present.add(offset, bytes.byteLength);
    this.#account(kept);
    this.#settleSoon(kept);
  }

  /**
   * Room for a part of a file's content that is on its way: bytes are put there as they come, and count when they are
   * known to be right.
   */
  receive(id: FileId, size: number, offset: number): Arrival {
    const unpin = this.pin(id, size);
    const kept = this.#use(id, size);
    let received = 0;
    let { drops } = kept;
    return {
      begin() {
        received = 0;
        drops = kept.drops;
      },
      take: (piece) => {
        const fd = this.#descriptor(kept) ?? this.#create(kept);
        let done = 0;
        while (done < piece.byteLength) {
          done += writeSync(fd, piece, done, piece.byteLength - done, offset + received + done);
        }
        received += piece.byteLength;
      },
      verify: async (block, length) => {
        const fd = this.#descriptor(kept);
        const isWhole = fd !== null && received === length && (await this.#hash(fd, offset, length)) === block;
        // Forgotten meanwhile: a reader that still wants it asks again.
        if (drops !== kept.drops) return true;
        if (!isWhole) return false;
        kept.present.add(offset, received);
        this.#account(kept);
        this.#settleSoon(kept);
        return true;
      },
      end: unpin,
    };
  }

  /** Takes over a local file that holds a version's whole content; on the same disk, so nothing is copied. */
  adopt(id: FileId, size: number, path: string): void {
    this.drop(id);
    const kept = this.#use(id, size);
    mkdirSync(join(this.#folder, id.slice(0, 2)), { recursive: true, mode: 0o700 });
    renameSync(path, this.#path(id));
    kept.present.add(0, size);
    this.#account(kept);
    this.#settleSoon(kept);
  }

  /** Forgets a version's content. */
  drop(id: FileId): void {
    const kept = this.#kept.get(id);
    if (kept === undefined) return;
    this.#totalBytes -= kept.presentBytes;
    kept.presentBytes = 0;
    kept.present.truncate(0);
    kept.drops += 1;
    this.#descriptors.delete(id);
    if (kept.pins === 0) this.#kept.delete(id);
    this.#unsettled.delete(kept);
    this.#index.remove(id).catch(ignoreLostIndex);
    try {
      unlinkSync(this.#path(id));
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }

  async close(): Promise<void> {
    clearTimeout(this.#settling);
    await this.#settle();
    this.#descriptors.clear();
  }

  #path(id: FileId): string {
    return join(this.#folder, id.slice(0, 2), id.slice(2));
  }

  #use(id: FileId, size: number): Kept {
    const known = this.#kept.get(id);
    if (known !== undefined) {
      this.#touch(known);
      return known;
    }
    const kept: Kept = {
      id,
      size,
      present: new ExtentSet(),
      presentBytes: 0,
      usedMs: Date.now(),
      pins: 0,
      isUnverified: false,
      fd: null,
      drops: 0,
    };
    this.#kept.set(id, kept);
    return kept;
  }

  #touch(kept: Kept): void {
    const now = Date.now();
    // Which of two was used last within a moment matters to nobody, and reads are many.
    if (now - kept.usedMs < TOUCH_MS) return;
    kept.usedMs = now;
    if (kept.fd !== null) this.#descriptors.get(kept.id);
    this.#kept.delete(kept.id);
    this.#kept.set(kept.id, kept);
  }

  #descriptor(kept: Kept): number | null {
    if (kept.fd !== null) return kept.fd;
    if (kept.presentBytes === 0 && kept.size > 0) return null;
    try {
      const fd = openSync(this.#path(kept.id), 'r+');
      if (fstatSync(fd).size !== kept.size) {
        closeSync(fd);
        this.drop(kept.id);
        return null;
      }
      kept.fd = fd;
      this.#descriptors.set(kept.id, kept);
      return fd;
    } catch (error) {
      if (!isMissing(error)) throw error;
      // Another process that shares the store evicted it.
      this.drop(kept.id);
      return null;
    }
  }

  #create(kept: Kept): number {
    mkdirSync(join(this.#folder, kept.id.slice(0, 2)), { recursive: true, mode: 0o700 });
    // Not emptied: other parts of it may be on their way.
    const fd = openSync(this.#path(kept.id), constants.O_RDWR | constants.O_CREAT, 0o600);
    if (fstatSync(fd).size !== kept.size) ftruncateSync(fd, kept.size);
    kept.fd = fd;
    this.#descriptors.set(kept.id, kept);
    return fd;
  }

  #account(kept: Kept): void {
    const bytes = kept.present.size;
    this.#totalBytes += bytes - kept.presentBytes;
    kept.presentBytes = bytes;
    if (this.#totalBytes > this.#maxBytes) this.#evict(kept);
  }

  #evict(keep: Kept): void {
    for (const kept of this.#kept.values()) {
      if (this.#totalBytes <= this.#maxBytes) return;
      if (kept.pins === 0 && kept !== keep) this.drop(kept.id);
    }
  }

  #settleSoon(kept: Kept): void {
    this.#unsettled.add(kept);
    this.#settling ??= setTimeout(() => {
      this.#settling = undefined;
      this.#settle().catch(ignoreLostIndex);
    }, SETTLE_MS).unref();
  }

  async #settle(): Promise<void> {
    const settling = [...this.#unsettled];
    this.#unsettled.clear();
    const puts: Promise<unknown>[] = [];
    for (const kept of settling) {
      // Only what was there before the flush may be told of.
      const present = [...kept.present].flatMap(({ offset, length }) => [offset, length]);
      if (kept.size > VERIFIED_BYTES && !(await this.#flush(kept))) continue;
      puts.push(this.#index.put(kept.id, { size: kept.size, present, usedMs: kept.usedMs }));
    }
    await Promise.all(puts);
  }

  /** @returns false when the file is gone */
  async #flush(kept: Kept): Promise<boolean> {
    let fd: number;
    try {
      fd = openSync(this.#path(kept.id), 'r+');
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
    try {
      await flush(fd);
      return true;
    } finally {
      closeSync(fd);
    }
  }

  /** SHA-1 of a part of a file whose descriptor may be closed by the LRU while another thread reads: it gets its own. */
  async #hash(fd: number, position: number, length: number): Promise<string> {
    if (length <= HASHED_HERE_BYTES) {
      const bytes = Buffer.allocUnsafe(length);
      return hashBlock(bytes.subarray(0, readSync(fd, bytes, 0, length, position)));
    }
    const own = openSync(`/dev/fd/${fd}`, 'r');
    try {
      return await hashOfRange({ fd: own, position, length });
    } finally {
      closeSync(own);
    }
  }

  /** Whether the bytes are those of the id. What is not, is forgotten. */
  #verify(kept: Kept, fd: number): boolean {
    const bytes = Buffer.allocUnsafe(kept.size);
    const got = kept.size === 0 ? 0 : readSync(fd, bytes, 0, kept.size, 0);
    const isSound = got === kept.size && encodeFile([hashBlock(bytes)], kept.size).id === kept.id;
    if (isSound) kept.isUnverified = false;
    else this.drop(kept.id);
    return isSound;
  }
}

function ignoreLostIndex(): void {
  // The index only saves fetching again; a disk that cannot take it is reported where content is written.
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
