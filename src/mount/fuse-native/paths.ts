import { andThen, type MaybePromise, VolumeError, type VolumeNode, type VolumeOperations } from '../../volume/index.ts';

/** Finds nodes by the absolute paths that libfuse's high-level interface names everything with. */
export class Paths {
  readonly #volume: VolumeOperations;

  constructor(volume: VolumeOperations) {
    this.#volume = volume;
  }

  /** @throws VolumeError ENOENT, ENOTDIR and what a lookup throws */
  node(path: string): MaybePromise<VolumeNode> {
    return this.#walk(this.#volume.root, namesOf(path), 0);
  }

  /** The directory that a path is in, and the last name. @throws VolumeError EBUSY for the root */
  place(path: string): MaybePromise<{ readonly parent: VolumeNode; readonly name: string }> {
    const names = namesOf(path);
    const name = names.pop();
    if (name === undefined) throw new VolumeError('EBUSY', 'the root stays as it is');
    return andThen(this.#walk(this.#volume.root, names, 0), (parent) => ({ parent, name }));
  }

  #walk(from: VolumeNode, names: readonly string[], at: number): MaybePromise<VolumeNode> {
    const name = names[at];
    if (name === undefined) return from;
    return andThen(this.#volume.lookup(from, name), (node) => this.#walk(node, names, at + 1));
  }
}

function namesOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '');
}
