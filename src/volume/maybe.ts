/**
 * A value that is there at once when it is in memory, and a promise when something has to be fetched. Functions that
 * return one also throw at once what they can refuse at once.
 */
export type MaybePromise<T> = T | Promise<T>;

/**
 * Goes on with a value now if it is there now: an answer from memory never waits for a turn of the event loop.
 *
 * (Not called `then`: a module that exports that name is taken for a promise by `import()`.)
 */
export function andThen<T, R>(value: MaybePromise<T>, next: (value: T) => MaybePromise<R>): MaybePromise<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}
