import type { Head, Library } from '../../library/index.ts';
import type { Directory, Entry, FileId } from '../../seafile/index.ts';
import type { DirectoryStore } from '../directories/directory-store.ts';
import { VolumeError } from '../errno.ts';
import { staysInside } from '../links/containment.ts';
import { type LinkReader, maybeLink } from '../links/link-reader.ts';
import { andThen, type MaybePromise } from '../maybe.ts';
import type { DirectoryItem, NodeKind } from '../volume.ts';
import { type InodeNumbers, ROOT_INO } from './inode-numbers.ts';
import { checkLength, isAscii, isShowable } from './names.ts';
import { type DirectoryNode, depthBelow, type FileNode, LINK_MARK, type Node, PendingName } from './node.ts';
import { NodeTable } from './node-table.ts';

/**
 * The tree a volume shows: the accepted snapshot with the pending names on top.
 *
 * Only names live here: who changes them records it in the journal and tells it.
 */
export class Tree {
  readonly root: DirectoryNode;
  readonly table: NodeTable;
  readonly numbers: InodeNumbers;
  readonly links: LinkReader;
  /** The head whose tree is the snapshot. */
  head: Head;
  readonly #library: Library;
  readonly #directories: DirectoryStore;

  constructor(library: Library, directories: DirectoryStore, numbers: InodeNumbers, links: LinkReader, head: Head) {
    this.#library = library;
    this.links = links;
    this.#directories = directories;
    this.numbers = numbers;
    this.table = new NodeTable(numbers);
    this.root = this.table.root(ROOT_INO);
    this.head = head;
  }

  /** What the snapshot has in a directory. */
  base(directory: DirectoryNode): MaybePromise<Directory> {
    return this.#directories.get(this.#library, directory.baseId);
  }

  /** @throws VolumeError ENAMETOOLONG; ENOENT is left to the caller: null */
  child(directory: DirectoryNode, name: string): MaybePromise<Node | null> {
    const known = directory.children.get(name);
    if (known !== undefined) return this.#examined(known);
    checkLength(name);
    return andThen(this.base(directory), (base) => {
      const exact = this.childIn(directory, base, name);
      if (exact !== null) return this.#examined(exact);
      // A name is stored in NFC whatever form it was made in, and found here under both.
      const normal = isAscii(name) ? name : name.normalize('NFC');
      const found = normal === name ? null : this.childIn(directory, base, normal);
      return found === null ? null : this.#examined(found);
    });
  }

  /** As `child`, with the directory's object at hand. Whether a file is a link may not be known yet. */
  childIn(directory: DirectoryNode, base: Directory, name: string): Node | null {
    directory.wasRead = true;
    const known = directory.children.get(name);
    if (known !== undefined) return known;
    const pending = directory.pending.get(name);
    if (pending !== undefined) return pending.node;
    const entry = base.entries.get(name);
    return entry === undefined || !isShowable(name) ? null : this.#materialize(directory, entry);
  }

