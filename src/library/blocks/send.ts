import { type BlockId, eachInParallel, hashBlock, type RawBlockUpload, type SyncClient } from '../../seafile/index.ts';
import type { FrozenContent } from '../content.ts';
import { ByteGate } from './byte-gate.ts';
import { type PlannedFile, readExactly } from './plan.ts';

/** Below this a block travels with others. */
const SMALL_BYTES = 256 * 1024;
/** So few small blocks are as fast one by one, and need no link. */
const FEW = 4;
const PARALLEL = 4;
/** Bytes of blocks in memory at one time. */
const IN_FLIGHT_BYTES = 64 * 1024 * 1024;
/** What one raw upload is given: it makes requests of at most 500 blocks and 8 MiB of it. */
const RAW_BYTES = 16 * 1024 * 1024;

/** A block and where its bytes are on this machine. */
interface Source {
  readonly id: BlockId;
  readonly content: FrozenContent;
  readonly offset: number;
  readonly size: number;
}

/** Staged files whose bytes could not be read, or were not those that were hashed. */
export type ContentFailures = ReadonlyMap<FrozenContent, unknown>;

type BlockFailures = Map<BlockId, unknown>;

/** What sending needs of the wire. */
export interface BlockWire {
  readonly sync: Pick<SyncClient, 'checkBlocks' | 'putBlock'>;
  /** Many blocks a request; null where there is no web API. */
  readonly raw: Pick<RawBlockUpload, 'upload'> | null;
}

/**
 * Puts the blocks of files on the server, those that are missing there: small ones many to a request, large ones in
 * parallel. All blocks are asked for, those taken over from a base version too: old servers accept commits with holes,
 * and a base block may have been collected.
 */
export class BlockSender {
  readonly #wire: BlockWire;
  readonly #gate = new ByteGate(IN_FLIGHT_BYTES);
  #rawWorks: boolean;

  constructor(wire: BlockWire) {
    this.#wire = wire;
    this.#rawWorks = wire.raw !== null;
  }

  /**
   * @returns files whose own bytes failed; the others are complete on the server
   * @throws SeafileError when the server fails
   */
  async send(files: readonly PlannedFile[], signal?: AbortSignal): Promise<ContentFailures> {
    const sources = new Map<BlockId, Source>();
    for (const { content, blocks, kept } of files) {
      for (const { id, offset, size } of blocks) {
        // Bytes that were written here are at hand; those of a base version may have to be fetched.
        if (!sources.has(id) || !kept.has(id)) sources.set(id, { id, content, offset, size });
      }
    }
    if (sources.size === 0) return new Map();
    const failures: BlockFailures = new Map();
    const missing = await this.#wire.sync.checkBlocks([...sources.keys()], signal);
    const wanted = [...sources.values()].filter(({ id }) => missing.has(id));
    const small = wanted.filter(({ size }) => size < SMALL_BYTES);
    const together = this.#rawWorks && small.length > FEW ? small : [];
    const alone = together.length > 0 ? wanted.filter(({ size }) => size >= SMALL_BYTES) : wanted;
    await this.#sendTogether(together, failures, signal);
    await this.#sendAlone(alone, failures, signal);
    return filesWith(files, failures);
  }

  async #sendTogether(sources: readonly Source[], failures: BlockFailures, signal?: AbortSignal) {
    for (const group of grouped(sources)) {
      const bytes = group.reduce((sum, { size }) => sum + size, 0);
      await this.#gate.hold(bytes, async () => {
        const read = await Promise.all(group.map((source) => this.#read(source, failures)));
        const blocks = read.filter((block) => block !== null);
        if ((await this.#wire.raw?.upload(blocks, signal)) === 'sent') return;
        this.#rawWorks = false;
        await eachInParallel(blocks, PARALLEL, ({ id, bytes }) => this.#wire.sync.putBlock(id, bytes, signal));
      });
    }
  }

  async #sendAlone(sources: readonly Source[], failures: BlockFailures, signal?: AbortSignal) {
    await eachInParallel(sources, PARALLEL, (source) =>
      this.#gate.hold(source.size, async () => {
        const block = await this.#read(source, failures);
        if (block) await this.#wire.sync.putBlock(block.id, block.bytes, signal);
      }),
    );
  }

  /** The server verifies no block, so the very bytes that are sent are hashed again. */
  async #read(source: Source, failures: BlockFailures) {
    const { id, content, offset, size } = source;
    try {
      const bytes = await readExactly(content, offset, size);
      const actual = hashBlock(bytes);
      if (actual === id) return { id, bytes };
      throw new TypeError(`the bytes of a staged file changed at ${offset} while it was sent`);
    } catch (error) {
      failures.set(id, error);
      return null;
    }
  }
}

/** Files with a block that could not be read. */
function filesWith(files: readonly PlannedFile[], failures: BlockFailures): ContentFailures {
  const failed = new Map<FrozenContent, unknown>();
  for (const { content, blocks } of files) {
    const bad = blocks.find(({ id }) => failures.has(id));
    if (bad) failed.set(content, failures.get(bad.id));
  }
  return failed;
}

function* grouped(sources: readonly Source[]): Generator<Source[]> {
  let group: Source[] = [];
  let bytes = 0;
  for (const source of sources) {
    if (group.length > 0 && bytes + source.size > RAW_BYTES) {
      yield group;
      group = [];
      bytes = 0;
    }
    group.push(source);
    bytes += source.size;
  }
  if (group.length > 0) yield group;
}
