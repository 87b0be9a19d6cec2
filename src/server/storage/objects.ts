import { randomBytes } from 'node:crypto';
import { fsync as fsyncCallback } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { BlockWriter } from './block-writer.ts';
import type { StorageFiles, StorageFs } from './files.ts';

/** The three stores of a library (seafile-api F). */
export type ObjectKind = 'commits' | 'fs' | 'blocks';

const fsync = promisify(fsyncCallback);

/** Files flushed in parallel: as many as the thread pool has threads. */
const FLUSHES_AT_ONCE = 4;
/** Files that stay open until they are flushed, at most: opening one again costs as much as flushing it. */
const MAX_KEPT_OPEN = 64;

/**
 * Seafile's own layout on disk: `storage/<kind>/<library>/<first 2 digits>/<other 38>`.
 *
 * Every object is written to a temporary file beside it and renamed, so that a name always means a whole object: a
 * process that is killed leaves temporary files at worst. Flushing is explicit: objects written since the last
 * {@link sync} survive the process at once and a power cut after `sync`, which runs before a branch moves.
 *
 * Directory, file and commit objects are small and read and written synchronously: that costs less than a trip through
 * the thread pool, and keeps a commit in one turn of the event loop. Blocks are streamed.
 */
export class ObjectStore {
  readonly #files: StorageFiles;
  readonly #root: string;
  readonly #fsync: boolean;
  readonly #foldersMade = new Set<string>();
  /** Paths of objects to flush, with their descriptors where these are still open. */
  #unsynced = new Map<string, number | null>();
  #keptOpen = 0;
  #flushing: Promise<void> | undefined;

  constructor(files: StorageFiles, root: string, options: { fsync: boolean }) {
    this.#files = files;
    this.#root = root;
    this.#fsync = options.fsync && !files.inMemory;
    files.fs.mkdirSync(join(root, 'tmp'), { recursive: true });
    for (const left of files.fs.readdirSync(join(root, 'tmp'))) files.fs.unlinkSync(join(root, 'tmp', String(left)));
  }

  get fs(): StorageFs {
    return this.#files.fs;
  }

  get inMemory(): boolean {
    return this.#files.inMemory;
  }

