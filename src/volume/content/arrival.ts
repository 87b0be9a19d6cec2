import type { BlockReceiver } from '../../library/index.ts';
import { type BlockId, hashBlock } from '../../seafile/index.ts';
import { storeBlock } from '../threads/block-threads.ts';
import { returnMemory, takeMemory } from './arrival-memory.ts';
import { writeAll } from './cached-file.ts';

/** Hashing and writing this much takes less time than asking another thread to. */
const STORED_HERE_BYTES = 2 ** 17;

/** Where a block belongs. */
export interface ArrivalPlace {
  /** Keeps the file open until `release`. */
  hold(): { readonly fd: number; readonly release: () => void };
  /** Bytes from the start of that file. */
  readonly position: number;
}

/** A block on its way into the cache: gathered in memory, and let in when it is known to be right. */
export class Arrival implements BlockReceiver {
  readonly #place: ArrivalPlace;
  readonly #size: number;
  #memory: SharedArrayBuffer | null = null;
  #bytes: Uint8Array = new Uint8Array();
  #received = 0;

  /** @param size bytes of the block */
  constructor(place: ArrivalPlace, size: number) {
    this.#place = place;
    this.#size = size;
  }

  begin(): void {
    this.#received = 0;
    if (this.#bytes.byteLength > 0) return;
    if (this.#size > STORED_HERE_BYTES) this.#memory = takeMemory(this.#size);
    this.#bytes = this.#memory === null ? new Uint8Array(this.#size) : new Uint8Array(this.#memory, 0, this.#size);
  }

  take(piece: Uint8Array): void {
    const at = this.#received;
    this.#received += piece.byteLength;
    // More than a block has: it will be refused as a whole.
    if (this.#received <= this.#size) this.#bytes.set(piece, at);
  }

  /**
   * All has come: looks whether it is what the id says, and if so puts it where it belongs.
   *
   * @returns false when it is something else, and nothing was written
   * @throws the disk's error (ENOSPC)
   */
  async store(id: BlockId): Promise<boolean> {
    if (this.#received !== this.#size) return false;
    const { position } = this.#place;
    const { fd, release } = this.#place.hold();
    try {
      if (this.#memory !== null) {
        return await storeBlock({ memory: this.#memory, length: this.#size, id, fd, position });
      }
      const isRight = hashBlock(this.#bytes) === id;
      if (isRight) writeAll(fd, position, this.#bytes);
      return isRight;
    } finally {
      release();
    }
  }

  /** No more is coming, and nothing is under way. */
  end(): void {
    if (this.#memory !== null) returnMemory(this.#memory);
    this.#memory = null;
    this.#bytes = new Uint8Array();
  }
}
