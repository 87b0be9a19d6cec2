import type { PathLike } from 'node:fs';
import { posix } from 'node:path';
import { encodedName } from '../arguments/encoded-name.ts';
import { optionsArgument } from '../arguments/options.ts';
import { pathArgument } from '../arguments/path.ts';
import type { SystemCalls } from '../calls/calls.ts';
import { run, type Task, wait } from '../task.ts';
import type { Prepared } from './prepared.ts';

/**
 * `realpath` as Node does it in JavaScript, name by name: for a path that leads nowhere the error is `lstat`'s, of the
 * first name that is missing. (`realpath.native` and the promise ask in one call.)
 */
export function realpathByNames(path: PathLike, options?: unknown): Prepared<string | Buffer> {
  const { encoding } = optionsArgument(options);
  const target = posix.resolve('/', pathArgument(path));
  return (calls) => run(walkNames(calls, target, encoding));
}

function* walkNames(
  calls: SystemCalls,
  path: string,
  encoding: Parameters<typeof encodedName>[1],
): Task<string | Buffer> {
  for (let end = path.indexOf('/', 1); end > 0; end = path.indexOf('/', end + 1)) {
    yield* wait(calls.lstat(path.slice(0, end)));
  }
  yield* wait(calls.lstat(path));
  return encodedName(yield* wait(calls.realpath(path)), encoding);
}
