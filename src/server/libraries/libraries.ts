import { randomUUID } from 'node:crypto';
import type { LRUCache } from 'lru-cache';
import {
  type Commit,
  type CommitId,
  type DirectoryId,
  EMPTY_DIRECTORY,
  type Entry,
  isObjectId,
  type LibraryId,
  libraryId,
} from '../../seafile/objects/index.ts';
import {
  type Database,
  type LibraryRecord,
  nextSerial,
  type ObjectStore,
  type Tables,
  type VirtualRecord,
} from '../storage/index.ts';
import { Commits } from './commits.ts';
import { copyTree } from './copying.ts';
import type { LibraryEncryption } from './encryption.ts';
import { LibraryIndex } from './library-index.ts';
import { type TreeSize, TreeSizes } from './sizes.ts';
import { newDirectoryCache, Trees } from './trees.ts';

/** Everything a part of the library layer needs. */
export interface LibraryStorage {
  readonly objects: ObjectStore;
  readonly database: Database;
  readonly tables: Tables;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** A library does not exist, or lies in the trash. */
export class NoLibraryError extends Error {
  override readonly name = 'NoLibraryError';

  constructor(id: string) {
    super(`library ${id} does not exist`);
  }
}

/** The libraries of a server: their records, heads and trees. It moves no branch: that is {@link Branches}' job. */
export class Libraries {
  readonly commits: Commits;
  readonly #storage: LibraryStorage;
  readonly #directories: LRUCache<string, readonly Entry[]> = newDirectoryCache();
  readonly #trees = new Map<LibraryId, Trees>();
  readonly #sizes = new TreeSizes();
  readonly #index: LibraryIndex;

  constructor(storage: LibraryStorage) {
    this.#storage = storage;
    this.commits = new Commits(storage.objects);
    this.#index = new LibraryIndex(storage.tables.libraries);
  }

