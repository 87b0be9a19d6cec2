import type { Head, Library } from '../../library/index.ts';
import type { Directory, Entry, FileId } from '../../seafile/index.ts';
import type { DirectoryStore } from '../directories/directory-store.ts';
import { VolumeError } from '../errno.ts';
import { staysInside } from '../links/containment.ts';
import { HardLinks, type LinkedPlace } from '../links/hard-links.ts';
import { type LinkReader, maybeLink } from '../links/link-reader.ts';
import { andThen, type MaybePromise } from '../maybe.ts';
import type { DirectoryItem, NodeKind } from '../volume.ts';
import { type InodeNumbers, ROOT_INO } from './inode-numbers.ts';
import { checkLength, isAscii, isShowable } from './names.ts';
import {
  type DirectoryNode,
  depthBelow,
  entryAt,
  type FileNode,
  LINK_MARK,
  type Node,
  namesOf,
  PendingName,
  setEntry,
} from './node.ts';
import { NodeTable } from './node-table.ts';
import { SpecialFiles } from './special-files.ts';

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
  readonly hardLinks: HardLinks;
  readonly specials: SpecialFiles;
  /** The head whose tree is the snapshot. */
  head: Head;
  readonly #library: Library;
  readonly #directories: DirectoryStore;

  constructor(library: Library, directories: DirectoryStore, numbers: InodeNumbers, links: LinkReader, head: Head) {
    this.#library = library;
    this.links = links;
    this.hardLinks = new HardLinks(numbers);
    this.specials = new SpecialFiles(numbers);
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
    if (known !== undefined) return this.#complete(known);
    checkLength(name);
    return andThen(this.base(directory), (base) => {
      const exact = this.childIn(directory, base, name);
      if (exact !== null) return this.#complete(exact);
      // A name is stored in NFC whatever form it was made in, and found here under both.
      const normal = isAscii(name) ? name : name.normalize('NFC');
      const found = normal === name ? null : this.childIn(directory, base, normal);
      return found === null ? null : this.#complete(found);
    });
  }

  /** As `child`, with the directory's object at hand. Whether a file is a link may not be known yet. */
  childIn(directory: DirectoryNode, base: Directory, name: string): Node | null {
    directory.wasRead = true;
    const known = directory.children.get(name);
    if (known !== undefined) return known;
    const pending = directory.pending.get(name);
    if (pending !== undefined && pending.node !== null) return pending.node;
    const entry = base.entries.get(name);
    const special = this.#special(directory, base, name);
    if (special !== null) {
      this.#name(directory, name, special);
      return special;
    }
    if (pending !== undefined) return null;
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
        const ino = node?.ino ?? this.#numberOf(directory, name);
        items.push({ name, kind: node?.kind ?? this.#kindOf(directory, entry, ino), ino });
      }
      for (const [name, { node }] of directory.pending) {
        if (node !== null) items.push({ name, kind: node.kind, ino: node.ino });
      }
      for (const [name] of this.specials.in(directory.ino)) {
        const node = this.#special(directory, base, name);
        if (node !== null) items.push({ name, kind: node.kind, ino: node.ino });
      }
      return items;
    });
  }

  isEmpty(directory: DirectoryNode): MaybePromise<boolean> {
    return andThen(this.base(directory), (base) => {
      for (const pending of directory.pending.values()) if (pending.node !== null) return false;
      for (const name of base.entries.keys()) if (!directory.pending.has(name)) return false;
      for (const [name] of this.specials.in(directory.ino)) if (this.#special(directory, base, name)) return false;
      return true;
    });
  }

  /**
   * Lets a name stand for another node, or for none, as a pending change.
   *
   * @param base the directory's object, so that what the name stood for is known
   */
  setName(directory: DirectoryNode, base: Directory, name: string, node: Node | null): PendingName | null {
    directory.folders = null;
    const special = this.specials.at(directory.ino, name);
    if (special !== null) {
      this.specials.remove(directory.ino, name);
      if (node === null) {
        directory.children.delete(name);
        return null;
      }
    }
    if (node !== null && node.kind !== 'directory' && node.special !== null) {
      if (directory.pending.has(name) || base.entries.has(name)) this.#setPending(directory, base, name, null);
      this.specials.set(directory.ino, name, node);
      this.#name(directory, name, node);
      return null;
    }
    return this.#setPending(directory, base, name, node);
  }

  #setPending(directory: DirectoryNode, base: Directory, name: string, node: Node | null): PendingName | null {
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
      this.#name(directory, name, node);
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
    if (node.kind !== 'directory' && node.special !== null) return;
    for (const { parent, name } of namesOf(node)) {
      if (parent.pending.has(name)) continue;
      parent.pending.set(name, new PendingName(entryAt(node, parent, name), node));
      this.markPath(parent);
    }
  }

  /** A pending name of an earlier process, for a node that may have others. */
  restoreName(directory: DirectoryNode, name: string, node: Node, was: Entry | null): void {
    this.#name(directory, name, node);
    if (was !== null && node.kind !== 'directory' && node.links.length > 0) setEntry(node, directory, name, was);
    if (this.hardLinks.at(directory.ino, name) === null) this.numbers.restore(directory.ino, name, node.ino);
  }

  /** Gives a node a name, besides those it has. */
  #name(directory: DirectoryNode, name: string, node: Node): void {
    directory.children.set(name, node);
    if (namesOf(node).some((place) => place.parent === directory && place.name === name)) return;
    if (node.parent !== null && node.kind !== 'directory') {
      node.links.push({ parent: directory, name, entry: null });
      return;
    }
    node.parent = directory;
    node.name = name;
  }

  /** Takes one name of a node away. */
  unname(directory: DirectoryNode, name: string, node: Node): void {
    if (directory.children.get(name) === node) directory.children.delete(name);
    if (node.kind !== 'directory' && (node.parent !== directory || node.name !== name)) {
      node.links = node.links.filter((link) => link.parent !== directory || link.name !== name);
      return;
    }
    const next = node.kind === 'directory' ? undefined : node.links.shift();
    if (next === undefined || node.kind === 'directory') {
      node.parent = null;
      return;
    }
    node.parent = next.parent;
    node.name = next.name;
    node.entry = next.entry;
  }

  /** As `unname`; without any name the node lives on for those who hold it. */
  detach(directory: DirectoryNode, name: string, node: Node): void {
    this.unname(directory, name, node);
    this.table.settle(node);
  }

  /** Others gave a node's name to something else, or to nothing. */
  leave(directory: DirectoryNode, name: string, node: Node): void {
    this.hardLinks.remove(directory.ino, name);
    this.specials.remove(directory.ino, name);
    this.unname(directory, name, node);
    if (node.kind !== 'directory' && node.parent === null && node.special === null) node.leftAt = { directory, name };
    this.table.settle(node);
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
    const group = entry.kind === 'file' ? this.hardLinks.at(directory.ino, entry.name) : null;
    const linked = group?.node ?? null;
    if (entry.kind === 'file' && linked !== null && linked.fileId === entry.id && linked.parent !== null) {
      this.#name(directory, entry.name, linked);
      setEntry(linked, directory, entry.name, entry);
      return linked;
    }
    // Others changed the file under one of its names: from then on there are two.
    if (linked !== null) this.hardLinks.remove(directory.ino, entry.name);
    const ino = this.#numberOf(directory, entry.name);
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
    this.joinGroup(directory, entry.name, node);
    return node;
  }

  /** What this machine alone has under a name. A name that others give to something is theirs. */
  #special(directory: DirectoryNode, base: Directory, name: string): FileNode | null {
    const special = this.specials.at(directory.ino, name);
    const pending = directory.pending.get(name);
    const isFree = pending === undefined ? !base.entries.has(name) : pending.node === null;
    return isFree ? special : null;
  }

  /** How many folders a folder shows; null when that is not at hand. */
  foldersIn(directory: DirectoryNode): number | null {
    const { baseId } = directory;
    if (directory.folders?.baseId === baseId) return directory.folders.count;
    const base = this.#directories.isInMemory(baseId) ? this.#directories.getLocal(baseId) : undefined;
    if (base === undefined) return null;
    let count = 0;
    for (const [name, entry] of base.entries) {
      if (entry.kind === 'directory' && !directory.pending.has(name) && isShowable(name)) count += 1;
    }
    for (const { node } of directory.pending.values()) if (node?.kind === 'directory') count += 1;
    directory.folders = { baseId, count };
    return count;
  }

  /** The number of what the snapshot has under a name. */
  #numberOf(directory: DirectoryNode, name: string): number {
    return this.hardLinks.at(directory.ino, name)?.ino ?? this.numbers.of(directory.ino, name);
  }

  /** Lets a node that exists anew stand for a remembered file with several names. */
  joinGroup(directory: DirectoryNode, name: string, node: FileNode): void {
    const group = this.hardLinks.at(directory.ino, name);
    if (group === null || group.node !== null) return;
    group.node = node;
    node.group = group;
  }

  /** Finds the other names of a file that has several, so that a change of it is a change of all. */
  #linked(node: Node): MaybePromise<Node> {
    if (node.kind === 'directory' || node.group === null) return node;
    const { group } = node;
    if (node.links.length + 1 >= group.places.size) return node;
    const known = new Set(namesOf(node).map(({ parent, name }) => `${parent.ino}/${name}`));
    return this.#findNames(
      node,
      [...group.places].filter(([key]) => !known.has(key)).map(([, place]) => place),
    ).then(() => node);
  }

  async #findNames(node: FileNode, places: readonly LinkedPlace[]): Promise<void> {
    for (const place of places) {
      const directory = await this.#directoryAt(place);
      const base = directory === null ? null : await this.base(directory);
      const isThere = directory !== null && base !== null && this.childIn(directory, base, place.name) === node;
      // Others removed it, or moved its folder: the name is not this file's any more.
      if (!isThere && node.group !== null) this.hardLinks.remove(place.directory, place.name);
    }
  }

  async #directoryAt({ directory, path }: LinkedPlace): Promise<DirectoryNode | null> {
    let at = this.root;
    for (const name of path) {
      const found = await this.child(at, name);
      if (found?.kind !== 'directory') return null;
      at = found;
    }
    return at.ino === directory ? at : null;
  }

  #complete(node: Node): MaybePromise<Node> {
    return andThen(this.#examined(node), (examined) => this.#linked(examined));
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
