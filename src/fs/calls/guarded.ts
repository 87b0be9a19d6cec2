import type { MaybePromise } from '../../volume/index.ts';
import { asSystemError } from '../errors/system-error.ts';

/** Does what a call does, and names the call and its paths in the error when the volume refuses. */
export function guarded<T>(
  syscall: string,
  path: string | undefined,
  dest: string | undefined,
  action: () => MaybePromise<T>,
): MaybePromise<T> {
  try {
    const result = action();
    if (!(result instanceof Promise)) return result;
    return result.catch((error: unknown) => {
      throw asSystemError(error, syscall, path, dest);
    });
  } catch (error) {
    throw asSystemError(error, syscall, path, dest);
  }
}
