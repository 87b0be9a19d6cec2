import type { MaybePromise } from '../volume/index.ts';

/**
 * A compound operation, written once for every door: it yields what it waits for.
 *
 * Where every answer is there at once the whole task is done at once; otherwise it goes on as the promises settle. So
 * the same lines serve promises, callbacks, and a caller that blocks.
 */
export type Task<T> = Generator<Promise<unknown>, T, unknown>;

/** Waits for a value within a task, if it has to be waited for. */
export function* wait<T>(value: MaybePromise<T>): Task<T> {
  // The driver sends back what the promise it was given resolved to.
  return value instanceof Promise ? ((yield value) as T) : value;
}

/** Does a task, at once as far as it goes. */
export function run<T>(task: Task<T>): MaybePromise<T> {
  const step = task.next();
  return step.done ? step.value : finish(task, step.value);
}

async function finish<T>(task: Task<T>, first: Promise<unknown>): Promise<T> {
  let awaited = first;
  for (;;) {
    let resume: () => IteratorResult<Promise<unknown>, T>;
    try {
      const value = await awaited;
      resume = () => task.next(value);
    } catch (error) {
      resume = () => task.throw(error);
    }
    const step = resume();
    if (step.done) return step.value;
    awaited = step.value;
  }
}
