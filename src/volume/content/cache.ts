import { copyFileSync, linkSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Database } from 'lmdb';
import { LRUCache } from 'lru-cache';
import type { BlockReceiver } from '../../library/index.ts';
import type { BlockId, FileId } from '../../seafile/index.ts';
import { copyFile } from '../threads/copy-thread.ts';
import { Arrival } from './arrival.ts';
import { CacheIndex, type CacheRecord } from './cache-index.ts';
import { CachedFile, readUpTo, writeAll } from './cached-file.ts';
import type { ExtentSet } from './extents.ts';
import type { LocalRange } from './source.ts';

const MAX_OPEN_FILES = 512;
/** Which of two was used last within a moment matters to nobody, and reads are many. */
const TOUCH_MS = 1000;

/** A block on its way into the cache. */
export interface CacheArrival extends BlockReceiver {
  /**
   * All has come: looks whether it is what the id says, and if so lets readers have it.
   *
   * @returns false when it is something else
   * @throws the disk's error (ENOSPC)
   */
  store(block: BlockId): Promise<boolean>;
  /** No more is coming. */
  end(): void;
}

/**
 * File content on this machine's disk: one sparse file per file id, and which of its bytes are there.
 *
 * Bounded in bytes; the least recently used content that no open file reads goes first.
 */
export class ContentCache {
  readonly #folder: string;
  readonly #index: CacheIndex;
  readonly #maxBytes: number;
  /** In order of use, least recent first. */
  readonly #files = new Map<FileId, CachedFile>();
  readonly #open: LRUCache<FileId, CachedFile>;
  #totalBytes = 0;

  private constructor(folder: string, index: CacheIndex, maxBytes: number) {
    this.#folder = folder;
    this.#index = index;
    this.#maxBytes = maxBytes;
    this.#open = new LRUCache({ max: MAX_OPEN_FILES, dispose: (file) => file.close() });
  }

  static open(folder: string, records: Database<CacheRecord, string>, maxBytes: number): ContentCache {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const index = new CacheIndex(records);
    const cache = new ContentCache(folder, index, maxBytes);
    for (const { id, size, present, usedMs } of index.read()) cache.#add(id, size, usedMs, present);
    return cache;
  }

  /** Bytes of content on disk. */
  get totalBytes(): number {
    return this.#totalBytes;
  }

  /** Keeps the content of a file that is open from being evicted. @returns lets it go */
  pin(id: FileId, size: number): () => void {
    const file = this.#use(id, size);
    file.pins += 1;
    let pinned = true;
    return () => {
      if (pinned) file.pins -= 1;
      pinned = false;
    };
  }

  has(id: FileId, size: number, offset: number, length: number): boolean {
    return this.#files.get(id)?.present.covers(offset, Math.min(length, size - offset)) ?? false;
  }

