import { constants, type PathLike } from 'node:fs';
import { andThen } from '../../volume/index.ts';
import { encodedName } from '../arguments/encoded-name.ts';
import { optionsArgument } from '../arguments/options.ts';
import { pathArgument } from '../arguments/path.ts';
import { bigIntStatFsOf, type StatFs, statFsOf } from '../classes/stat-fs.ts';
import { type BigIntStats, bigIntStatsOf, type Stats, statsOf } from '../classes/stats.ts';
import { codedError } from '../errors/coded-error.ts';
import type { Prepared } from './prepared.ts';

/** Whether numbers are wanted as BigInts. */
export interface BigIntOption {
  readonly bigint?: boolean;
}

const plain: BigIntOption = {};

export function stat(path: PathLike, options: BigIntOption | null = plain): Prepared<Stats | BigIntStats> {
  const target = pathArgument(path);
  const of = options?.bigint ? bigIntStatsOf : statsOf;
  return (calls) => {
    const found = calls.stat(target);
    if (found instanceof Promise) return found.then((attributes) => of(attributes, calls.identity));
    return of(found, calls.identity);
  };
}

export function lstat(path: PathLike, options: BigIntOption | null = plain): Prepared<Stats | BigIntStats> {
  const target = pathArgument(path);
  const of = options?.bigint ? bigIntStatsOf : statsOf;
  return (calls) => andThen(calls.lstat(target), (attributes) => of(attributes, calls.identity));
}

export function fstat(fd: number, options: BigIntOption | null = plain): Prepared<Stats | BigIntStats> {
  const of = options?.bigint ? bigIntStatsOf : statsOf;
  return (calls) => andThen(calls.fstat(fd), (attributes) => of(attributes, calls.identity));
}

export function statfs(
  path: PathLike,
  options: BigIntOption | null = plain,
): Prepared<StatFs<number> | StatFs<bigint>> {
  const target = pathArgument(path);
  const of: (status: Parameters<typeof statFsOf>[0]) => StatFs<number> | StatFs<bigint> = options?.bigint
    ? bigIntStatFsOf
    : statFsOf;
  return (calls) => andThen(calls.statfs(target), of);
}

export function access(path: PathLike, mode?: number): Prepared<void> {
  const target = pathArgument(path);
  const wanted = bitsArgument(mode, constants.R_OK | constants.W_OK | constants.X_OK);
  return (calls) => calls.access(target, wanted);
}

/** Bits as Node's binding checks them: `mode` of `access` and `copyFile`, with a wording of its own. */
export function bitsArgument(mode: unknown, max: number): number {
  if (mode === undefined || mode === null) return 0;
  if (typeof mode !== 'number') {
    throw codedError(TypeError, 'ERR_INVALID_ARG_TYPE', 'mode must be int32 or null/undefined');
  }
  if (Number.isNaN(mode)) throw codedError(RangeError, 'ERR_OUT_OF_RANGE', 'mode is out of range');
  if (mode < 0 || mode > max) {
    throw codedError(RangeError, 'ERR_OUT_OF_RANGE', `mode is out of range: >= 0 && <= ${max}`);
  }
  return mode | 0;
}

/** The path without `.` and `..`, in the encoding asked for. */
export function realpath(path: PathLike, options?: unknown): Prepared<string | Buffer> {
  const { encoding } = optionsArgument(options);
  const target = pathArgument(path);
  return (calls) => andThen(calls.realpath(target), (real) => encodedName(real, encoding));
}

export function readlink(path: PathLike, options?: unknown): Prepared<string | Buffer> {
  const { encoding } = optionsArgument(options);
  const target = pathArgument(path, 'oldPath');
  return (calls) => andThen(calls.readlink(target), (link) => encodedName(link, encoding));
}
