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
  let left = path;
  for (let end = 0; end < left.length; ) {
    const slash = left.indexOf('/', end + 1);
    const start = end;
    end = slash < 0 ? left.length : slash;
    const name = left.slice(0, end);
    if ((yield* wait(calls.lstat(name))).kind !== 'symlink') continue;
    // A link that leads nowhere, or in a circle, is `stat`'s to tell.
    yield* wait(calls.stat(name));
    const target = posix.resolve(left.slice(0, start) || '/', yield* wait(calls.readlink(name)));
    left = posix.resolve(target, left.slice(end + 1));
    end = 0;
  }
  return encodedName(yield* wait(calls.realpath(path)), encoding);
}
