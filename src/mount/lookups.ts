import type { VolumeNode, VolumeOperations } from '../volume/index.ts';

const ROOT_ID = 1;

/**
 * The nodes that the kernel knows: each answer that names a node counts one up, FORGET counts down.
 *
 * The volume is asked to hold a node once, for as long as the kernel knows it. The root is known all the time and is
 * not counted.
 */
export class Lookups {
  readonly #volume: VolumeOperations;
  readonly #counts = new Map<number, number>();

  constructor(volume: VolumeOperations) {
    this.#volume = volume;
  }

  /** An answer names the node. */
  add(node: VolumeNode): void {
    if (node.id === ROOT_ID) return;
    const count = this.#counts.get(node.id);
    if (count === undefined) this.#volume.retain(node);
    this.#counts.set(node.id, (count ?? 0) + 1);
  }

  /** The kernel forgets `count` of the answers that named the node. */
  forget(id: number, count: number): void {
    const known = this.#counts.get(id);
    if (known === undefined) return;
    if (known > count) {
      this.#counts.set(id, known - count);
      return;
    }
    this.#counts.delete(id);
    this.#letGo(id);
  }

  has(id: number): boolean {
    return id === ROOT_ID || this.#counts.has(id);
  }

  get size(): number {
    return this.#counts.size;
  }

  /** The connection is over: the kernel knows nothing any more. */
  clear(): void {
    for (const id of this.#counts.keys()) this.#letGo(id);
    this.#counts.clear();
  }

  #letGo(id: number): void {
    const node = this.#volume.node(id);
    if (node !== undefined) this.#volume.forget(node, 1);
  }
}