  list(directory: DirectoryNode): MaybePromise<DirectoryItem[]> {
    return andThen(this.base(directory), (base) => andThen(this.#examineAll(base), () => this.#items(directory)));
  }

  #items(directory: DirectoryNode): MaybePromise<DirectoryItem[]> {
    return andThen(this.base(directory), (base) => {
      directory.wasRead = true;
      const items: DirectoryItem[] = [];
      for (const [name, entry] of base.entries) {
        if (directory.pending.has(name) || !isShowable(name)) continue;
        const node = directory.children.get(name);
        const ino = node?.ino ?? this.numbers.of(directory.ino, name);
        items.push({ name, kind: node?.kind ?? this.#kindOf(directory, entry, ino), ino });
      }
      for (const [name, { node }] of directory.pending) {
        if (node !== null) items.push({ name, kind: node.kind, ino: node.ino });
      }
      return items;
    });
  }

  isEmpty(directory: DirectoryNode): MaybePromise<boolean> {
    return andThen(this.base(directory), (base) => {
      for (const pending of directory.pending.values()) if (pending.node !== null) return false;
      for (const name of base.entries.keys()) if (!directory.pending.has(name)) return false;
      return true;
    });
  }

  /**
   * Lets a name stand for another node, or for none, as a pending change.
   *
   * @param base the directory's object, so that what the name stood for is known
   */
  setName(directory: DirectoryNode, base: Directory, name: string, node: Node | null): PendingName | null {
    let pending = directory.pending.get(name);
    if (pending === undefined) {
      pending = new PendingName(base.entries.get(name) ?? null, node);
      directory.pending.set(name, pending);
      this.markPath(directory);
    }
    pending.node = node;
    pending.movedTo = null;
    if (node === null) {
      directory.children.delete(name);
      // Made and removed before the server heard of it: nothing is pending. While a batch tells of it, wait for that.
      if (pending.was === null && pending.sent.length === 0 && !pending.inFlight) {
        directory.pending.delete(name);
        return null;
      }
    } else {
      node.parent = directory;
      node.name = name;
      directory.children.set(name, node);
    }
    return pending;
  }

  /**
   * Makes a node with a name a pending change of that name (its content or attributes differ), and its folders up to
   * the root, so that the changes are found from there.
   *
   * @returns the directories that got a pending name by this, for the journal
   */
  markPath(node: Node): void {
    for (let at: Node = node; at.parent !== null; at = at.parent) {
      if (at.parent.pending.has(at.name)) return;
      at.parent.pending.set(at.name, new PendingName(at.entry, at));
    }
  }

  /** Takes a node's name away: it lives on for those who hold it. */
  detach(node: Node): void {
    const parent = node.parent;
    if (parent !== null && parent.children.get(node.name) === node) parent.children.delete(node.name);
    node.parent = null;
    this.table.settle(node);
  }

  /** Others gave a node's name to something else, or to nothing. */
  leave(node: Node): void {
    if (node.kind !== 'directory' && node.parent !== null) node.leftAt = { directory: node.parent, name: node.name };
    this.detach(node);
  }

  pathOf(node: Node): readonly string[] | null {
    const names: string[] = [];
    let at = node;
    while (at.parent !== null) {
      names.push(at.name);
      at = at.parent;
    }
    return at === this.root ? names.reverse() : null;
  }

  #materialize(directory: DirectoryNode, entry: Entry): Node {
    const ino = this.numbers.of(directory.ino, entry.name);
    if (entry.kind === 'directory') {
      const node = this.table.directory(directory, entry.name, ino);
      node.entry = entry;
      node.baseId = entry.id;
      node.basePlace = { parent: directory, name: entry.name };
      return node;
    }
    const node = this.table.file(directory, entry.name, ino);
    node.entry = entry;
    node.fileId = entry.id;
    node.versionSize = entry.size;
    if (maybeLink(entry.size)) this.#tellLink(node, this.links.peek(entry.id));
    return node;
  }

  #tellLink(node: FileNode, target: string | null | undefined): void {
    node.isExamined = target !== undefined;
    node.target = target ?? null;
    node.mayLeadOut = node.target !== null && this.links.mayLeadOut(node.ino, node.target);
  }

  /** Finds out whether a file is a link, where that is not known. */
  #examined(node: Node): MaybePromise<Node> {
    if (node.kind === 'directory' || node.isExamined) return node;
    const id = node.fileId;
    const tell = (target: string | null): Node => {
      if (!node.isExamined && node.fileId === id) this.#tellLink(node, target);
      return node;
    };
    const unknown = (error: unknown): Node => {
      // Marked as a link, it must not be shown as anything else; any other file is what it seems.
      if (((node.entry?.mode ?? 0) & LINK_MARK) !== 0) throw error;
      return node;
    };
    const target = this.links.look(id);
    return target instanceof Promise ? target.then(tell, unknown) : tell(target);
  }

  #examineAll(base: Directory): MaybePromise<void> {
    const ids: FileId[] = [];
    for (const entry of base.entries.values()) if (entry.kind === 'file' && maybeLink(entry.size)) ids.push(entry.id);
    return ids.length === 0 ? undefined : this.links.lookAtAll(ids);
  }

  /** What a listing says of an entry that has no node. */
  #kindOf(directory: DirectoryNode, entry: Entry, ino: number): NodeKind {
    if (entry.kind === 'directory' || !maybeLink(entry.size)) return entry.kind;
    const target = this.links.peek(entry.id);
    if (target === undefined) return (entry.mode & LINK_MARK) !== 0 ? 'symlink' : 'file';
    if (target === null) return 'file';
    const follow = this.links.mayLeadOut(ino, target) || staysInside(target, depthBelow(directory));
    return follow ? 'symlink' : 'file';
  }
}

/** @throws VolumeError ENOENT for a directory that was removed, or stood in one that was, while somebody holds it */
export function checkAlive(tree: Tree, directory: DirectoryNode): void {
  for (let at = directory; at !== tree.root; at = at.parent) {
    if (at.parent === null) throw new VolumeError('ENOENT', `folder "${directory.name}" was removed`);
  }
}
