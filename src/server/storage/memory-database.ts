import type { Database, Table } from './database.ts';

/** A change of one record; undefined removes it. */
export interface Change {
  readonly table: string;
  readonly key: string;
  readonly value: unknown;
}

class MemoryTable implements Table<unknown> {
  readonly #records: Map<string, unknown>;
  readonly #change: (key: string, value: unknown) => void;

  constructor(records: Map<string, unknown>, change: (key: string, value: unknown) => void) {
    this.#records = records;
    this.#change = change;
  }

  get(key: string): unknown {
    return this.#records.get(key);
  }

  put(key: string, value: unknown): void {
    this.#change(key, value);
  }

  delete(key: string): void {
    if (this.#records.has(key)) this.#change(key, undefined);
  }

  *entries(prefix = ''): Generator<[string, unknown]> {
    // A copy: a caller may change the table while it goes through the records.
    for (const record of [...this.#records]) if (record[0].startsWith(prefix)) yield record;
  }
}

/** The state of a server in memory; what inherits from it keeps it. */
export class MemoryDatabase implements Database {
  readonly #tables = new Map<string, { readonly records: Map<string, unknown>; readonly table: MemoryTable }>();
  /** Inside a transaction: what was changed, and what stood there before. */
  #open: { readonly changes: Change[]; readonly before: Change[] } | undefined;

  table<Value>(name: string): Table<Value> {
    // One name is always asked for with one type of record: the names and types stand together in records.ts.
    return this.#opened(name).table as unknown as Table<Value>;
  }

  #opened(name: string): { readonly records: Map<string, unknown>; readonly table: MemoryTable } {
    let opened = this.#tables.get(name);
    if (!opened) {
      const records = new Map<string, unknown>();
      opened = { records, table: new MemoryTable(records, (key, value) => this.#change({ table: name, key, value })) };
      this.#tables.set(name, opened);
    }
    return opened;
  }

  #change(change: Change): void {
    const { records } = this.#opened(change.table);
    this.#open?.before.push({ ...change, value: records.get(change.key) });
    this.apply(change);
    if (this.#open) this.#open.changes.push(change);
    else this.keep([change]);
  }

  /** Changes a record in memory alone. */
  protected apply({ table, key, value }: Change): void {
    const { records } = this.#opened(table);
    if (value === undefined) records.delete(key);
    else records.set(key, value);
  }

  /** Called with changes that belong together, once they are made. */
  protected keep(_changes: readonly Change[]): void {
    // In memory there is nothing more to do.
  }

  transaction<Result>(work: () => Result): Result {
    if (this.#open) return work();
    const open = { changes: [], before: [] };
    this.#open = open;
    let result: Result;
    try {
      result = work();
    } catch (error) {
      for (const change of open.before.toReversed()) this.apply(change);
      throw error;
    } finally {
      this.#open = undefined;
    }
    if (open.changes.length > 0) this.keep(open.changes);
    return result;
  }

  written(): Promise<void> | undefined {
    return undefined;
  }

  async close(): Promise<void> {
    this.#tables.clear();
  }
}
