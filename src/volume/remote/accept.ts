import type { Head, Library } from '../../library/index.ts';
import type { Directory, DirectoryEntry, DirectoryId, Entry } from '../../seafile/index.ts';
import type { ChangeEvents } from '../changes.ts';
import type { DirectoryStore } from '../directories/directory-store.ts';
import type { Journal } from '../journal/journal.ts';
import {
  type DirectoryNode,
  entryAt,
  hasPendingName,
  isOfKind,
  type Node,
  type PendingName,
  setEntry,
} from '../nodes/node.ts';
import type { Tree } from '../nodes/tree.ts';

/**
 * Moves a volume's snapshot to another tree: old and new are walked together, only where ids differ and only where
 * something is loaded. What differs is told; pending changes stay on top.
 */
export class SnapshotChange {
  readonly #tree: Tree;
  readonly #library: Library;
  readonly #directories: DirectoryStore;
  readonly #events: ChangeEvents;
  readonly #journal: Journal;
  readonly #head: Head;
  readonly #rootId: DirectoryId;
  readonly #hasBatch: boolean;
  /** Directory objects of the new tree that the walk needs: kept here, whatever the cache evicts meanwhile. */
  readonly #loaded = new Map<DirectoryId, Directory>();

  /**
   * @param hasBatch a batch of ours was put on the tree, and its names have their places there
   */
  constructor(
    at: { tree: Tree; library: Library; directories: DirectoryStore; events: ChangeEvents; journal: Journal },
    head: Head,
    rootId: DirectoryId,
    hasBatch: boolean,
  ) {
    this.#tree = at.tree;
    this.#library = at.library;
    this.#directories = at.directories;
    this.#events = at.events;
    this.#journal = at.journal;
    this.#head = head;
    this.#rootId = rootId;
    this.#hasBatch = hasBatch;
  }

  /**
   * Fetches what the walk needs. Operations go on meanwhile and may load more, so it is repeated until nothing is
   * missing; after that `apply` must follow without waiting.
   */
  async prepare(): Promise<void> {
    for (;;) {
      const missing = [...this.#missing(this.#tree.root, this.#rootId)];
      if (missing.length === 0) return;
      const fetched = await this.#directories.getMany(this.#library, missing);
      for (const [id, directory] of fetched) this.#loaded.set(id, directory);
    }
  }

  /** Moves the snapshot, in one step. */
  apply(): void {
    this.#tree.head = this.#head;
    this.#walk(this.#tree.root, this.#rootId);
    this.#journal.commit();
  }

  #new(id: DirectoryId): Directory | undefined {
    const loaded = this.#loaded.get(id) ?? this.#directories.getLocal(id);
    if (loaded !== undefined) this.#loaded.set(id, loaded);
    return loaded;
  }

  *#missing(directory: DirectoryNode, id: DirectoryId): Generator<DirectoryId> {
    if (this.#isThere(directory, id) || !isLoaded(directory)) return;
    const base = this.#new(id);
    if (base === undefined) {
      yield id;
      return;
    }
    for (const [node, entry] of directoriesIn(directory, base)) yield* this.#missing(node, entry.id);
  }

  /**
   * The tree may be the accepted one already when it was found before the answer to the batch came; what was new in the
   * batch has its place in the snapshot only now.
   */
  #isThere(directory: DirectoryNode, id: DirectoryId): boolean {
    return directory.baseId === id && !(this.#hasBatch && directory.pending.size > 0);
  }

  #walk(directory: DirectoryNode, id: DirectoryId): void {
    if (this.#isThere(directory, id)) return;
    if (!isLoaded(directory)) {
      directory.baseId = id;
      return;
    }
    const base = this.#new(id);
    if (base === undefined) throw new Error(`directory ${id} is needed and was not prepared`);
    const old = this.#directories.getLocal(directory.baseId);
    for (const [node, entry, pending] of [...directoriesIn(directory, base)]) {
      // What the name is seen to hold is now this: a pending edit of the directory is put on it.
      if (pending !== null) pending.was = entry;
      this.#takeDirectory(directory, node, entry);
      if (pending === null) continue;
      this.#journal.noteName(directory, entry.name);
      this.#journal.noteNode(node);
    }
    directory.baseId = id;
    const known = new Set(directory.children.keys());
    for (const [name, node] of [...directory.children]) {
      if (directory.pending.has(name)) continue;
      const entry = base.entries.get(name);
      // What lives here only stays until others want its name.
      if (entry === undefined && node.kind !== 'directory' && node.special !== null) continue;
      if (entry === undefined || !isOfKind(entry, node)) this.#leave(directory, name, node);
      else if (
        node.kind !== 'directory' &&
        entry.kind === 'file' &&
        (node.special !== null || node.fileId !== entry.id)
      )
        this.#leave(directory, name, node);
      else this.#takeEntry(directory, node, entry);
    }
    if (directory.wasRead) this.#tellUnknownNames(directory, known, old, base);
  }

