import { isDate } from 'node:util/types';
import type { Timestamp } from '../../volume/index.ts';
import { invalidArgType } from '../errors/argument-errors.ts';

/** Seconds since 1970 as Node understands a time: a number, a numeric string, or a Date. */
function seconds(time: unknown, name: string): number {
  if (typeof time === 'string' && !Number.isNaN(+time)) return +time;
  if (typeof time === 'number' && Number.isFinite(time)) return time < 0 ? Date.now() / 1000 : time;
  if (isDate(time)) return time.getTime() / 1000;
  throw invalidArgType(name, ['Date', 'Time in seconds'], time);
}

/**
 * A time for `utimes`. Whole microseconds: Node cuts what is finer, so that a time set here equals one set on a disk.
 *
 * @returns for an invalid Date what is no time either; the call refuses it
 */
export function timeArgument(time: unknown, name = 'time'): Timestamp {
  const value = seconds(time, name);
  let whole = Math.trunc(value);
  let nanoseconds = Math.trunc((value - whole) * 1e9);
  nanoseconds -= nanoseconds % 1000;
  if (nanoseconds < 0) {
    nanoseconds += 1e9;
    whole -= 1;
  }
  return { seconds: whole, nanoseconds };
}
