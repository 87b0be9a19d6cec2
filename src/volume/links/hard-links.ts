import type { Journal } from '../journal/journal.ts';
import type { InodeNumbers } from '../nodes/inode-numbers.ts';
import type { FileNode } from '../nodes/node.ts';

/** A name that a file has, as it is remembered. */
export interface LinkedPlace {
  /** Inode number of the folder, which stays when it is renamed here. */
  readonly directory: number;
  readonly name: string;
  /** Names from the root to the folder when it was last known. */
  path: readonly string[];
}

/** One file with several names. */
export class LinkGroup {
  readonly ino: number;
  readonly places = new Map<string, LinkedPlace>();
  /** The node that exists of it. */
  node: FileNode | null = null;

  constructor(ino: number) {
    this.ino = ino;
  }
}

/**
 * The files that have several names on this machine. To the server they are equal files; here they are one, also after
 * a remount.
 */
export class HardLinks {
  readonly #groups = new Map<number, LinkGroup>();
  readonly #byPlace = new Map<string, LinkGroup>();
  readonly #numbers: InodeNumbers;
  #journal: Journal | null = null;

  constructor(numbers: InodeNumbers) {
    this.#numbers = numbers;
  }

  /** Where changes are recorded from now on. */
  recordIn(journal: Journal): void {
    this.#journal = journal;
  }

  /** What an earlier process remembered. */
  restore(ino: number, places: readonly LinkedPlace[]): void {
    const group = this.#start(ino);
    for (const place of places) this.#put(group, place);
  }

  /** The file that a name belongs to; null when it has no other name. */
  at(directory: number, name: string): LinkGroup | null {
    if (this.#groups.size === 0) return null;
    return this.#byPlace.get(key(directory, name)) ?? null;
  }

  /** Begins to remember a file that gets a second name. The numbers of its places are the group's from now on. */
  begin(node: FileNode, place: LinkedPlace): LinkGroup {
    const group = this.#start(node.ino);
    this.#numbers.remove(place.directory, place.name);
    group.node = node;
    node.group = group;
    this.#put(group, place);
    return group;
  }

  add(group: LinkGroup, place: LinkedPlace): void {
    this.#put(group, place);
    this.#record(group);
  }

  /** A name stands for something else, or for nothing. A file with one name left is like any other. */
  remove(directory: number, name: string): void {
    const group = this.take(directory, name);
    if (group !== null) this.end(group);
  }

  /** Takes a name off, to be given back under another one. */
  take(directory: number, name: string): LinkGroup | null {
    const at = key(directory, name);
    const group = this.#byPlace.get(at);
    if (group === undefined) return null;
    this.#byPlace.delete(at);
    group.places.delete(at);
    this.#record(group);
    return group;
  }

  /** Forgets a file that has fewer than two names. */
  end(group: LinkGroup): void {
    if (group.places.size > 1) return;
    this.#groups.delete(group.ino);
    this.#numbers.free(group.ino);
    if (group.node !== null) group.node.group = null;
    for (const [at, { directory, name }] of group.places) {
      this.#byPlace.delete(at);
      this.#numbers.restore(directory, name, group.ino);
    }
    group.places.clear();
    this.#record(group);
  }

  /** A folder was renamed here. */
  folderMoved(from: readonly string[], to: readonly string[]): void {
    for (const group of this.#groups.values()) {
      let isChanged = false;
      for (const place of group.places.values()) {
        if (!from.every((name, depth) => place.path[depth] === name)) continue;
        place.path = [...to, ...place.path.slice(from.length)];
        isChanged = true;
      }
      if (isChanged) this.#record(group);
    }
  }

  #start(ino: number): LinkGroup {
    const group = new LinkGroup(ino);
    this.#groups.set(ino, group);
    this.#numbers.reserve(ino);
    return group;
  }

  #put(group: LinkGroup, place: LinkedPlace): void {
    const at = key(place.directory, place.name);
    group.places.set(at, place);
    this.#byPlace.set(at, group);
  }

  #record(group: LinkGroup): void {
    this.#journal?.noteLinks(group.ino, [...group.places.values()]);
  }
}

const key = (directory: number, name: string): string => `${directory}/${name}`;
