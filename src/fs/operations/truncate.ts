import { constants, type PathLike } from 'node:fs';
import { integerArgument } from '../arguments/numbers.ts';
import { pathArgument } from '../arguments/path.ts';
import { run, wait } from '../task.ts';
import type { Prepared } from './prepared.ts';
import { withFile } from './with-file.ts';

/** As Node does it: open for reading and writing, cut, close; so errors name `open` or `ftruncate`. */
export function truncate(path: PathLike, length: unknown = 0): Prepared<void> {
  const target = pathArgument(path);
  const size = Math.max(0, integerArgument(length, 'len'));
  return (calls) => run(withFile(calls, target, constants.O_RDWR, 0o666, (fd) => wait(calls.ftruncate(fd, size))));
}
