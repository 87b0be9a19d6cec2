import { VolumeError } from '../volume/index.ts';

/** Numbers for open files or directories, as the kernel repeats them with every call on them. */
export class HandleTable<T> {
  readonly #items: (T | undefined)[] = [];
  readonly #free: number[] = [];

  add(item: T): number {
    const handle = this.#free.pop() ?? this.#items.length;
    this.#items[handle] = item;
    return handle;
  }

  /** @throws VolumeError EBADF when nothing is open under this number */
  get(handle: number): T {
    const item = this.#items[handle];
    if (item === undefined) throw new VolumeError('EBADF', `nothing is open under handle ${handle}`);
    return item;
  }

  /** Takes a number out of use. @throws VolumeError EBADF */
  remove(handle: number): T {
    const item = this.get(handle);
    this.#items[handle] = undefined;
    this.#free.push(handle);
    return item;
  }

  get size(): number {
    return this.#items.length - this.#free.length;
  }

  /** Takes all out of use. */
  clear(): T[] {
    const items = this.#items.filter((item) => item !== undefined);
    this.#items.length = 0;
    this.#free.length = 0;
    return items;
  }
}
