import { closeSync, fstatSync, ftruncateSync, openSync } from 'node:fs';
import type { FileId } from '../../seafile/index.ts';
import { readUpTo, writeAll } from './cached-file.ts';
import type { ContentSource, LocalRange } from './source.ts';

/** Compared at a time with what was recorded. */
const PIECE_BYTES = 2 ** 20;

/**
 * A local file with the whole content of a node, which others read without asking us (FUSE_PASSTHROUGH).
 *
 * While nobody writes here it is the content cache's own file. Before the first write it is parted from the cache,
 * which keeps a copy; from then on it is a mirror: each write goes here too, so that those who read past us see it. They
 * may also write past us, through shared mappings. That shows in the file's times, and is looked for whenever the file
 * is synced or closed, and once a second.
 */
export class LentFile implements ContentSource {
  /** The version whose content it was when it was lent. */
  readonly id: FileId;
  readonly fd: number;
  /** Open files that it was lent for. */
  users = 0;
  /** It is no more the content cache's. */
  isParted = false;
  /** Set while it is being parted. */
  parting: Promise<void> | null = null;
  #size: number;
  /** The file's times after our last write. */
  #known: string;
  /** Somebody else wrote before our last write. */
  #isForeign = false;

  /** @param path of a file with the whole content */
  constructor(path: string, size: number, id: FileId) {
    this.id = id;
    this.fd = openSync(path, 'r+');
    this.#size = size;
    this.#known = this.#times();
  }

  get size(): number {
    return this.#size;
  }

  read(offset: number, length: number): Uint8Array {
    const bytes = readUpTo(this.fd, offset, length);
    if (bytes.byteLength < length) throw new Error(`a lent file is shorter than its ${this.#size} bytes`);
    return bytes;
  }

  locate(offset: number): LocalRange {
    return { fd: this.fd, position: offset };
  }

  /** Bytes were written to the node. */
  write(offset: number, data: Uint8Array): void {
    this.#noteForeign();
    writeAll(this.fd, offset, data);
    this.#size = Math.max(this.#size, offset + data.byteLength);
    this.#known = this.#times();
  }

  /** The node was cut or extended with zeros. */
  truncate(size: number): void {
    this.#noteForeign();
    ftruncateSync(this.fd, size);
    this.#size = size;
    this.#known = this.#times();
  }

  /** Whether others wrote since this was asked last. */
  wasWritten(): boolean {
    return this.#isForeign || this.#times() !== this.#known;
  }

  /**
   * What others wrote, as far as it differs from what is recorded.
   *
   * @param flush   flushes the file: later stores through a mapping change its times again
   * @param recorded reads the node's content without this file
   * @param take    is given pieces that differ
   */
  async absorb(
    flush: (fd: number) => Promise<void>,
    recorded: (offset: number, length: number) => Uint8Array | Promise<Uint8Array>,
    take: (offset: number, data: Uint8Array) => void | Promise<void>,
  ): Promise<void> {
    // Taken before the flush: a store that comes later is in the comparison, or makes the times differ, or both.
    this.#known = this.#times();
    this.#isForeign = false;
    try {
      await flush(this.fd);
      for (let offset = 0; offset < this.#size; offset += PIECE_BYTES) {
        const before = await recorded(offset, Math.min(PIECE_BYTES, this.#size - offset));
        const now = readUpTo(this.fd, offset, before.byteLength);
        if (Buffer.compare(now, before.subarray(0, now.byteLength)) !== 0) await take(offset, now);
      }
    } catch (error) {
      this.#isForeign = true;
      throw error;
    }
  }

  close(): void {
    closeSync(this.fd);
  }

  #noteForeign(): void {
    if (this.wasWritten()) this.#isForeign = true;
  }

  #times(): string {
    const { mtimeNs, ctimeNs } = fstatSync(this.fd, { bigint: true });
    return `${mtimeNs} ${ctimeNs}`;
  }
}
