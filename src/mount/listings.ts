import type { DirectoryItem, VolumeNode } from '../volume/index.ts';

/** Directories whose last listing is remembered. */
const REMEMBERED = 64;

/** A directory opened by a caller, with the listing he is reading. */
export interface OpenDirectory {
  readonly node: VolumeNode;
  /** Taken when reading starts at the beginning; places in it stay valid until reading starts again. */
  listing: readonly DirectoryItem[] | null;
}

/**
 * The listings read last.
 *
 * The kernel may serve the beginning of a directory from its cache and ask for the rest through a handle that has read
 * nothing: the rest must then come from the listing that the cache was filled from.
 */
export class Listings {
  readonly #byNode = new Map<number, readonly DirectoryItem[]>();

  get(nodeId: number): readonly DirectoryItem[] | null {
    return this.#byNode.get(nodeId) ?? null;
  }

  remember(nodeId: number, listing: readonly DirectoryItem[]): void {
    this.#byNode.delete(nodeId);
    this.#byNode.set(nodeId, listing);
    if (this.#byNode.size <= REMEMBERED) return;
    const [oldest] = this.#byNode.keys();
    if (oldest !== undefined) this.#byNode.delete(oldest);
  }

  clear(): void {
    this.#byNode.clear();
  }
}
