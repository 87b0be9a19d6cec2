import { LRUCache } from 'lru-cache';
import { type BlockId, EMPTY_FILE, type FileId, SeafileError, type SyncClient } from '../../seafile/index.ts';
import type { BlockSpan } from '../content.ts';
import type { ObjectStore } from './object-store.ts';
import { SharedCalls } from './shared-calls.ts';
import type { TreeObjects } from './tree-objects.ts';

/** Blocks whose places are kept in memory, of all files: a mebibyte or two. */
const KEPT_BLOCKS = 20_000;

/**
 * Where files' bytes are, and the bytes. A file object tells only the ids of its blocks: the sizes of several have to be
 * asked for, once; the size of a single one is the file's.
 */
export class FileBlocks {
  readonly #sync: Pick<SyncClient, 'blockMap' | 'getBlock'>;
  readonly #objects: TreeObjects;
  readonly #store: ObjectStore;
  readonly #spans = new LRUCache<FileId, readonly BlockSpan[]>({
    maxSize: KEPT_BLOCKS,
    sizeCalculation: (spans) => spans.length + 1,
  });
  readonly #asking = new SharedCalls<FileId, readonly BlockSpan[]>();
  readonly #reading = new SharedCalls<BlockId, Uint8Array>();

  constructor(sync: Pick<SyncClient, 'blockMap' | 'getBlock'>, objects: TreeObjects, store: ObjectStore) {
    this.#sync = sync;
    this.#objects = objects;
    this.#store = store;
  }

  async of(file: FileId, signal?: AbortSignal): Promise<readonly BlockSpan[]> {
    if (file === EMPTY_FILE) return [];
    const known = this.#spans.get(file);
    if (known) return known;
    return this.#asking.run(file, signal, async (signal) => {
      const spans = await this.#find(file, signal);
      this.#spans.set(file, spans);
      return spans;
    });
  }

  /** Remembers the blocks of a file that was sent from here. */
  add(file: FileId, spans: readonly BlockSpan[]): void {
    if (spans.length === 0) return;
    this.#spans.set(file, spans);
    if (spans.length > 1) this.#keepSizes(file, sizesOf(spans));
  }

  read(block: BlockId, signal?: AbortSignal): Promise<Uint8Array> {
    return this.#reading.run(block, signal, (signal) => this.#sync.getBlock(block, signal));
  }

  async #find(file: FileId, signal: AbortSignal): Promise<BlockSpan[]> {
    const { blockIds, size } = await this.#objects.file(file, signal);
    const sizes = blockIds.length === 1 ? [size] : await this.#sizes(file, signal);
    let offset = 0;
    const spans = blockIds.map((id, index) => {
      const span = { id, offset, size: sizes[index] ?? 0 };
      offset += span.size;
      return span;
    });
    // Servers believe whatever size a client says (seafile-api E.5).
    if (sizes.length !== blockIds.length || offset !== size) {
      throw new SeafileError(
        'corrupt-answer',
        `File ${file} is damaged on the server: its ${blockIds.length} blocks have ${offset} bytes, not ${size}. ` +
          'Restore an older version from its history.',
      );
    }
    return spans;
  }

  async #sizes(file: FileId, signal: AbortSignal): Promise<readonly number[]> {
    const kept = this.#store.get(sizesKey(file));
    if (kept) return JSON.parse(Buffer.from(kept).toString('latin1')) as number[]; // written by #keepSizes
    const sizes = await this.#sync.blockMap(file, signal);
    this.#keepSizes(file, sizes);
    return sizes;
  }

  #keepSizes(file: FileId, sizes: readonly number[]): void {
    this.#store.put(sizesKey(file), Buffer.from(JSON.stringify(sizes)));
  }
}

/** Sizes are no object, but immutable like one. */
const sizesKey = (file: FileId): string => `sizes of ${file}`;

const sizesOf = (spans: readonly BlockSpan[]): number[] => spans.map(({ size }) => size);
