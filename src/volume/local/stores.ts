import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { open, type RootDatabase } from 'lmdb';
import { ContentCache } from '../content/cache.ts';
import { DirectoryStore } from '../directories/directory-store.ts';
import { ObjectStore } from './object-store.ts';

/** Limits of what is kept on this machine, in bytes. */
export interface StoreLimits {
  /** Decoded directories in memory. */
  readonly directoryBytes: number;
  /** File content on disk. */
  readonly contentBytes: number;
}

const DEFAULT_LIMITS: StoreLimits = { directoryBytes: 64 * 2 ** 20, contentBytes: 10 * 2 ** 30 };

/**
 * The immutable things known on this machine: objects and file content, by id. Shared by all volumes of a process, and
 * by processes that name the same folder: an id never changes meaning.
 */
export class LocalStores {
  readonly directories: DirectoryStore;
  readonly content: ContentCache;
  readonly objects: ObjectStore;
  readonly #database: RootDatabase;

  private constructor(database: RootDatabase, folder: string, limits: StoreLimits) {
    this.#database = database;
    this.objects = new ObjectStore(database.openDB({ name: 'objects', encoding: 'binary' }));
    this.directories = new DirectoryStore(this.objects, limits.directoryBytes);
    this.content = ContentCache.open(
      join(folder, 'content'),
      database.openDB({ name: 'content', encoding: 'json' }),
      limits.contentBytes,
    );
  }

  /**
   * @param folder made if it is missing, for this user alone
   */
  static open(folder: string, limits: Partial<StoreLimits> = {}): LocalStores {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const database = open({ path: join(folder, 'objects.lmdb'), maxDbs: 4, compression: true });
    return new LocalStores(database, folder, { ...DEFAULT_LIMITS, ...limits });
  }

  async close(): Promise<void> {
    await this.content.close();
    await this.#database.close();
  }
}
