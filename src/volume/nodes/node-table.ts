import type { InodeNumbers } from './inode-numbers.ts';
import { DirectoryNode, FileNode, hasPendingName, type Node, namesOf, type Special } from './node.ts';

/** Nodes that nobody holds are kept for the next lookup, up to this many. */
const MAX_IDLE = 20_000;

/** The nodes that exist: those callers hold, those with something pending or open, and some of the others. */
export class NodeTable {
  readonly #nodes = new Map<number, Node>();
  readonly #numbers: InodeNumbers;
  /** In the order in which they were let go. (An `LRUCache` fills arrays of its whole size anew whenever its last entry goes.) */
  readonly #idle = new Map<number, Node>();
  #nextId = 2;

  constructor(numbers: InodeNumbers) {
    this.#numbers = numbers;
  }

  root(ino: number): DirectoryNode {
    const root = new DirectoryNode(1, ino, null, '');
    this.#nodes.set(1, root);
    root.retained = 1;
    this.#numbers.acquire(ino);
    return root;
  }

  get(id: number): Node | undefined {
    return this.#nodes.get(id);
  }

  get size(): number {
    return this.#nodes.size;
  }

  file(parent: DirectoryNode, name: string, ino: number): FileNode {
    return this.#add(new FileNode(this.#nextId++, ino, parent, name));
  }

  /** A file that has no name, or none that is known yet. */
  nameless(ino: number, special: Special | null): FileNode {
    return this.#add(new FileNode(this.#nextId++, ino, null, '', special));
  }

  directory(parent: DirectoryNode, name: string, ino: number): DirectoryNode {
    return this.#add(new DirectoryNode(this.#nextId++, ino, parent, name));
  }

  retain(node: Node): void {
    if (node.retained === 0) this.#idle.delete(node.id);
    node.retained += 1;
  }

  /** Gives a node another inode number. */
  renumber(node: Node, ino: number): void {
    this.#numbers.release(node.ino);
    node.ino = ino;
    this.#numbers.acquire(ino);
  }

  forget(node: Node, count: number): void {
    node.retained = Math.max(0, node.retained - count);
    this.settle(node);
  }

  /** Something that kept a node ended (a handle, a pending change, its name): it may go when nothing else keeps it. */
  settle(node: Node): void {
    if (isKept(node)) return;
    if (node.parent === null) this.#drop(node);
    else this.#rest(node);
  }

  #add<T extends Node>(node: T): T {
    this.#nodes.set(node.id, node);
    this.#numbers.acquire(node.ino);
    node.parent?.children.set(node.name, node);
    this.#rest(node);
    return node;
  }

  #rest(node: Node): void {
    this.#idle.delete(node.id);
    this.#idle.set(node.id, node);
    if (this.#idle.size <= MAX_IDLE) return;
    const [oldest] = this.#idle.values();
    if (oldest === undefined) return;
    this.#idle.delete(oldest.id);
    this.#drop(oldest);
  }

  #drop(node: Node): void {
    if (isKept(node) || this.#nodes.get(node.id) !== node) return;
    this.#nodes.delete(node.id);
    this.#idle.delete(node.id);
    this.#numbers.release(node.ino);
    const names = namesOf(node);
    node.parent = null;
    if (node.kind !== 'directory') {
      node.links = [];
      if (node.group?.node === node) node.group.node = null;
    }
    for (const { parent, name } of names) {
      if (parent.children.get(name) === node) parent.children.delete(name);
      this.settle(parent);
    }
  }
}

/** It is found in no snapshot. */
function isNamedSpecially({ special }: FileNode): boolean {
  return special !== null && special.names > 0;
}

/** Whether something but a later lookup needs the node. */
function isKept(node: Node): boolean {
  if (node.retained > 0 || node.id === 1) return true;
  if (hasPendingName(node)) return true;
  return node.kind === 'directory'
    ? node.children.size > 0 || node.pending.size > 0
    : node.opens > 0 || node.staged !== null || isNamedSpecially(node);
}
