/** A named set of records. Records are immutable: a change is a new record under the same key. */
export interface Table<Value> {
  get(key: string): Value | undefined;
  put(key: string, value: Value): void;
  delete(key: string): void;
  /** Records whose key starts with `prefix`, in key order. */
  entries(prefix?: string): Iterable<[key: string, value: Value]>;
}

/**
 * The small durable state of a server: accounts, tokens, branch heads, shares.
 *
 * Everything is synchronous, so that reading a head, comparing and moving it is one step. A change has survived the
 * death of the process when the call returns.
 */
export interface Database {
  table<Value>(name: string): Table<Value>;
  /** Runs `work` so that all of its changes are made, or none. */
  transaction<Result>(work: () => Result): Result;
  close(): Promise<void>;
}
