import { createHash } from 'node:crypto';
import type { Database } from 'lmdb';

/** The root's number, as kernels and tools expect it. */
export const ROOT_INO = 1;

/**
 * Inode numbers that are the same after a remount: derived from the parent's number and the name, so that nothing has
 * to be stored for the many. What was renamed keeps its number: that is an exception, and exceptions are stored.
 */
export class InodeNumbers {
  readonly #exceptions: Database<number, string>;
  /** Numbers in use by nodes that exist, with how many nodes (versions of one file share theirs). */
  readonly #inUse = new Map<number, number>();

  constructor(exceptions: Database<number, string>) {
    this.#exceptions = exceptions;
  }

  /** The number of what the snapshot has under a name. */
  of(parentIno: number, name: string): number {
    return this.#exceptions.get(key(parentIno, name)) ?? derive(parentIno, name, 0);
  }

  /** A number for something new: not one that something else has, here or under the name it was renamed to. */
  assign(parentIno: number, name: string): number {
    for (let attempt = 0; ; attempt++) {
      const ino = derive(parentIno, name, attempt);
      if (this.#inUse.has(ino) || this.#exceptions.get(moved(ino)) !== undefined) continue;
      this.#store(parentIno, name, ino);
      return ino;
    }
  }

  acquire(ino: number): void {
    this.#inUse.set(ino, (this.#inUse.get(ino) ?? 0) + 1);
  }

  release(ino: number): void {
    const users = this.#inUse.get(ino) ?? 0;
    if (users <= 1) this.#inUse.delete(ino);
    else this.#inUse.set(ino, users - 1);
  }

  /** A node took another name and keeps its number. */
  rename(ino: number, from: { parentIno: number; name: string }, to: { parentIno: number; name: string }): void {
    this.#forget(from.parentIno, from.name);
    this.#store(to.parentIno, to.name, ino);
  }

  /** A name is gone for good. */
  remove(ino: number, parentIno: number, name: string): void {
    this.#forget(parentIno, name);
    if (this.#exceptions.get(moved(ino)) !== undefined) void this.#exceptions.remove(moved(ino));
  }

  #store(parentIno: number, name: string, ino: number): void {
    const isDerived = derive(parentIno, name, 0) === ino;
    if (isDerived) {
      this.#forget(parentIno, name);
      if (this.#exceptions.get(moved(ino)) !== undefined) void this.#exceptions.remove(moved(ino));
      return;
    }
    void this.#exceptions.put(key(parentIno, name), ino);
    void this.#exceptions.put(moved(ino), 1);
  }

  #forget(parentIno: number, name: string): void {
    const at = key(parentIno, name);
    if (this.#exceptions.get(at) !== undefined) void this.#exceptions.remove(at);
  }
}

// LMDB keys are limited to 1978 bytes; a name has at most 255.
const key = (parentIno: number, name: string): string => `${parentIno}/${name}`;
const moved = (ino: number): string => `#${ino}`;

/** 52 bits of a hash: a double holds them exactly, and a million files collide with a chance of 1 in 10,000. */
function derive(parentIno: number, name: string, attempt: number): number {
  const digest = createHash('sha1').update(`${parentIno}/${attempt}/${name}`).digest();
  return Math.max(2, digest.readUIntBE(0, 6) * 16 + ((digest[6] ?? 0) & 15));
}
