import { LRUCache } from 'lru-cache';
import { type DirectoryId, EMPTY_DIRECTORY } from '../../seafile/objects/index.ts';
import type { Trees } from './trees.ts';

/** What a tree holds. */
export interface TreeSize {
  readonly bytes: number;
  readonly files: number;
}

/** Sizes of trees by id. An id never changes meaning, so only what is new since the last time is ever added up. */
export class TreeSizes {
  readonly #known = new LRUCache<DirectoryId, TreeSize>({ max: 100_000 });

  of(trees: Trees, id: DirectoryId): TreeSize {
    if (id === EMPTY_DIRECTORY) return { bytes: 0, files: 0 };
    const known = this.#known.get(id);
    if (known) return known;
    let bytes = 0;
    let files = 0;
    for (const entry of trees.entries(id)) {
      const size = entry.kind === 'file' ? { bytes: entry.size, files: 1 } : this.of(trees, entry.id);
      bytes += size.bytes;
      files += size.files;
    }
    const total = { bytes, files };
    this.#known.set(id, total);
    return total;
  }
}
