import { createHash, type Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { ObjectStore } from './objects.ts';

/** Bytes gathered before they go to the file in one write. */
const GATHER_BYTES = 2 << 20;
/** In memory every write copies the file so far: whole blocks are gathered. */
const GATHER_IN_MEMORY_BYTES = 16 << 20;

/**
 * A block on its way to the store. While bytes are written to the file the next ones are taken: memory is bounded by
 * twice {@link GATHER_BYTES}. A block smaller than that is written in one synchronous step.
 */
export class BlockWriter {
  readonly #store: ObjectStore;
  readonly #library: string;
  #hash: Hash | undefined;
  #gathered: Uint8Array[] = [];
  #gatheredBytes = 0;
  #temporary: string | undefined;
  #handle: FileHandle | undefined;
  /** The write under way. */
  #writing: Promise<void> | undefined;
  #size = 0;

  constructor(store: ObjectStore, library: string) {
    this.#store = store;
    this.#library = library;
  }

  /** Bytes written so far. */
  get size(): number {
    return this.#size;
  }

  /** Computes the SHA-1 while bytes arrive, for {@link digest}. Has to be asked for before the first byte. */
  hashing(): this {
    this.#hash = createHash('sha1');
    return this;
  }

  /** Takes bytes; the buffer must not change afterwards. Resolve what is returned before writing more. */
  write(bytes: Uint8Array): Promise<void> | undefined {
    this.#hash?.update(bytes);
    this.#gathered.push(bytes);
    this.#gatheredBytes += bytes.byteLength;
    this.#size += bytes.byteLength;
    const limit = this.#store.inMemory ? GATHER_IN_MEMORY_BYTES : GATHER_BYTES;
    if (this.#gatheredBytes < limit) return undefined;
    const before = this.#writing;
    this.#writing = this.#flush(before);
    // Whoever waits for it hears of a failure: the next write, or the end.
    this.#writing.catch(() => undefined);
    return before;
  }

  async #flush(before: Promise<void> | undefined): Promise<void> {
    const pieces = this.#gathered;
    this.#gathered = [];
    this.#gatheredBytes = 0;
    await before;
    if (!this.#handle) {
      this.#temporary = this.#store.temporaryPath();
      this.#handle = await this.#store.fs.promises.open(this.#temporary, 'wx', 0o600);
    }
    let left = pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
    let rest = pieces;
    while (left > 0) {
      const { bytesWritten } = await this.#handle.writev(rest);
      left -= bytesWritten;
      if (left > 0) rest = [Buffer.concat(rest).subarray(bytesWritten)];
    }
  }

  /** @returns the SHA-1 of all bytes, when {@link hashing} was asked for */
  digest(): string {
    if (!this.#hash) throw new Error('the block was not hashed while it was written');
    return this.#hash.digest('hex');
  }

  /** Stores the block under its id; an existing block is kept. */
  async finish(id: string): Promise<void> {
    if (this.#store.has('blocks', this.#library, id)) return this.abort();
    if (!this.#writing) {
      const [only] = this.#gathered;
      const whole = this.#gathered.length === 1 && only ? only : Buffer.concat(this.#gathered);
      this.#store.write('blocks', this.#library, id, whole);
      return;
    }
    await (this.#gatheredBytes > 0 ? this.#flush(this.#writing) : this.#writing);
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
    if (this.#temporary) this.#store.adopt(this.#temporary, 'blocks', this.#library, id);
  }

  /** Forgets the block and what was written of it. */
  async abort(): Promise<void> {
    this.#gathered = [];
    // What went wrong with it does not matter any more.
    await this.#writing?.catch(() => undefined);
    await this.#handle?.close();
    this.#handle = undefined;
    if (this.#temporary) await this.#store.fs.promises.rm(this.#temporary, { force: true });
  }
}
