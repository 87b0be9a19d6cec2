import { invalidArgType, invalidArgValue, outOfRange } from '../errors/argument-errors.ts';

/** @throws TypeError ERR_INVALID_ARG_TYPE, RangeError ERR_OUT_OF_RANGE */
export function integerArgument(
  value: unknown,
  name: string,
  min: number = Number.MIN_SAFE_INTEGER,
  max: number = Number.MAX_SAFE_INTEGER,
): number {
  if (typeof value !== 'number') throw invalidArgType(name, ['number'], value);
  if (!Number.isInteger(value)) throw outOfRange(name, 'an integer', value);
  if (value < min || value > max) throw outOfRange(name, `>= ${min} && <= ${max}`, value);
  return value;
}

export function int32Argument(value: unknown, name: string, min = -2147483648, max = 2147483647): number {
  return integerArgument(value, name, min, max);
}

export function uint32Argument(value: unknown, name: string, min: 0 | 1 = 0): number {
  return integerArgument(value, name, min, 4294967295);
}

/** A file descriptor. */
export function descriptorArgument(fd: unknown, name = 'fd'): number {
  return Object.is(fd, -0) ? 0 : int32Argument(fd, name, 0);
}

const octal = /^[0-7]+$/;

/** A file mode: a number or an octal string. @param fallback for undefined and null; without one they are refused */
export function modeArgument(value: unknown, name: string, fallback?: number): number {
  const mode = value ?? fallback;
  if (typeof mode !== 'string') return uint32Argument(mode, name);
  if (!octal.test(mode)) {
    throw invalidArgValue(name, mode, 'must be a 32-bit unsigned integer or an octal string');
  }
  return uint32Argument(Number.parseInt(mode, 8), name);
}

/** A user or group id; -1 leaves it as it is. */
export function ownerArgument(value: unknown, name: 'uid' | 'gid'): number {
  return integerArgument(value, name, -1, 2 ** 32 - 1);
}
