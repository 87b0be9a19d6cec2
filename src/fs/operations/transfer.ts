import {
  bufferArgument,
  buffersArgument,
  encodingForData,
  loosePosition,
  positionArgument,
  readRange,
  stringData,
  writeRange,
} from '../arguments/buffers.ts';
import { descriptorArgument } from '../arguments/numbers.ts';
import { objectArgument } from '../arguments/options.ts';
import { readInto, readVector, writeVector } from './descriptor.ts';
import type { Prepared } from './prepared.ts';

// Reading and writing by descriptor, as the functions with callbacks and those that block take it.

/** Bytes of the buffer of a read that brings none. */
export const READ_BUFFER = 16384;

/** What is read, and where to. */
export interface ReadArguments {
  readonly buffer: unknown;
  readonly offset: unknown;
  readonly length: unknown;
  readonly position: unknown;
}

/** The arguments of a read whose range comes as options, or not at all. */
export function rangeOfOptions(buffer: unknown, options: unknown): ReadArguments {
  const given = options === undefined ? {} : objectArgument(options, 'options', true);
  const { offset = 0, position = null } = given;
  const size = ArrayBuffer.isView(buffer) ? buffer.byteLength : 0;
  const { length = size - (offset as number) } = given;
  return { buffer, offset, length, position };
}

/** @returns bytes read, 0 at the end of the file */
export function read(fd: unknown, { buffer, offset, length, position }: ReadArguments): Prepared<number> {
  const descriptor = descriptorArgument(fd);
  // Node takes any length for a 32-bit number.
  const target = readRange(bufferArgument(buffer), offset, (length as number) | 0);
  return target === null ? () => 0 : readInto(descriptor, target, positionArgument(position, target.byteLength));
}

export function readv(fd: unknown, buffers: unknown, position: unknown): Prepared<number> {
  return readVector(descriptorArgument(fd), buffersArgument(buffers), loosePosition(position));
}

/**
 * `write(fd, buffer, offset, length, position)`, `write(fd, buffer, options)` or `write(fd, string, position, encoding)`.
 *
 * @param rest  what follows the data
 */
export function write(fd: unknown, data: unknown, ...rest: readonly unknown[]): Prepared<number> {
  const descriptor = descriptorArgument(fd);
  if (!ArrayBuffer.isView(data)) {
    const [position, encoding] = rest;
    const text = stringData(data, 'buffer');
    const bytes = Buffer.from(text, encodingForData(text, encoding));
    return writeVector(descriptor, [bytes], loosePosition(position));
  }
  const [offsetOrOptions, length, position] = rest;
  const range =
    typeof offsetOrOptions === 'object' && offsetOrOptions !== null
      ? (offsetOrOptions as Partial<ReadArguments>)
      : { offset: offsetOrOptions, length, position };
  const bytes = writeRange(data, range.offset, range.length);
  return writeVector(descriptor, [bytes], loosePosition(range.position));
}

export function writev(fd: unknown, buffers: unknown, position: unknown): Prepared<number> {
  return writeVector(descriptorArgument(fd), buffersArgument(buffers), loosePosition(position));
}
