import type { BlockSpan, Library } from '../../library/index.ts';
import { type CommitId, type FileId, SeafileError } from '../../seafile/index.ts';
import type { MaybePromise } from '../maybe.ts';
import type { ContentCache } from './cache.ts';
import type { ContentSource, LocalRange } from './source.ts';

/** Blocks fetched ahead of a sequential reader, at most. */
const MAX_AHEAD_BYTES = 32 * 2 ** 20;
/** Below this a whole block is fetched at once, however it is read. */
const WHOLE_BLOCK_BYTES = 2 ** 20;
/** Small random reads fetch this much around the place, aligned to it. */
const RANGE_BYTES = 128 * 2 ** 10;
/** After this many ranges of one block the block is fetched whole. */
const RANGES_PER_BLOCK = 12;

/** Where a version can be found in the library, for reads of ranges. */
export interface VersionPlace {
  readonly commit: CommitId;
  readonly path: readonly string[];
}

/**
 * A version of a file on the server, read through the content cache: what is missing is fetched, by whole blocks for
 * readers that go on, by ranges for those that jump.
 */
export class Version implements ContentSource {
  readonly id: FileId;
  readonly size: number;
  readonly #library: Library;
  readonly #cache: ContentCache;
  readonly #place: () => VersionPlace | null;
  #blocks: readonly BlockSpan[] | undefined;
  readonly #inFlight = new Map<number, Promise<void>>();
  /** Ranges fetched of a block, by the block's offset. */
  readonly #ranges = new Map<number, number>();
  #nextSequential = 0;
  #aheadBytes = 0;

  constructor(library: Library, cache: ContentCache, id: FileId, size: number, place: () => VersionPlace | null) {
    this.id = id;
    this.size = size;
    this.#library = library;
    this.#cache = cache;
    this.#place = place;
  }

  /** Where the content's bytes are on the server. */
  blocks(signal?: AbortSignal): MaybePromise<readonly BlockSpan[]> {
    if (this.#blocks !== undefined) return this.#blocks;
    return this.#library.blocks(this.id, signal).then((blocks) => {
      this.#blocks = blocks;
      return blocks;
    });
  }

  /** Finds out where the bytes are, for somebody who will want them soon. */
  locateBlocks(): void {
    const blocks = this.blocks();
    // Whoever reads asks again and gets the error.
    if (blocks instanceof Promise) blocks.catch(() => {});
  }

  /** Fetches what is not on this machine yet. */
  async fetchAll(): Promise<void> {
    const blocks = await this.blocks();
    const missing = blocks.filter(({ offset, size }) => !this.#cache.has(this.id, this.size, offset, size));
    await Promise.all(missing.map((block) => this.#fetchBlock(block)));
  }

  locate(offset: number, length: number): LocalRange | null {
    return this.#cache.locate(this.id, this.size, offset, length);
  }

  read(offset: number, length: number, signal?: AbortSignal): MaybePromise<Uint8Array> {
    if (length === 0) return new Uint8Array();
    const local = this.#cache.read(this.id, this.size, offset, length);
    const sequential = offset === this.#nextSequential;
    this.#nextSequential = offset + length;
    if (local !== null) {
      if (sequential && this.#aheadBytes > 0) this.#readAhead(offset + length);
      return local;
    }
    return this.#fetchAndRead(offset, length, sequential, signal);
  }

  async #fetchAndRead(
    offset: number,
    length: number,
    sequential: boolean,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array> {
    const blocks = await this.blocks(signal);
    const end = offset + length;
    const waiting: Promise<void>[] = [];
    for (const block of blocks) {
      if (block.offset >= end) break;
      if (block.offset + block.size <= offset) continue;
      const from = Math.max(offset, block.offset);
      const to = Math.min(end, block.offset + block.size);
      if (this.#cache.has(this.id, this.size, from, to - from)) continue;
      waiting.push(sequential ? this.#fetchBlock(block) : this.#fetchPiece(block, from, to, signal));
    }
    if (sequential) {
      this.#aheadBytes = Math.min(MAX_AHEAD_BYTES, Math.max(2 * this.#aheadBytes, 8 * 2 ** 20));
      this.#readAhead(end);
    }
    await raceAbort(Promise.all(waiting), signal);
    const bytes = this.#cache.read(this.id, this.size, offset, length);
    // Evicted between arrival and use: only when the cache is smaller than what is being read at once.
    return bytes ?? this.#fetchAndRead(offset, length, true, signal);
  }

  /** A small read of a large block: just the neighbourhood, unless the block turns out to be wanted as a whole. */
  async #fetchPiece(block: BlockSpan, from: number, to: number, signal: AbortSignal | undefined): Promise<void> {
    const flying = this.#inFlight.get(block.offset);
    const ranges = this.#ranges.get(block.offset) ?? 0;
    const place = this.#place();
    if (flying !== undefined || block.size <= WHOLE_BLOCK_BYTES || ranges >= RANGES_PER_BLOCK || place === null) {
      return this.#fetchBlock(block);
    }
    const start = Math.max(block.offset, from - (from % RANGE_BYTES));
    const stop = Math.min(block.offset + block.size, Math.ceil(to / RANGE_BYTES) * RANGE_BYTES);
    this.#ranges.set(block.offset, ranges + 1);
    const bytes = await this.#library.readRange(this.id, place, start, stop - start, signal);
    if (bytes === null) return this.#fetchBlock(block);
    this.#cache.write(this.id, this.size, start, bytes);
  }

  /** Two readers of one block make one request, which goes on when one of them gives up. */
  #fetchBlock(block: BlockSpan): Promise<void> {
    const flying = this.#inFlight.get(block.offset);
    if (flying !== undefined) return flying;
    const arrival = this.#cache.receive(this.id, this.size, block.offset, block.size);
    const fetching = this.#library
      .receiveBlock(block.id, arrival)
      .then(() => arrival.store(block.id))
      .then((isSound) => {
        if (!isSound) {
          throw new SeafileError('corrupt-answer', `what the server sent as block ${block.id} is not that block`);
        }
      })
      .finally(() => {
        arrival.end();
        this.#inFlight.delete(block.offset);
      });
    this.#inFlight.set(block.offset, fetching);
    return fetching;
  }

  #readAhead(from: number): void {
    const until = from + this.#aheadBytes;
    for (const block of this.#blocks ?? []) {
      if (block.offset >= until) return;
      if (block.offset + block.size <= from) continue;
      if (this.#inFlight.has(block.offset) || this.#cache.has(this.id, this.size, block.offset, block.size)) continue;
      this.#fetchBlock(block).catch(() => {
        // Whoever reads there asks again and gets the error.
      });
    }
  }
}

/** Waits for work that others may need too: an abort leaves the work alone and ends the waiting. */
function raceAbort<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
