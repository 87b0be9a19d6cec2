import { LRUCache } from 'lru-cache';
import type { DirectoryId, FileEntry, FileId } from '../../seafile/index.ts';
import type { DirectoryStore } from '../directories/directory-store.ts';
import type { DirectoryNode, FileNode } from '../nodes/node.ts';
import type { ContentCache } from './cache.ts';
import type { Version } from './version.ts';

/** Larger files are read ahead when they are read, each for itself. */
const SMALL_BYTES = 256 * 2 ** 10;
/** So many files opened one after the other are a reader that goes on. */
const RUN = 3;
/** The next file of a reader that goes on is at most so many names further: others were filtered out. */
const MAX_GAP = 8;
/** Files ahead of the reader: at first, and at most. */
const FIRST_WINDOW = 32;
const LAST_WINDOW = 512;
/** Bytes of files that are waiting to be fetched or on their way, at most. */
const MAX_AHEAD_BYTES = 16 * 2 ** 20;
/** Fetched at a time; some connections are left to those who wait for something now. */
const MAX_AT_ONCE = 12;
const MAX_FOLLOWED = 64;

/** What is asked of the parts of a volume. */
export interface SiblingSources {
  readonly directories: Pick<DirectoryStore, 'getLocal'>;
  readonly contents: { version(id: FileId, size: number, node: null): AheadContent };
  readonly cache: Pick<ContentCache, 'has'>;
}

type AheadContent = Pick<Version, 'size' | 'locateBlocks' | 'fetchAll'>;
type OpenedFile = Pick<FileNode, 'parent' | 'entry' | 'staged' | 'size'>;

/** A reader's way through a directory. */
interface Walk {
  readonly baseId: DirectoryId;
  readonly files: readonly FileEntry[];
  readonly places: ReadonlyMap<string, number>;
  /** Where the file opened last stands. */
  at: number;
  /** 1: in the order of the directory; -1: against it; 0: not known yet. */
  direction: number;
  /** Files opened one after the other. */
  run: number;
  /** How far it was read ahead. */
  ahead: number;
  window: number;
}

/**
 * Reads ahead among siblings: when small files of a folder are opened one after the other, those that come next are
 * fetched together, before they are asked for. One round trip for each is what makes `grep -r` over a network slow.
 */
export class SiblingReadAhead {
  readonly #at: SiblingSources;
  readonly #walks = new LRUCache<DirectoryNode, Walk>({ max: MAX_FOLLOWED });
  readonly #waiting: AheadContent[] = [];
  #aheadBytes = 0;
  #running = 0;
  /** How the last reader who went on did: the next folder is likely to be read in the same way. */
  #lastDirection = 0;

  constructor(at: SiblingSources) {
    this.#at = at;
  }

  /** A file was opened for reading. */
  opened(node: OpenedFile): void {
    const directory = node.parent;
    if (directory === null || node.entry === null || node.staged !== null || node.size > SMALL_BYTES) return;
    const walk = this.#walks.get(directory);
    if (walk?.baseId === directory.baseId) this.#advance(walk, node.entry.name);
    else if (!this.#isLocal(node.entry)) this.#begin(directory, node.entry.name);
  }

  #begin(directory: DirectoryNode, name: string): void {
    const base = this.#at.directories.getLocal(directory.baseId);
    if (base === undefined) return;
    const files: FileEntry[] = [];
    for (const entry of base.entries.values()) if (entry.kind === 'file' && entry.size > 0) files.push(entry);
    const places = new Map(files.map(({ name }, place) => [name, place]));
    const at = places.get(name);
    if (at === undefined || files.length === 1) return;
    const direction = at === 0 ? 1 : at === files.length - 1 ? -1 : 0;
    const walk: Walk = {
      baseId: directory.baseId,
      files,
      places,
      at,
      direction: 0,
      run: 1,
      ahead: at,
      window: FIRST_WINDOW,
    };
    this.#walks.set(directory, walk);
    // After a folder that was read through, one that is begun at the same end.
    if (direction === 0 || direction !== this.#lastDirection) return;
    walk.direction = direction;
    walk.run = RUN;
    this.#readAhead(walk);
  }

  #advance(walk: Walk, name: string): void {
    const at = walk.places.get(name);
    if (at === undefined || at === walk.at) return;
    const step = at - walk.at;
    const direction = Math.sign(step);
    walk.at = at;
    const goesOn = Math.abs(step) <= MAX_GAP && (walk.direction === 0 || walk.direction === direction);
    if (!goesOn || walk.direction === 0) {
      walk.run = goesOn ? 2 : 1;
      walk.direction = goesOn ? direction : 0;
      walk.ahead = at;
      walk.window = FIRST_WINDOW;
    } else walk.run += 1;
    if (walk.run < RUN) return;
    this.#lastDirection = walk.direction;
    // Again when half of what was fetched ahead has been used up.
    if ((walk.ahead - at) * walk.direction <= walk.window / 4) this.#readAhead(walk);
  }

  #readAhead(walk: Walk): void {
    const { files, at, direction, window } = walk;
    let place = (walk.ahead - at) * direction > 0 ? walk.ahead : at;
    const next: AheadContent[] = [];
    while (Math.abs(place - at) < window && this.#aheadBytes < MAX_AHEAD_BYTES) {
      const file = files[place + direction];
      if (file === undefined) break;
      place += direction;
      if (file.size > SMALL_BYTES || this.#isLocal(file)) continue;
      next.push(this.#at.contents.version(file.id, file.size, null));
      this.#aheadBytes += file.size;
    }
    walk.ahead = place;
    walk.window = Math.min(LAST_WINDOW, window * 2);
    // All in this turn of the event loop: where their bytes are is asked in one request.
    for (const version of next) version.locateBlocks();
    this.#waiting.push(...next);
    while (this.#running < MAX_AT_ONCE && this.#waiting.length > 0) void this.#fetchWaiting();
  }

  async #fetchWaiting(): Promise<void> {
    this.#running += 1;
    for (let version = this.#waiting.shift(); version !== undefined; version = this.#waiting.shift()) {
      try {
        await version.fetchAll();
      } catch {
        // Whoever reads it asks again and gets the error.
      }
      this.#aheadBytes -= version.size;
    }
    this.#running -= 1;
  }

  #isLocal({ id, size }: FileEntry): boolean {
    return this.#at.cache.has(id, size, 0, size);
  }
}
