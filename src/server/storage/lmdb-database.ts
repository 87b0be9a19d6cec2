import { type Database as LmdbStore, open, type RootDatabase } from 'lmdb';
import type { Database, Table } from './database.ts';

/** Sorts after every character that occurs in a key. */
const AFTER_ALL = '\uffff';

class LmdbTable<Value> implements Table<Value> {
  readonly #store: LmdbStore<Value, string>;

  constructor(store: LmdbStore<Value, string>) {
    this.#store = store;
  }

  get(key: string): Value | undefined {
    return this.#store.get(key);
  }

  put(key: string, value: Value): void {
    this.#store.putSync(key, value);
  }

  delete(key: string): void {
    this.#store.removeSync(key);
  }

  *entries(prefix = ''): Generator<[string, Value]> {
    // The range is read to its end first: a caller may change the table while it goes through the records.
    const range = prefix ? { start: prefix, end: prefix + AFTER_ALL } : {};
    for (const { key, value } of [...this.#store.getRange(range)]) yield [key, value];
  }
}

/** A database in one LMDB file. */
export class LmdbDatabase implements Database {
  readonly #root: RootDatabase<unknown, string>;
  readonly #tables = new Map<string, Table<unknown>>();

  constructor(path: string) {
    this.#root = open<unknown, string>({ path, maxDbs: 32, encoding: 'json' });
  }

  table<Value>(name: string): Table<Value> {
    let table = this.#tables.get(name);
    if (!table) {
      table = new LmdbTable<unknown>(this.#root.openDB<unknown, string>({ name, encoding: 'json' }));
      this.#tables.set(name, table);
    }
    // One name is always asked for with one type of record: the names and types stand together in records.ts.
    return table as Table<Value>;
  }

  transaction<Result>(work: () => Result): Result {
    return this.#root.transactionSync(work);
  }

  async close(): Promise<void> {
    await this.#root.close();
  }
}
