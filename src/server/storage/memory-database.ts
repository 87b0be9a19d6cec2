import type { Database, Table } from './database.ts';

class MemoryTable<Value> implements Table<Value> {
  readonly #records = new Map<string, Value>();
  readonly #undo: (revert: () => void) => void;

  constructor(undo: (revert: () => void) => void) {
    this.#undo = undo;
  }

  get(key: string): Value | undefined {
    return this.#records.get(key);
  }

  put(key: string, value: Value): void {
    this.#remember(key);
    this.#records.set(key, value);
  }

  delete(key: string): void {
    this.#remember(key);
    this.#records.delete(key);
  }

  #remember(key: string): void {
    const before = this.#records.get(key);
    this.#undo(() => {
      if (before === undefined) this.#records.delete(key);
      else this.#records.set(key, before);
    });
  }

  *entries(prefix = ''): Generator<[string, Value]> {
    for (const key of [...this.#records.keys()].filter((key) => key.startsWith(prefix)).sort()) {
      const value = this.#records.get(key);
      if (value !== undefined) yield [key, value];
    }
  }
}

/** A database that is gone with the process. */
export class MemoryDatabase implements Database {
  readonly #tables = new Map<string, Table<unknown>>();
  #undo: (() => void)[] | undefined;

  table<Value>(name: string): Table<Value> {
    let table = this.#tables.get(name);
    if (!table) {
      table = new MemoryTable<unknown>((revert) => this.#undo?.push(revert));
      this.#tables.set(name, table);
    }
    // One name is always asked for with one type of record: the names and types stand together in records.ts.
    return table as Table<Value>;
  }

  transaction<Result>(work: () => Result): Result {
    if (this.#undo) return work();
    const undo: (() => void)[] = [];
    this.#undo = undo;
    try {
      return work();
    } catch (error) {
      this.#undo = undefined;
      for (const revert of undo.reverse()) revert();
      throw error;
    } finally {
      this.#undo = undefined;
    }
  }

  async close(): Promise<void> {
    this.#tables.clear();
  }
}
