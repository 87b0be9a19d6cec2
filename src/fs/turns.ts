import type { MaybePromise } from '../volume/index.ts';

/** One thing after the other: each action starts when the one before it has ended, at once if none is under way. */
export class Turns {
  #last: Promise<unknown> | null = null;

  /** Whether an action is under way. */
  get busy(): boolean {
    return this.#last !== null;
  }

  take<T>(action: () => MaybePromise<T>): MaybePromise<T> {
    const result = this.#last === null ? action() : this.#last.then(action, action);
    if (!(result instanceof Promise)) return result;
    const done = (): void => {
      if (this.#last === result) this.#last = null;
    };
    this.#last = result;
    // Whoever asked for the action has the promise and its error; this only waits for the end.
    result.then(done, done);
    return result;
  }
}
