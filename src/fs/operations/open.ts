import type { PathLike } from 'node:fs';
import { flagsArgument } from '../arguments/flags.ts';
import { modeArgument } from '../arguments/numbers.ts';
import { pathArgument } from '../arguments/path.ts';
import type { Prepared } from './prepared.ts';

/** @returns a descriptor */
export function open(path: PathLike, flags?: unknown, mode?: unknown): Prepared<number> {
  const target = pathArgument(path);
  const bits = flagsArgument(flags);
  const permissions = modeArgument(mode, 'mode', 0o666);
  return (calls) => calls.open(target, bits, permissions);
}
