import type { DirectoryId, LibraryId } from '../../seafile/objects/index.ts';
import type { LibraryRecord } from '../storage/index.ts';
import type { Branches, HeadMove } from './branches.ts';
import type { Libraries } from './libraries.ts';
import { mergeTrees } from './merge.ts';
import { formatPath, nameOf, type Path, parentOf, parsePath } from './paths.ts';
import type { Trees } from './trees.ts';

/**
 * Shared folders as libraries of their own (seafile-api F.6, I.1).
 *
 * A virtual library has its own id and commits; its objects are those of the library it shows a folder of. Changes cross
 * over in both directions a moment after they were made, as on a real server.
 */
export class VirtualLibraries {
  readonly #libraries: Libraries;
  readonly #branches: Branches;
  readonly #delayMs: number;
  readonly #waiting = new Map<LibraryId, NodeJS.Timeout>();
  #running: Promise<void> = Promise.resolve();
  readonly #report: (error: unknown, library: LibraryId) => void;

  constructor(
    libraries: Libraries,
    branches: Branches,
    options: { delayMs: number; report: (error: unknown, library: LibraryId) => void },
  ) {
    this.#libraries = libraries;
    this.#branches = branches;
    this.#delayMs = options.delayMs;
    this.#report = options.report;
    branches.onMove((move) => this.#moved(move));
  }

  /** The virtual library of a folder, made when there is none yet. */
  async open(origin: LibraryRecord, path: Path, folder: DirectoryId): Promise<LibraryRecord> {
    const known = this.find(origin, path);
    if (known) return known;
    const source = { origin: origin.id, path: formatPath(path), base: folder };
    return this.#libraries.createVirtual(origin, nameOf(path), source);
  }

  find(origin: LibraryRecord, path: Path): LibraryRecord | undefined {
    const text = formatPath(path);
    return this.#libraries.virtualsOf(origin.id).find((record) => record.virtual?.path === text);
  }

  /** Carries over what is waiting to be carried over. */
  async settle(): Promise<void> {
    while (this.#waiting.size > 0) {
      for (const [id, timer] of this.#waiting) {
        clearTimeout(timer);
        this.#waiting.delete(id);
        this.#start(id);
      }
      await this.#running;
    }
    await this.#running;
  }

  #moved(move: HeadMove): void {
    if (move.library.virtual) {
      if (move.propagate && move.cause === undefined) this.#schedule(move.library.id);
      return;
    }
    for (const virtual of this.#libraries.virtualsOf(move.library.id)) {
      if (!this.#follow(virtual, move)) continue;
      if (move.propagate && virtual.id !== move.cause) this.#schedule(virtual.id);
    }
  }

  /**
   * Keeps a share whose folder was renamed or moved as a whole, and ends one whose folder is gone: the real server takes
   * it for moved only if the identical tree appears elsewhere in the same commit.
   *
   * @returns whether the share still exists
   */
  #follow(virtual: LibraryRecord, move: HeadMove): boolean {
    const source = virtual.virtual;
    if (!source) return false;
    const trees = this.#libraries.trees(move.library);
    const path = parsePath(source.path);
    if (trees.findDirectory(move.after.rootId, path) !== undefined) return true;
    for (let depth = path.length; depth > 0; depth--) {
      const old = trees.findDirectory(move.before.rootId, path.slice(0, depth));
      const moved = old && findNewFolder(trees, move.before.rootId, move.after.rootId, old);
      if (!moved) continue;
      const now = [...moved, ...path.slice(depth)];
      const renamed = nameOf(now) !== nameOf(path);
      this.#libraries.update(virtual.id, {
        virtual: { ...source, path: formatPath(now) },
        ...(renamed ? { name: nameOf(now) } : {}),
      });
      return true;
    }
    this.#libraries.deleteForGood(virtual);
    return false;
  }

  #schedule(id: LibraryId): void {
    if (this.#waiting.has(id)) return;
    const timer = setTimeout(() => {
      this.#waiting.delete(id);
      this.#start(id);
    }, this.#delayMs);
    timer.unref();
    this.#waiting.set(id, timer);
  }

  #start(id: LibraryId): void {
    this.#running = this.#running
      .then(() => this.#carryOver(id))
      // One share that cannot be merged must not stop the others; its owner sees it in the server's log.
      .catch((error: unknown) => this.#report(error, id));
  }

  async #carryOver(id: LibraryId): Promise<void> {
    const virtual = this.#libraries.find(id);
    const source = virtual?.virtual;
    const origin = source && this.#libraries.find(source.origin);
    if (!virtual || !source || !origin) return;
    const trees = this.#libraries.trees(origin);
    const path = parsePath(source.path);
    const originHead = this.#libraries.head(origin);
    const inOrigin = trees.findDirectory(originHead.rootId, path);
    if (inOrigin === undefined) return;
    const virtualHead = this.#libraries.head(virtual);
    const here = virtualHead.rootId;
    const base = source.base;
    if (here === inOrigin) return this.#settled(id, here);

    let merged = here === base ? inOrigin : here;
    if (here !== base && inOrigin !== base) {
      const sides = { base, head: inOrigin, remote: here };
      const context = { remoteCreator: virtualHead.creatorName, now: this.#libraries.now() };
      merged = mergeTrees(trees, sides, context).root;
    }
    if (merged !== here) {
      const author = originHead.creatorName;
      await this.#branches.setRoot(id, merged, MERGE_DESCRIPTION, { author, cause: origin.id });
    }
    if (merged !== inOrigin) {
      const author = virtualHead.creatorName;
      const done = await this.#branches.change(origin.id, { author, cause: id }, (edit, now) => {
        const entry = edit.get(path);
        if (entry?.kind !== 'directory' || entry.id !== inOrigin) return { description: null, value: false };
        edit.put(parentOf(path), { ...entry, id: merged, mtime: now }, now);
        return { description: virtualHead.description || MERGE_DESCRIPTION, value: true };
      });
      // The folder changed while this was under way: the base stays, and both are merged again.
      if (!done.value) return this.#schedule(id);
    }
    this.#settled(id, merged);
  }

  #settled(id: LibraryId, base: DirectoryId): void {
    const source = this.#libraries.find(id)?.virtual;
    if (source && source.base !== base) this.#libraries.update(id, { virtual: { ...source, base } });
  }

  close(): void {
    for (const timer of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
  }
}

const MERGE_DESCRIPTION = 'Auto merge by system';

/** Where a folder of a given id stands in `after` at a path that `before` did not have it at. */
function findNewFolder(trees: Trees, before: DirectoryId, after: DirectoryId, wanted: DirectoryId): Path | undefined {
  if (before === after) return undefined;
  const old = new Map(trees.entries(before).map((entry) => [entry.name, entry]));
  const changed = trees.entries(after).filter((entry) => {
    const was = old.get(entry.name);
    return entry.kind === 'directory' && !(was?.kind === 'directory' && was.id === entry.id);
  });
  for (const entry of changed) {
    if (entry.kind !== 'directory') continue;
    const was = old.get(entry.name);
    if (entry.id === wanted && was === undefined) return [entry.name];
    const below = was?.kind === 'directory' ? findNewFolder(trees, was.id, entry.id, wanted) : undefined;
    if (below) return [entry.name, ...below];
  }
  return undefined;
}
