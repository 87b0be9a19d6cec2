import { DEFAULT_DIRECTORY_MODE, type DirectoryId, EMPTY_DIRECTORY, type Entry } from '../../seafile/objects/index.ts';
import { nameOf, type Path, parentOf } from './paths.ts';
import type { Trees } from './trees.ts';

interface Node {
  entries: Entry[];
  changed: boolean;
  /** When set, the folder's entry in its parent gets this time. */
  touched: number | undefined;
  readonly children: Map<string, Node>;
}

/**
 * Changes to a tree, gathered in memory: only the folders on changed paths are loaded, and each is written once, when
 * {@link finish} builds the new tree from the bottom up.
 *
 * `touch` is the time that every folder above a change gets; without it ancestors change their ids alone
 * (seafile-api E.9: upload, mkdir, delete, move and copy touch, rename does not).
 */
export class TreeEdit {
  readonly #trees: Trees;
  readonly #root: Node;

  constructor(trees: Trees, root: DirectoryId) {
    this.#trees = trees;
    this.#root = { entries: [...trees.entries(root)], changed: false, touched: undefined, children: new Map() };
  }

  #node(path: Path): Node | undefined {
    let node: Node | undefined = this.#root;
    for (const name of path) node = node && this.#child(node, name);
    return node;
  }

  #child(node: Node, name: string): Node | undefined {
    const known = node.children.get(name);
    if (known) return known;
    const entry = node.entries.find((candidate) => candidate.name === name);
    if (entry?.kind !== 'directory') return undefined;
    const child: Node = {
      entries: [...this.#trees.entries(entry.id)],
      changed: false,
      touched: undefined,
      children: new Map(),
    };
    node.children.set(name, child);
    return child;
  }

  /** @returns the entries of the folder as it is now, or undefined when there is no such folder */
  list(folder: Path): readonly Entry[] | undefined {
    return this.#node(folder)?.entries;
  }

  /** @returns the entry as it is now; a changed folder's id is that of before the change */
  get(path: Path): Entry | undefined {
    return this.#node(parentOf(path))?.entries.find((entry) => entry.name === nameOf(path));
  }

  has(path: Path): boolean {
    return path.length === 0 || this.get(path) !== undefined;
  }

  /** Puts an entry into an existing folder, in place of one of the same name. */
  put(folder: Path, entry: Entry, touch?: number): void {
    const node = this.#change(folder, touch);
    node.children.delete(entry.name);
    const at = node.entries.findIndex((candidate) => candidate.name === entry.name);
    if (at < 0) node.entries.push(entry);
    else node.entries[at] = entry;
  }

  /** Takes an entry out of its folder. */
  remove(path: Path, touch?: number): Entry | undefined {
    const name = nameOf(path);
    const entry = this.get(path);
    if (!entry) return undefined;
    const node = this.#change(parentOf(path), touch);
    const child = node.children.get(name);
    // What was changed below moves along: the tree of a removed folder is the one it has now.
    const removed = entry.kind === 'directory' && child?.changed ? { ...entry, id: this.#build(child) } : entry;
    node.children.delete(name);
    const at = node.entries.findIndex((candidate) => candidate.name === name);
    node.entries.splice(at, 1);
    return removed;
  }

  /** Makes the folders of a path that are missing. @returns whether it made any; false also where a file is in the way */
  makeFolders(path: Path, mtime: number): boolean {
    let made = false;
    for (let depth = 1; depth <= path.length; depth++) {
      const folder = path.slice(0, depth);
      const entry = this.get(folder);
      if (entry?.kind === 'file') return made;
      if (entry) continue;
      this.put(
        parentOf(folder),
        { kind: 'directory', name: nameOf(folder), id: EMPTY_DIRECTORY, mode: DEFAULT_DIRECTORY_MODE, mtime },
        mtime,
      );
      made = true;
    }
    return made;
  }

  #change(folder: Path, touch: number | undefined): Node {
    let node = this.#root;
    node.changed = true;
    for (const name of folder) {
      const child = this.#child(node, name);
      if (!child) throw new Error(`no folder ${folder.join('/')} to change`);
      child.changed = true;
      if (touch !== undefined) child.touched = touch;
      node = child;
    }
    return node;
  }

  /** Writes the changed folders. @returns the new root */
  finish(): DirectoryId {
    return this.#build(this.#root);
  }

  #build(node: Node): DirectoryId {
    for (const [name, child] of node.children) {
      if (!child.changed) continue;
      const at = node.entries.findIndex((entry) => entry.name === name);
      const entry = node.entries[at];
      if (entry?.kind !== 'directory') continue;
      node.entries[at] = { ...entry, id: this.#build(child), mtime: child.touched ?? entry.mtime };
    }
    return this.#trees.save(node.entries);
  }
}
