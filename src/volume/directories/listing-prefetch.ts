import type { Library } from '../../library/index.ts';
import { type Directory, type DirectoryId, EMPTY_DIRECTORY } from '../../seafile/index.ts';
import type { DirectoryStore } from './directory-store.ts';

/** Directories that one listing may fetch ahead, over all levels below it. */
const MAX_AHEAD = 5000;
/** Directories asked for in one request. */
const MAX_AT_ONCE = 1000;

/**
 * Fetches the folders below a listed folder, a level at a time, one request a level: whoever lists a folder often goes
 * on to list those in it, and one round trip for each is what makes walking a tree over a network slow.
 */
export class ListingPrefetch {
  readonly #library: Library;
  readonly #directories: DirectoryStore;
  readonly #queued = new Set<DirectoryId>();
  #budget = 0;
  #running = false;

  constructor(library: Library, directories: DirectoryStore) {
    this.#library = library;
    this.#directories = directories;
  }

  /** A caller listed a folder. */
  listed(directory: Directory): void {
    this.#queueBelow(directory);
    if (this.#queued.size === 0) return;
    this.#budget = MAX_AHEAD;
    if (!this.#running) {
      this.#running = true;
      this.#run().catch(() => {
        // Fetching ahead is a courtesy: whoever needs a folder asks for it and gets the error.
        this.#queued.clear();
        this.#running = false;
      });
    }
  }

  #queueBelow(directory: Directory): void {
    for (const entry of directory.entries.values()) {
      if (entry.kind === 'directory' && entry.id !== EMPTY_DIRECTORY && !this.#directories.isInMemory(entry.id)) {
        this.#queued.add(entry.id);
      }
    }
  }

  async #run(): Promise<void> {
    while (this.#queued.size > 0 && this.#budget > 0) {
      const ids = [...this.#queued].slice(0, Math.min(MAX_AT_ONCE, this.#budget));
      this.#budget -= ids.length;
      for (const id of ids) this.#queued.delete(id);
      const fetched = await this.#directories.getMany(this.#library, ids);
      for (const directory of fetched.values()) this.#queueBelow(directory);
    }
    this.#queued.clear();
    this.#running = false;
  }
}
