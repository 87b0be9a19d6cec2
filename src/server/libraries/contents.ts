import type { BlockId, FileId, LibraryId } from '../../seafile/objects/index.ts';
import type { BlockWriter, ObjectStore } from '../storage/index.ts';
import type { Trees } from './trees.ts';

/** What web uploads are cut in (seafile-api E.5). */
export const WEB_BLOCK_BYTES = 8 << 20;

/** Bytes of a block that are read in one synchronous step. */
const SMALL_READ_BYTES = 128 << 10;
const STREAM_CHUNK_BYTES = 1 << 20;

/** A file's bytes as they arrive from an upload: cut in blocks of fixed size, hashed and stored on the way. */
export class FileWriter {
  readonly #objects: ObjectStore;
  readonly #store: LibraryId;
  readonly #blocks: BlockId[] = [];
  #block: BlockWriter | undefined;
  #size = 0;

  constructor(objects: ObjectStore, store: LibraryId) {
    this.#objects = objects;
    this.#store = store;
  }

  get size(): number {
    return this.#size;
  }

  /** Takes bytes; the buffer must not change afterwards. Resolve what is returned before writing more. */
  write(bytes: Uint8Array): Promise<void> | undefined {
    this.#block ??= this.#objects.writeBlock(this.#store).hashing();
    if (this.#block.size + bytes.byteLength >= WEB_BLOCK_BYTES) return this.#writeAcross(bytes);
    this.#size += bytes.byteLength;
    return this.#block.write(bytes);
  }

  /** Bytes that fill a block, and begin others. */
  async #writeAcross(bytes: Uint8Array): Promise<void> {
    let rest = bytes;
    while (rest.byteLength > 0) {
      this.#block ??= this.#objects.writeBlock(this.#store).hashing();
      const piece = rest.subarray(0, WEB_BLOCK_BYTES - this.#block.size);
      rest = rest.subarray(piece.byteLength);
      this.#size += piece.byteLength;
      await this.#block.write(piece);
      if (this.#block.size === WEB_BLOCK_BYTES) await this.#endBlock();
    }
  }

  async #endBlock(): Promise<void> {
    const block = this.#block;
    if (!block) return;
    this.#block = undefined;
    const id = block.digest() as BlockId;
    await block.finish(id);
    this.#blocks.push(id);
  }

  /** Stores the file object. @returns the file's id */
  async finish(trees: Trees): Promise<FileId> {
    await this.#endBlock();
    return trees.saveFile(this.#blocks, this.#size);
  }

  async abort(): Promise<void> {
    await this.#block?.abort();
    this.#block = undefined;
  }
}

/** Reads blocks and files of any store. */
export class Contents {
  readonly #objects: ObjectStore;

  constructor(objects: ObjectStore) {
    this.#objects = objects;
  }

  hasBlock(store: LibraryId, id: string): boolean {
    return this.#objects.has('blocks', store, id);
  }

  /** @returns bytes, or undefined when the block does not exist */
  blockSize(store: LibraryId, id: string): number | undefined {
    return this.#objects.size('blocks', store, id);
  }

  writeBlock(store: LibraryId): BlockWriter {
    return this.#objects.writeBlock(store);
  }

  writeFile(store: LibraryId): FileWriter {
    return new FileWriter(this.#objects, store);
  }

  /** A piece of a block, in order. */
  async *readBlock(store: LibraryId, id: string, start: number, end: number): AsyncGenerator<Buffer> {
    if (end <= start) return;
    const path = this.#objects.path('blocks', store, id);
    if (this.#objects.inMemory) {
      yield this.#objects.fs.readFileSync(path).subarray(start, end);
      return;
    }
    if (end - start <= SMALL_READ_BYTES) {
      yield this.#readSmall(path, start, end);
      return;
    }
    const stream = this.#objects.fs.createReadStream(path, {
      start,
      end: end - 1,
      highWaterMark: STREAM_CHUNK_BYTES,
    });
    for await (const chunk of stream) yield chunk;
  }

  #readSmall(path: string, start: number, end: number): Buffer {
    const bytes = Buffer.allocUnsafe(end - start);
    const fd = this.#objects.fs.openSync(path, 'r');
    try {
      let filled = 0;
      while (filled < bytes.length) {
        const read = this.#objects.fs.readSync(fd, bytes, filled, bytes.length - filled, start + filled);
        if (read === 0) throw new Error(`${path} is shorter than it was`);
        filled += read;
      }
    } finally {
      this.#objects.fs.closeSync(fd);
    }
    return bytes;
  }

  /**
   * A range of a file.
   *
   * @param end exclusive
   * @throws when a block is missing: the answer ends short, as a real server's does
   */
  async *readFile(trees: Trees, store: LibraryId, id: FileId, start: number, end: number): AsyncGenerator<Buffer> {
    let offset = 0;
    for (const block of trees.file(id).blockIds) {
      if (offset >= end) return;
      const size = this.blockSize(store, block);
      if (size === undefined) throw new Error(`block ${block} of file ${id} is missing`);
      const from = Math.max(start - offset, 0);
      const to = Math.min(end - offset, size);
      if (from < to) yield* this.readBlock(store, block, from, to);
      offset += size;
    }
  }
}