  /** Where a range is on this disk; null when not all of it is. */
  locate(id: FileId, size: number, offset: number, length: number): LocalRange | null {
    const file = this.#files.get(id);
    if (file === undefined || !file.present.covers(offset, Math.min(length, size - offset))) return null;
    const fd = this.#descriptor(file);
    if (fd === null || (file.isUnverified && !this.#verify(file, fd))) return null;
    this.#touch(file);
    return { fd, position: offset };
  }

  /** @returns the bytes, or null when not all of them are on this disk */
  read(id: FileId, size: number, offset: number, length: number): Uint8Array | null {
    const place = this.locate(id, size, offset, length);
    if (place === null) return null;
    const bytes = readUpTo(place.fd, offset, length);
    if (bytes.byteLength === length) return bytes;
    // Somebody cut the file: what the index says of it is worth nothing.
    this.drop(id);
    return null;
  }

  /** Keeps bytes of a file's content. @throws the disk's error (ENOSPC) */
  write(id: FileId, size: number, offset: number, bytes: Uint8Array): void {
    const file = this.#use(id, size);
    writeAll(this.#descriptor(file) ?? this.#create(file), offset, bytes);
    this.#arrived(file, offset, bytes.byteLength);
  }

  /**
   * Room for a block that is on its way: it counts, and is let in, when it is known to be right.
   *
   * @param offset of the block in the file
   * @param length bytes of the block
   */
  receive(id: FileId, size: number, offset: number, length: number): CacheArrival {
    const unpin = this.pin(id, size);
    const file = this.#use(id, size);
    const hold = (): ReturnType<CachedFile['hold']> => {
      if (file.fd === null) this.#create(file);
      return file.hold();
    };
    file.arrivals += 1;
    const arrival = new Arrival({ hold, position: offset }, length);
    return {
      begin: () => arrival.begin(),
      take: (piece) => arrival.take(piece),
      store: async (block) => {
        const { drops } = file;
        const isRight = await arrival.store(block);
        // Forgotten meanwhile: a reader that still wants it asks again.
        if (isRight && drops === file.drops) this.#arrived(file, offset, length);
        return isRight;
      },
      end: () => {
        arrival.end();
        file.arrivals -= 1;
        unpin();
      },
    };
  }

  /**
   * Takes up a local file that holds a version's whole content and changes no more. It stays where it is too: on the same
   * disk nothing is copied.
   */
  adopt(id: FileId, size: number, path: string): void {
    // A file that is there may be lent to others.
    if (this.locate(id, size, 0, size) !== null) return;
    this.drop(id);
    const file = this.#use(id, size);
    mkdirSync(dirname(file.path), { recursive: true, mode: 0o700 });
    rmSync(file.path, { force: true });
    try {
      linkSync(path, file.path);
    } catch {
      // A filesystem without hard links.
      copyFileSync(path, file.path);
    }
    this.#arrived(file, 0, size);
  }

  /**
   * Takes a version's whole content out of the folder that other processes use too, so that nobody else comes to have it
   * open. It stays in the cache.
   *
   * @param path    where only this process looks, on the same filesystem
   * @param isSole  whether nobody but the one with this descriptor has the file open
   * @returns where it is; null when not all of it is on this disk, or others have it
   */
  isolate(id: FileId, size: number, path: string, isSole: (fd: number) => boolean): string | null {
    const place = this.locate(id, size, 0, size);
    const file = this.#files.get(id);
    // What is out already is lent for another node with this content, which may be written to.
    if (place === null || file === undefined || file.path !== file.home) return null;
    // A block that comes a second time would be put over what is written to the file once it is another's.
    if (file.arrivals > 0) return null;
    file.moveTo(path);
    if (isSole(place.fd)) return path;
    file.moveTo(file.home);
    return null;
  }

  /** Where a version's whole content is on this disk, for reading alone; null when it is isolated. */
  pathOf(id: FileId, size: number): string | null {
    const file = this.#files.get(id);
    if (this.locate(id, size, 0, size) === null || file === undefined || file.path !== file.home) return null;
    return file.path;
  }

  /** Puts what was isolated back where all find it. */
  bringHome(id: FileId): void {
    const file = this.#files.get(id);
    if (file !== undefined && file.path !== file.home) file.moveTo(file.home);
  }

  /** Takes up what an earlier process had isolated. */
  takeHome(id: FileId, path: string): void {
    const file = this.#files.get(id);
    if (file === undefined) rmSync(path);
    else {
      mkdirSync(dirname(file.home), { recursive: true, mode: 0o700 });
      renameSync(path, file.home);
    }
  }

  /**
   * Parts with an isolated file: the cache keeps a copy, or nothing when there is no room for one. Who has the file open
   * may write to it when this is done.
   */
  async part(id: FileId): Promise<void> {
    const file = this.#files.get(id);
    if (file === undefined || file.path === file.home) return;
    const { path, drops } = file;
    const copy = `${path}.copy`;
    try {
      await copyFile(path, copy);
    } catch {
      // Who needs it fetches it again.
      rmSync(copy, { force: true });
      this.drop(id);
      return;
    }
    if (file.drops !== drops) {
      rmSync(copy);
      return;
    }
    this.#open.delete(id);
    renameSync(copy, file.home);
    file.path = file.home;
    rmSync(path);
  }

  /** Forgets a version's content. */
  drop(id: FileId): void {
    const file = this.#files.get(id);
    if (file === undefined) return;
    this.#totalBytes -= file.countedBytes;
    file.countedBytes = 0;
    this.#open.delete(id);
    file.remove();
    this.#index.remove(file);
    if (file.pins === 0) this.#files.delete(id);
  }

  async close(): Promise<void> {
    await this.#index.close();
    this.#open.clear();
  }

  #add(id: FileId, size: number, usedMs: number, present: ExtentSet | null): CachedFile {
    const file = new CachedFile(id, size, join(this.#folder, id.slice(0, 2), id.slice(2)), usedMs, present);
    file.countedBytes = file.present.size;
    this.#totalBytes += file.countedBytes;
    this.#files.set(id, file);
    return file;
  }

  #use(id: FileId, size: number): CachedFile {
    const known = this.#files.get(id);
    if (known === undefined) return this.#add(id, size, Date.now(), null);
    this.#touch(known);
    return known;
  }

  #touch(file: CachedFile): void {
    const now = Date.now();
    if (now - file.usedMs < TOUCH_MS) return;
    file.usedMs = now;
    if (file.fd !== null) this.#open.get(file.id);
    this.#files.delete(file.id);
    this.#files.set(file.id, file);
  }

  /** @returns null when there is no file yet, or none any more */
  #descriptor(file: CachedFile): number | null {
    if (file.fd !== null) return file.fd;
    if (file.present.isEmpty && file.size > 0) return null;
    const fd = file.open();
    if (fd === null) this.drop(file.id);
    else this.#open.set(file.id, file);
    return fd;
  }

  #create(file: CachedFile): number {
    const fd = file.create();
    this.#open.set(file.id, file);
    return fd;
  }

  /** Whether the bytes an earlier process left are those of the id. What is not, is forgotten. */
  #verify(file: CachedFile, fd: number): boolean {
    file.isUnverified = !file.isSound(fd);
    if (file.isUnverified) this.drop(file.id);
    return !file.isUnverified;
  }

  #arrived(file: CachedFile, offset: number, length: number): void {
    if (file.present.isEmpty) file.isUnverified = false;
    file.present.add(offset, length);
    const bytes = file.present.size;
    this.#totalBytes += bytes - file.countedBytes;
    file.countedBytes = bytes;
    this.#index.changed(file);
    if (this.#totalBytes > this.#maxBytes) this.#evict(file);
  }

  #evict(keep: CachedFile): void {
    for (const file of this.#files.values()) {
      if (this.#totalBytes <= this.#maxBytes) return;
      if (file.pins === 0 && file !== keep) this.drop(file.id);
    }
  }
}