  /** Seconds since 1970. */
  now(): number {
    return Math.floor(this.#storage.now() / 1000);
  }

  /** Whether a library has this id, be it in the trash. */
  isTaken(id: LibraryId): boolean {
    return this.#storage.tables.libraries.get(id) !== undefined;
  }

  /** @returns undefined when it does not exist or lies in the trash */
  find(id: string): LibraryRecord | undefined {
    const record = this.#storage.tables.libraries.get(id);
    return record && record.deletedAt === null ? record : undefined;
  }

  /** @throws NoLibraryError */
  get(id: string): LibraryRecord {
    const record = this.find(id);
    if (!record) throw new NoLibraryError(id);
    return record;
  }

  /** The library or virtual library whose store holds the objects. */
  storeOf(record: LibraryRecord): LibraryId {
    return record.virtual?.origin ?? record.id;
  }

  trees(record: LibraryRecord): Trees {
    const store = this.storeOf(record);
    let trees = this.#trees.get(store);
    if (!trees) {
      trees = new Trees(this.#storage.objects, store, this.#directories);
      this.#trees.set(store, trees);
    }
    return trees;
  }

  head(record: LibraryRecord): Commit {
    const commit = this.commits.read(record.id, record.head);
    if (!commit) throw new Error(`head ${record.head} of library ${record.id} is missing`);
    return commit;
  }

  size(record: LibraryRecord): TreeSize {
    return this.#sizes.of(this.trees(record), this.head(record).rootId);
  }

  /** Bytes of a file, or of all files below a folder. */
  sizeOf(record: LibraryRecord, entry: Entry): number {
    return entry.kind === 'file' ? entry.size : this.#sizes.of(this.trees(record), entry.id).bytes;
  }

  /** @returns a commit of a library's history, or undefined when there is none of this id */
  commit(record: LibraryRecord, id: string): Commit | undefined {
    return isObjectId(id) ? this.commits.read(record.id, id as CommitId) : undefined;
  }

  /** Libraries an account owns, virtual ones left out; newest change first. */
  ownedBy(account: string): LibraryRecord[] {
    return this.#index
      .ownedBy(account)
      .filter((record) => record.deletedAt === null && !record.virtual)
      .map((record) => ({ record, changed: this.head(record).ctime }))
      .sort((a, b) => b.changed - a.changed || b.record.serial - a.record.serial)
      .map(({ record }) => record);
  }

  /** Libraries in an account's trash. */
  trashOf(account: string): LibraryRecord[] {
    return this.#index.ownedBy(account).filter((record) => record.deletedAt !== null && !record.virtual);
  }

  /** Every library and virtual library that is not in the trash. */
  all(): LibraryRecord[] {
    return [...this.#storage.tables.libraries.entries()]
      .map(([, record]) => record)
      .filter((record) => record.deletedAt === null);
  }

  /** Virtual libraries that show a folder of this one. */
  virtualsOf(origin: LibraryId): LibraryRecord[] {
    return this.#index.virtualsOf(origin).filter((record) => record.deletedAt === null);
  }

  /** @param encrypted when its clients encrypt it: its id, and how */
  create(
    owner: string,
    name: string,
    description: string,
    encrypted?: { readonly id: LibraryId; readonly encryption: LibraryEncryption },
  ): Promise<LibraryRecord> {
    const firstCommit = 'Created library';
    return this.#create({ owner, name, description, firstCommit, root: EMPTY_DIRECTORY, ...encrypted });
  }

  /** A library that shows a folder of another one (seafile-api F.6). */
  createVirtual(origin: LibraryRecord, name: string, source: VirtualRecord): Promise<LibraryRecord> {
    return this.#create({
      owner: origin.owner,
      name,
      description: name,
      firstCommit: name,
      root: source.base,
      virtual: source,
    });
  }

  async #create(library: {
    owner: string;
    name: string;
    description: string;
    firstCommit: string;
    root: DirectoryId;
    virtual?: VirtualRecord;
    id?: LibraryId;
    encryption?: LibraryEncryption;
  }): Promise<LibraryRecord> {
    const draft: LibraryRecord = {
      id: library.id ?? libraryId(randomUUID()),
      name: library.name,
      description: library.description,
      owner: library.owner,
      // Replaced below: the first commit's id is not known before the library's.
      head: '' as LibraryRecord['head'],
      virtual: library.virtual ?? null,
      ...(library.encryption ? { encryption: library.encryption } : {}),
      deletedAt: null,
      historyDays: -1,
      trashCleanedAt: 0,
      collections: 0,
      serial: nextSerial(this.#storage.tables),
    };
    const commit = this.commits.add({
      library: draft,
      rootId: library.root,
      author: library.owner,
      description: library.firstCommit,
      parentId: null,
      ctime: this.now(),
    });
    const record = { ...draft, head: commit.id };
    this.#index.put(record);
    return record;
  }

  /** Copies what an entry is made of from one store to another, unless it is there. */
  copyObjects(from: LibraryId, to: LibraryId, entry: Entry): void {
    copyTree(this.#storage.objects, from, to, entry);
  }

  /** Moves a library to its owner's trash; its shares and its virtual libraries end. */
  delete(record: LibraryRecord): void {
    this.#storage.database.transaction(() => {
      for (const virtual of this.virtualsOf(record.id)) this.deleteForGood(virtual);
      this.#removeShares(record.id);
      this.update(record.id, { deletedAt: this.now() });
    });
  }

  restore(id: string): LibraryRecord | undefined {
    const record = this.#storage.tables.libraries.get(id);
    if (!record || record.deletedAt === null) return undefined;
    this.#index.put({ ...record, deletedAt: null });
    return this.find(id);
  }

  /** Forgets a library; its objects stay until they are collected. */
  deleteForGood(record: LibraryRecord): void {
    this.#storage.database.transaction(() => {
      this.#removeShares(record.id);
      this.#index.delete(record);
    });
  }

  #removeShares(id: LibraryId): void {
    for (const [key] of this.#storage.tables.shares.entries(`${id}/`)) this.#storage.tables.shares.delete(key);
  }

  /** Garbage is being collected: what uploads under way rely on may go (seafile-api A). */
  countCollection(library: LibraryRecord): void {
    this.update(library.id, { collections: library.collections + 1 });
  }

  /** Changes a record in one step. */
  update(id: LibraryId, changes: Partial<LibraryRecord>): LibraryRecord {
    return this.#storage.database.transaction(() => {
      const record = this.#storage.tables.libraries.get(id);
      if (!record) throw new NoLibraryError(id);
      const changed = { ...record, ...changes };
      this.#index.put(changed);
      return changed;
    });
  }
}
