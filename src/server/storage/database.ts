/** A named set of records. Records are immutable: a change is a new record under the same key. */
export interface Table<Value> {
  get(key: string): Value | undefined;
  put(key: string, value: Value): void;
  delete(key: string): void;
  /** Records whose key starts with `prefix`, in no particular order. */
  entries(prefix?: string): Iterable<[key: string, value: Value]>;
}

/**
 * The small durable state of a server: accounts, tokens, branch heads, shares.
 *
 * All of it is in memory, and reading and changing it is synchronous, so that reading a head, comparing and moving it is
 * one step. What keeps it is behind: {@link written} tells when the changes made so far are kept.
 */
export interface Database {
  table<Value>(name: string): Table<Value>;
  /** Runs `work`, which must not await, so that all of its changes are made, or none. */
  transaction<Result>(work: () => Result): Result;
  /**
   * Waits until all changes made so far survive the death of the process, and a power cut too when the database was
   * opened for that.
   *
   * @returns undefined when there is nothing to wait for
   */
  written(): Promise<void> | undefined;
  close(): Promise<void>;
}
