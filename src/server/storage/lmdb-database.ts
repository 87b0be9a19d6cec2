import { type Database as LmdbStore, open, type RootDatabase } from 'lmdb';
import { type Change, MemoryDatabase } from './memory-database.ts';

/**
 * A database kept in one LMDB file.
 *
 * LMDB writes in a thread of its own, and everything that is changed within one turn of the event loop becomes one of
 * its transactions: what belongs together is kept together, and many commits share one write.
 */
export class LmdbDatabase extends MemoryDatabase {
  readonly #root: RootDatabase<unknown, string>;
  readonly #stores = new Map<string, LmdbStore<unknown, string>>();
  readonly #powerSafe: boolean;
  #pending: Promise<unknown> | undefined;

  /**
   * @param path folder of the LMDB file; made when it is missing
   * @param options `powerSafe`: {@link written} waits for the disk, not only for the operating system
   */
  constructor(path: string, tables: readonly string[], options: { powerSafe: boolean }) {
    super();
    this.#powerSafe = options.powerSafe;
    this.#root = open<unknown, string>({ path, maxDbs: 32, encoding: 'json' });
    for (const table of tables) {
      const store = this.#root.openDB<unknown, string>({ name: table, encoding: 'json' });
      this.#stores.set(table, store);
      for (const { key, value } of store.getRange({})) this.apply({ table, key, value });
    }
  }

  protected override keep(changes: readonly Change[]): void {
    for (const { table, key, value } of changes) {
      const store = this.#stores.get(table);
      if (!store) throw new Error(`the table ${table} was not opened`);
      this.#pending = value === undefined ? store.remove(key) : store.put(key, value);
    }
  }

  override written(): Promise<void> | undefined {
    const pending = this.#pending;
    if (!pending) return undefined;
    return this.#until(pending);
  }

  async #until(pending: Promise<unknown>): Promise<void> {
    await pending;
    if (this.#powerSafe) await this.#root.flushed;
    if (this.#pending === pending) this.#pending = undefined;
  }

  override async close(): Promise<void> {
    await this.#pending;
    await this.#root.flushed;
    await this.#root.close();
  }
}
