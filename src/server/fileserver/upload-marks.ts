import { LRUCache } from 'lru-cache';
import type { LibraryRecord } from '../storage/index.ts';

const MAX_MARKS = 10_000;

/**
 * How often garbage had been collected in a library when an upload with a sync token began: a commit whose blocks may have
 * been collected since is refused (409), and the client sends them again. A token that never asked whether it may
 * upload counts as one from before the first collection.
 */
export class UploadMarks {
  readonly #collections = new LRUCache<string, number>({ max: MAX_MARKS });

  begin(token: string, library: LibraryRecord): void {
    this.#collections.set(token, library.collections);
  }

  isStale(token: string, library: LibraryRecord): boolean {
    return (this.#collections.get(token) ?? 0) !== library.collections;
  }
}
