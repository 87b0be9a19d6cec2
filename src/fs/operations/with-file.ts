import type { SystemCalls } from '../calls/calls.ts';
import { bothErrors } from '../errors/state-errors.ts';
import { type Task, wait } from '../task.ts';

/** Opens a file, does something with it, and closes it whatever happened. */
export function* withFile<T>(
  calls: SystemCalls,
  path: string,
  flags: number,
  mode: number,
  body: (fd: number) => Task<T>,
): Task<T> {
  const fd = yield* wait(calls.open(path, flags, mode));
  let result: T;
  try {
    result = yield* body(fd);
  } catch (error) {
    try {
      yield* wait(calls.close(fd));
    } catch (closing) {
      throw bothErrors(closing, error);
    }
    throw error;
  }
  yield* wait(calls.close(fd));
  return result;
}
