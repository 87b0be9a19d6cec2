import { LRUCache } from 'lru-cache';
import type { Library } from '../../library/index.ts';
import {
  type Directory,
  type DirectoryId,
  decodeDirectory,
  EMPTY_DIRECTORY,
  emptyDirectory,
} from '../../seafile/index.ts';
import type { ObjectStore } from '../local/object-store.ts';
import { andThen, type MaybePromise } from '../maybe.ts';

/** Memory of a decoded entry, as measured on Node 20 with names of 20 characters. */
const ENTRY_BYTES = 260;
const DIRECTORY_BYTES = 400;

/** Decoded directory objects: an LRU in memory bounded in bytes, over this machine's disk, over the library. */
export class DirectoryStore {
  readonly #decoded: LRUCache<DirectoryId, Directory>;
  readonly #objects: ObjectStore;

  constructor(objects: ObjectStore, maxBytes: number) {
    this.#objects = objects;
    this.#decoded = new LRUCache({
      maxSize: maxBytes,
      // A directory larger than the whole cache is still kept while it is being worked on.
      maxEntrySize: Number.MAX_SAFE_INTEGER,
      sizeCalculation: (directory) => DIRECTORY_BYTES + directory.entries.size * ENTRY_BYTES,
    });
  }

  /** What is on this machine. */
  getLocal(id: DirectoryId): Directory | undefined {
    if (id === EMPTY_DIRECTORY) return emptyDirectory;
    const decoded = this.#decoded.get(id);
    if (decoded !== undefined) return decoded;
    const text = this.#objects.get(id);
    if (text === undefined) return undefined;
    const directory = decodeDirectory(id, text);
    this.#decoded.set(id, directory);
    return directory;
  }

  /** Whether a directory can be had without even the disk. */
  isInMemory(id: DirectoryId): boolean {
    return id === EMPTY_DIRECTORY || this.#decoded.has(id);
  }

  get(library: Library, id: DirectoryId): MaybePromise<Directory> {
    const local = this.getLocal(id);
    if (local !== undefined) return local;
    return andThen(this.getMany(library, [id]), (found) => {
      const directory = found.get(id);
      if (directory === undefined) throw new Error(`directory ${id} was asked for and not given`);
      return directory;
    });
  }

  /** Many at once, in one round trip for those that are not on this machine. */
  getMany(library: Library, ids: Iterable<DirectoryId>): MaybePromise<Map<DirectoryId, Directory>> {
    const found = new Map<DirectoryId, Directory>();
    const missing: DirectoryId[] = [];
    for (const id of new Set(ids)) {
      const local = this.getLocal(id);
      if (local === undefined) missing.push(id);
      else found.set(id, local);
    }
    if (missing.length === 0) return found;
    return library.readDirectories(missing).then((fetched) => {
      for (const [id, directory] of fetched) {
        this.#decoded.set(id, directory);
        found.set(id, directory);
      }
      return found;
    });
  }
}