  path(kind: ObjectKind, library: string, id: string): string {
    return join(this.#root, 'storage', kind, library, id.slice(0, 2), id.slice(2));
  }

  has(kind: ObjectKind, library: string, id: string): boolean {
    return this.fs.existsSync(this.path(kind, library, id));
  }

  /** @returns bytes, or undefined when the object does not exist */
  size(kind: ObjectKind, library: string, id: string): number | undefined {
    return this.fs.statSync(this.path(kind, library, id), { throwIfNoEntry: false })?.size;
  }

  /** @returns the object as stored, or undefined when it does not exist */
  read(kind: ObjectKind, library: string, id: string): Buffer | undefined {
    try {
      return this.fs.readFileSync(this.path(kind, library, id));
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** Stores an object unless it exists: what has an id never changes. */
  write(kind: ObjectKind, library: string, id: string, bytes: Uint8Array): void {
    if (!this.has(kind, library, id)) this.#place(kind, library, id, bytes);
  }

  /** Stores an object in place of an older one: a commit whose id collides within a second (seafile-api F.5). */
  replace(kind: ObjectKind, library: string, id: string, bytes: Uint8Array): void {
    this.#place(kind, library, id, bytes);
  }

  #place(kind: ObjectKind, library: string, id: string, bytes: Uint8Array): void {
    const temporary = this.temporaryPath();
    const fd = this.fs.openSync(temporary, 'wx', 0o600);
    let isKept = false;
    try {
      let offset = 0;
      while (offset < bytes.byteLength) offset += this.fs.writeSync(fd, bytes, offset, bytes.byteLength - offset);
      this.adopt(temporary, kind, library, id);
      isKept = this.#keepOpen(this.path(kind, library, id), fd);
    } finally {
      if (!isKept) this.fs.closeSync(fd);
    }
  }

  #keepOpen(path: string, fd: number): boolean {
    if (!this.#fsync || this.#keptOpen >= MAX_KEPT_OPEN) return false;
    this.#keptOpen += 1;
    this.#unsynced.set(path, fd);
    return true;
  }

  temporaryPath(): string {
    return join(this.#root, 'tmp', randomBytes(12).toString('hex'));
  }

  /** Gives a finished temporary file its name. */
  adopt(temporary: string, kind: ObjectKind, library: string, id: string): void {
    const path = this.path(kind, library, id);
    this.#makeFolder(join(this.#root, 'storage', kind, library, id.slice(0, 2)));
    this.fs.renameSync(temporary, path);
    if (!this.#fsync) return;
    const before = this.#unsynced.get(path) ?? null;
    if (before !== null) this.#close(before);
    this.#unsynced.set(path, null);
  }

  #makeFolder(folder: string): void {
    if (this.#foldersMade.has(folder)) return;
    this.fs.mkdirSync(folder, { recursive: true });
    this.#foldersMade.add(folder);
  }

  /** Begins a block whose bytes arrive in pieces; its id is told at the end. */
  writeBlock(library: string): BlockWriter {
    return new BlockWriter(this, library);
  }

  /**
   * Makes what was written so far survive a power cut, when the store was opened with `fsync`.
   * @returns undefined when there is nothing to wait for
   */
  sync(): Promise<void> | undefined {
    if (this.#unsynced.size > 0) {
      const paths = this.#unsynced;
      this.#unsynced = new Map();
      // What somebody else is flushing may be part of what the caller relies on: it is waited for, too.
      const flushing = Promise.all([this.#flushing, this.#flush(paths)]).then(() => undefined);
      this.#flushing = flushing;
      flushing.then(
        () => this.#flushed(flushing),
        // Reported to whoever waits for it.
        () => this.#flushed(flushing),
      );
    }
    return this.#flushing;
  }

  #flushed(flushing: Promise<void>): void {
    if (this.#flushing === flushing) this.#flushing = undefined;
  }

  async #flush(paths: ReadonlyMap<string, number | null>): Promise<void> {
    await this.#flushAll([...paths], ([path, fd]) => (fd === null ? this.#flushPath(path) : this.#flushOpen(fd)));
    await this.#flushAll([...new Set([...paths.keys()].map(dirname))], (folder) => this.#flushPath(folder));
  }

  async #flushAll<Item>(items: Item[], flush: (item: Item) => Promise<void>): Promise<void> {
    const worker = async (): Promise<void> => {
      for (let item = items.pop(); item !== undefined; item = items.pop()) await flush(item);
    };
    await Promise.all(Array.from({ length: FLUSHES_AT_ONCE }, worker));
  }

  async #flushOpen(fd: number): Promise<void> {
    try {
      await fsync(fd);
    } finally {
      this.#close(fd);
    }
  }

  #close(fd: number): void {
    this.#keptOpen -= 1;
    this.fs.closeSync(fd);
  }

  async #flushPath(path: string): Promise<void> {
    const handle = await this.fs.promises.open(path, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  /** Libraries that have objects of a kind. */
  stores(kind: ObjectKind): string[] {
    const folder = join(this.#root, 'storage', kind);
    return this.fs.existsSync(folder) ? this.fs.readdirSync(folder).map(String) : [];
  }

  /** Bytes and age of an object that exists. */
  stat(kind: ObjectKind, library: string, id: string): { size: number; mtimeMs: number } {
    const { size, mtimeMs } = this.fs.statSync(this.path(kind, library, id));
    return { size, mtimeMs };
  }

  /** Every id of one kind in a library's store. */
  *ids(kind: ObjectKind, library: string): Generator<string> {
    const folder = join(this.#root, 'storage', kind, library);
    if (!this.fs.existsSync(folder)) return;
    for (const prefix of this.fs.readdirSync(folder)) {
      for (const rest of this.fs.readdirSync(join(folder, String(prefix)))) yield `${prefix}${rest}`;
    }
  }

  remove(kind: ObjectKind, library: string, id: string): void {
    this.fs.rmSync(this.path(kind, library, id), { force: true });
  }
}

/** Whether an error of `node:fs` means that there is no such file. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}
