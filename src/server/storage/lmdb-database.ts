import { type Database as LmdbStore, open, type RootDatabase } from 'lmdb';
import { type Change, MemoryDatabase } from './memory-database.ts';

export interface LmdbOptions {
  /** Whether what is written waits for the disk, not only for the operating system. */
  readonly powerSafe: boolean;
  /** Run before each batch is written: what it refers to has to be kept first. */
  readonly before: () => Promise<void> | undefined;
}

/**
 * A database kept in one LMDB file.
 *
 * Changes are written in batches: while one is on its way to the disk, everything that changes meanwhile makes up the
 * next one. Many commits thus share one flush. A batch is one transaction of LMDB, so that what was changed within one
 * turn of the event loop is kept together.
 */
export class LmdbDatabase extends MemoryDatabase {
  readonly #root: RootDatabase<unknown, string>;
  readonly #stores = new Map<string, LmdbStore<unknown, string>>();
  readonly #options: LmdbOptions;
  #queue: Change[] = [];
  /** The batch that is being written. */
  #current: Promise<void> | undefined;
  /** The batch that takes the queue. */
  #next: Promise<void> | undefined;

  /** @param path folder of the LMDB file; made when it is missing */
  constructor(path: string, tables: readonly string[], options: LmdbOptions) {
    super();
    this.#options = options;
    this.#root = open<unknown, string>({ path, maxDbs: 32, encoding: 'json' });
    for (const table of tables) {
      const store = this.#root.openDB<unknown, string>({ name: table, encoding: 'json' });
      this.#stores.set(table, store);
      for (const { key, value } of store.getRange({})) this.apply({ table, key, value });
    }
  }

  protected override keep(changes: readonly Change[]): void {
    this.#queue.push(...changes);
    this.#follow();
  }

  #follow(): void {
    if (this.#next) return;
    this.#next = this.#write(this.#current);
    // Whoever waits hears of a failure; where nobody does, the next one who changes something will.
    this.#next.catch(() => undefined);
  }

  async #write(current: Promise<void> | undefined): Promise<void> {
    // A failed batch is part of this one again. Either way the turn that made the first change ends before this goes on.
    await current?.catch(() => undefined);
    this.#current = this.#next;
    this.#next = undefined;
    const me = this.#current;
    const batch = this.#queue;
    this.#queue = [];
    try {
      await this.#options.before();
      await this.#put(batch);
      if (this.#options.powerSafe) await this.#root.flushed;
    } catch (error) {
      this.#queue = [...batch, ...this.#queue];
      throw error;
    } finally {
      if (this.#current === me) this.#current = undefined;
    }
  }

  #put(batch: readonly Change[]): Promise<unknown> | undefined {
    let last: Promise<unknown> | undefined;
    for (const { table, key, value } of batch) {
      const store = this.#stores.get(table);
      if (!store) throw new Error(`the table ${table} was not opened`);
      last = value === undefined ? store.remove(key) : store.put(key, value);
    }
    return last;
  }

  override written(): Promise<void> | undefined {
    if (this.#queue.length > 0) this.#follow();
    return this.#next ?? this.#current;
  }

  override async close(): Promise<void> {
    await this.written();
    await this.#root.flushed;
    await this.#root.close();
  }
}
