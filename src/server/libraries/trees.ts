import { deflateSync, inflateSync } from 'node:zlib';
import { LRUCache } from 'lru-cache';
import {
  type BlockId,
  type DirectoryId,
  decodeEntries,
  decodeFile,
  EMPTY_DIRECTORY,
  EMPTY_FILE,
  type EncodedObject,
  type Entry,
  emptyFile,
  encodeDirectory,
  encodeFile,
  type FileId,
  type FileObject,
} from '../../seafile/objects/index.ts';
import type { ObjectStore } from '../storage/index.ts';
import type { Path } from './paths.ts';

/** Decoded directories kept in memory, counted in entries. */
const CACHED_ENTRIES = 400_000;

/** An object that a tree refers to does not exist: the library is damaged, or a client left something out. */
export class MissingObjectError extends Error {
  override readonly name = 'MissingObjectError';
  readonly id: string;

  constructor(what: string, id: string) {
    super(`${what} ${id} is missing`);
    this.id = id;
  }
}

/** Reads and writes the directory and file objects of one store: a library and its virtual libraries share one. */
export class Trees {
  readonly #objects: ObjectStore;
  readonly #store: string;
  readonly #cache: LRUCache<string, readonly Entry[]>;

  constructor(objects: ObjectStore, store: string, cache: LRUCache<string, readonly Entry[]>) {
    this.#objects = objects;
    this.#store = store;
    this.#cache = cache;
  }

  /** @returns the entries in the order they are stored in */
  entries(id: DirectoryId): readonly Entry[] {
    if (id === EMPTY_DIRECTORY) return [];
    const key = `${this.#store}/${id}`;
    const cached = this.#cache.get(key);
    if (cached) return cached;
    const stored = this.#objects.read('fs', this.#store, id);
    if (!stored) throw new MissingObjectError('directory', id);
    const entries = decodeEntries(inflateSync(stored));
    this.#cache.set(key, entries);
    return entries;
  }

  entry(id: DirectoryId, name: string): Entry | undefined {
    return this.entries(id).find((entry) => entry.name === name);
  }

  /** @returns the entry at a path; undefined when there is none, or for the root, which has no entry */
  find(root: DirectoryId, path: Path): Entry | undefined {
    let found: Entry | undefined;
    let directory: DirectoryId | undefined = root;
    for (const name of path) {
      if (directory === undefined) return undefined;
      found = this.entry(directory, name);
      directory = found?.kind === 'directory' ? found.id : undefined;
    }
    return found;
  }

  /** @returns the id of the folder at a path, or undefined when there is no folder */
  findDirectory(root: DirectoryId, path: Path): DirectoryId | undefined {
    if (path.length === 0) return root;
    const entry = this.find(root, path);
    return entry?.kind === 'directory' ? entry.id : undefined;
  }

  /** Whether a directory object is there to be read. */
  has(id: DirectoryId): boolean {
    return id === EMPTY_DIRECTORY || this.#objects.has('fs', this.#store, id);
  }

  save(entries: Iterable<Entry>): DirectoryId {
    return this.#keep(encodeDirectory(entries));
  }

  file(id: FileId): FileObject {
    if (id === EMPTY_FILE) return emptyFile;
    const stored = this.#objects.read('fs', this.#store, id);
    if (!stored) throw new MissingObjectError('file', id);
    return decodeFile(id, inflateSync(stored));
  }

  saveFile(blockIds: readonly BlockId[], size: number): FileId {
    return this.#keep(encodeFile(blockIds, size));
  }

  #keep<Id extends string>(object: EncodedObject<Id>): Id {
    if (object.text.byteLength > 0 && !this.#objects.has('fs', this.#store, object.id)) {
      this.#objects.write('fs', this.#store, object.id, deflateSync(object.text));
    }
    return object.id;
  }
}

export function newDirectoryCache(): LRUCache<string, readonly Entry[]> {
  return new LRUCache({ maxSize: CACHED_ENTRIES, sizeCalculation: (entries) => entries.length + 1 });
}
