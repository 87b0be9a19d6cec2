import type { Journal } from '../journal/journal.ts';
import type { InodeNumbers } from './inode-numbers.ts';
import type { FileNode } from './node.ts';

/**
 * What lives on this machine only and is never sent: fifos, sockets and devices mean nothing elsewhere, and links whose
 * target is too long for a link file have no other place. They are found by the number of their folder, which stays
 * when it is renamed here.
 */
export class SpecialFiles {
  readonly #folders = new Map<number, Map<string, FileNode>>();
  readonly #numbers: InodeNumbers;
  #journal: Journal | null = null;

  constructor(numbers: InodeNumbers) {
    this.#numbers = numbers;
  }

  /** Where changes are recorded from now on. */
  recordIn(journal: Journal): void {
    this.#journal = journal;
  }

  at(directory: number, name: string): FileNode | null {
    return this.#folders.get(directory)?.get(name) ?? null;
  }

  in(directory: number): Iterable<readonly [string, FileNode]> {
    return this.#folders.get(directory) ?? [];
  }

  /** Gives a name to a node that is special. */
  set(directory: number, name: string, node: FileNode): void {
    if (node.special === null) throw new TypeError(`"${name}" is a file like any other`);
    const folder = this.#folders.get(directory) ?? new Map<string, FileNode>();
    if (folder.get(name) === node) return;
    this.#folders.set(directory, folder.set(name, node));
    node.special.names += 1;
    this.#numbers.reserve(node.ino);
    this.#journal?.noteSpecialName(directory, name, node.ino);
  }

  /** The name stands for something else, or for nothing. */
  remove(directory: number, name: string): void {
    const folder = this.#folders.get(directory);
    const node = folder?.get(name);
    if (folder === undefined || node === undefined) return;
    folder.delete(name);
    if (folder.size === 0) this.#folders.delete(directory);
    this.#journal?.noteSpecialName(directory, name, null);
    if (node.special === null) return;
    node.special.names -= 1;
    if (node.special.names > 0) return;
    this.#numbers.free(node.ino);
    this.#journal?.dropSpecial(node.ino);
  }
}
