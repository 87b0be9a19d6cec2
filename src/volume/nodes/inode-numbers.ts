import { hash, randomBytes } from 'node:crypto';
import type { Database } from 'lmdb';

/** The root's number, as kernels and tools expect it. */
export const ROOT_INO = 1;

/**
 * Inode numbers that are the same after a remount: derived from the parent's number and the name, so that nothing has
 * to be stored for the many. What was renamed keeps its number: that is an exception, and exceptions are stored.
 */
export class InodeNumbers {
  readonly #stored: Database<number, string>;
  /** Numbers by place, where they are not the derived ones. */
  readonly #exceptions = new Map<string, number>();
  /** Numbers that belong to something that was renamed: not free for what now has the name they were derived from. */
  readonly #taken = new Set<number>();
  /** Numbers of files that are remembered elsewhere than by their place. */
  readonly #reserved = new Set<number>();
  /** Numbers of nodes that exist, with how many nodes (versions of one file share theirs). */
  readonly #inUse = new Map<number, number>();

  constructor(stored: Database<number, string>) {
    this.#stored = stored;
    for (const { key, value } of stored.getRange()) {
      this.#exceptions.set(key, value);
      this.#taken.add(value);
    }
  }

  /** The number of what the snapshot has under a name. */
  of(parentIno: number, name: string): number {
    if (this.#exceptions.size === 0 && this.#reserved.size === 0) return derive(parentIno, name, 0);
    const exception = this.#exceptions.get(place(parentIno, name));
    if (exception !== undefined) return exception;
    for (let attempt = 0; ; attempt++) {
      const ino = derive(parentIno, name, attempt);
      if (!this.#taken.has(ino) && !this.#reserved.has(ino)) return ino;
    }
  }

  /** A number for something new: not one that something else has, here or under the name it was renamed to. */
  assign(parentIno: number, name: string): number {
    for (let attempt = 0; ; attempt++) {
      const ino = derive(parentIno, name, attempt);
      if (this.#inUse.has(ino) || this.#taken.has(ino) || this.#reserved.has(ino)) continue;
      this.#keep(parentIno, name, ino);
      return ino;
    }
  }

  /** A number for something that has no name yet. */
  unused(): number {
    for (;;) {
      const ino = Math.max(2, randomBytes(6).readUIntBE(0, 6));
      if (!this.#inUse.has(ino) && !this.#taken.has(ino) && !this.#reserved.has(ino)) return ino;
    }
  }

  /** What an earlier process gave a number to, and did not come to store. */
  restore(parentIno: number, name: string, ino: number): void {
    this.#keep(parentIno, name, ino);
  }

  /** Keeps a number for something that is remembered with it. */
  reserve(ino: number): void {
    this.#reserved.add(ino);
  }

  free(ino: number): void {
    this.#reserved.delete(ino);
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
    this.remove(from.parentIno, from.name);
    this.#keep(to.parentIno, to.name, ino);
  }

  /** A name is gone. */
  remove(parentIno: number, name: string): void {
    const at = place(parentIno, name);
    const ino = this.#exceptions.get(at);
    if (ino === undefined) return;
    this.#exceptions.delete(at);
    this.#taken.delete(ino);
    void this.#stored.remove(at);
  }

  #keep(parentIno: number, name: string, ino: number): void {
    this.remove(parentIno, name);
    if (this.of(parentIno, name) === ino) return;
    const at = place(parentIno, name);
    this.#exceptions.set(at, ino);
    this.#taken.add(ino);
    void this.#stored.put(at, ino);
  }
}

// LMDB keys are limited to 1978 bytes; a name has at most 255.
const place = (parentIno: number, name: string): string => `${parentIno}/${name}`;

/** 52 bits of a hash: a double holds them exactly, and a million files collide with a chance of 1 in 10,000. */
function derive(parentIno: number, name: string, attempt: number): number {
  const digest = hash('sha1', `${parentIno}/${attempt}/${name}`, 'buffer');
  return Math.max(2, digest.readUIntBE(0, 6) * 16 + ((digest[6] ?? 0) & 15));
}