  /** A directory that the new tree has at the place where the old one had it. */
  #takeDirectory(parent: DirectoryNode, node: DirectoryNode, entry: DirectoryEntry): void {
    this.#takeEntry(parent, node, entry);
    this.#walk(node, entry.id);
  }

  #takeEntry(parent: DirectoryNode, node: Node, entry: Entry): void {
    const before = entryAt(node, parent, entry.name);
    setEntry(node, parent, entry.name, entry);
    if (before !== null && before.mode === entry.mode && before.mtime === entry.mtime) return;
    if (hasPendingName(node)) return;
    // Times and bits set here are the ones the entry now has, to the second: those are kept, finer as they are.
    if (node.local !== null && node.local.mtime.seconds === entry.mtime && node.mode === entry.mode) return;
    node.local = null;
    this.#events.tell({ kind: 'attributes', node, remote: true });
  }

  /** The name stands for something else, or for nothing: whoever holds the node keeps it as it is. */
  #leave(directory: DirectoryNode, name: string, node: Node): void {
    this.#tree.leave(directory, name, node);
    this.#events.tell({ kind: 'entry', parent: directory, name, node, remote: true });
  }

  /** @param known names that have, or had, a node: those were told of */
  #tellUnknownNames(
    directory: DirectoryNode,
    known: ReadonlySet<string>,
    old: Directory | undefined,
    base: Directory,
  ): void {
    for (const name of base.entries.keys()) {
      if (old?.entries.has(name) || known.has(name) || directory.pending.has(name)) continue;
      this.#events.tell({ kind: 'entry', parent: directory, name, node: null, remote: true });
    }
    // Names that were listed and never looked up have no node, and still must vanish from listings.
    for (const name of old?.entries.keys() ?? []) {
      if (base.entries.has(name) || known.has(name) || directory.pending.has(name)) continue;
      this.#events.tell({ kind: 'entry', parent: directory, name, node: null, remote: true });
    }
  }
}

/** Whether anything depends on what the directory has. */
function isLoaded(directory: DirectoryNode): boolean {
  return directory.wasRead || directory.children.size > 0 || directory.pending.size > 0;
}

/**
 * Directories that stand in `directory` in the snapshot (here they may have another name, or another place) and in the
 * new tree too, with the pending name that tells of the name they have there.
 */
function* directoriesIn(
  directory: DirectoryNode,
  base: Directory,
): Generator<[DirectoryNode, DirectoryEntry, PendingName | null]> {
  const told = new Set<DirectoryNode>();
  for (const [name, pending] of directory.pending) {
    for (const node of [pending.node, pending.movedTo]) {
      if (node?.kind !== 'directory' || node.basePlace === null || !('parent' in node.basePlace)) continue;
      if (node.basePlace.parent !== directory || told.has(node)) continue;
      const entry = base.entries.get(node.basePlace.name);
      if (entry?.kind !== 'directory') continue;
      // Under another name only when no pending name tells of this one: what was there is told of first.
      if (node.basePlace.name !== name && directory.pending.get(node.basePlace.name)?.movedTo === node) continue;
      told.add(node);
      yield [node, entry, node.basePlace.name === name ? pending : null];
    }
  }
  for (const [name, node] of directory.children) {
    if (node.kind !== 'directory' || directory.pending.has(name)) continue;
    const entry = base.entries.get(name);
    if (entry?.kind === 'directory') yield [node, entry, null];
  }
}

/**
 * Finds the space's folder in a head's tree.
 *
 * @param folder names from the library's root
 * @returns null when it is not there
 */
export async function folderIn(
  library: Library,
  directories: DirectoryStore,
  head: Head,
  folder: readonly string[],
): Promise<DirectoryEntry | { readonly id: DirectoryId } | null> {
  let at: DirectoryEntry | { readonly id: DirectoryId } = { id: head.rootId };
  for (const name of folder) {
    const directory: Directory = await directories.get(library, at.id);
    const entry = directory.entries.get(name);
    if (entry?.kind !== 'directory') return null;
    at = entry;
  }
  return at;
}
