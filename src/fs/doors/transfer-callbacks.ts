import { promisify } from 'node:util';
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
import { functionArgument, objectArgument } from '../arguments/options.ts';
import type { SystemCalls } from '../calls/calls.ts';
import { readInto, readVector, writeVector } from '../operations/descriptor.ts';
import type { Prepared } from '../operations/prepared.ts';
import { type CallbackFunction, settle } from './callback-form.ts';

/** Bytes of the buffer of a read that brings none. */
const READ_BUFFER = 16384;

/** `read`, `readv`, `write` and `writev`, whose callbacks get a count and the buffer. */
export function transferCallbacks(calls: SystemCalls) {
  const transfer = (operation: Prepared<number>, buffer: unknown, callback: (...results: unknown[]) => void): void =>
    settle(
      () => operation(calls),
      (error, count) => {
        if (error) callback(error, 0, buffer);
        else callback(null, count, buffer);
      },
    );

  const read: CallbackFunction = (...args) => {
    const fd = descriptorArgument(args[0]);
    const { buffer, offset, length, position, callback } = readArguments(args);
    const view = bufferArgument(buffer);
    const done = functionArgument<(...results: unknown[]) => void>(callback, 'cb');
    // Node takes any length for a 32-bit number.
    const target = readRange(view, offset, (length as number) | 0);
    if (target === null) {
      process.nextTick(done, null, 0, buffer);
      return;
    }
    transfer(readInto(fd, target, positionArgument(position)), buffer, done);
  };

  const readv: CallbackFunction = (fd, buffers, ...rest) => {
    const descriptor = descriptorArgument(fd);
    const views = buffersArgument(buffers);
    const [position, done] = positionAndCallback(rest);
    transfer(readVector(descriptor, views, loosePosition(position)), buffers, done);
  };

  const write: CallbackFunction = (fd, data, ...rest) => {
    const descriptor = descriptorArgument(fd);
    const callback = rest.find((argument) => typeof argument === 'function') ?? rest.at(-1);
    const given = rest.slice(0, rest.indexOf(callback));
    if (!ArrayBuffer.isView(data)) {
      // A string: write(fd, string, position, encoding).
      const text = stringData(data, 'buffer');
      const encoding = encodingForData(text, given[1]);
      const done = functionArgument<(...results: unknown[]) => void>(callback, 'cb');
      const bytes = Buffer.from(text, encoding);
      transfer(writeVector(descriptor, [bytes], loosePosition(given[0])), data, done);
      return;
    }
    const done = functionArgument<(...results: unknown[]) => void>(callback, 'cb');
    const [offset, length, position] = given;
    const range =
      typeof offset === 'object' && offset !== null
        ? (offset as { offset?: unknown; length?: unknown; position?: unknown })
        : { offset, length, position };
    const bytes = writeRange(data, range.offset, range.length);
    transfer(writeVector(descriptor, [bytes], loosePosition(range.position)), data, done);
  };

  const writev: CallbackFunction = (fd, buffers, ...rest) => {
    const descriptor = descriptorArgument(fd);
    const views = buffersArgument(buffers);
    const [position, done] = positionAndCallback(rest);
    if (views.length === 0) {
      process.nextTick(done, null, 0, buffers);
      return;
    }
    transfer(writeVector(descriptor, views, loosePosition(position)), buffers, done);
  };

  return {
    read: withPromise(read, 'bytesRead', 'buffer'),
    readv: withPromise(readv, 'bytesRead', 'buffers'),
    write: withPromise(write, 'bytesWritten', 'buffer'),
    writev: withPromise(writev, 'bytesWritten', 'buffers'),
  };
}

interface ReadArguments {
  readonly buffer: unknown;
  readonly offset: unknown;
  readonly length: unknown;
  readonly position: unknown;
  readonly callback: unknown;
}

/** `read(fd[, buffer][, options], callback)`, `read(fd, options, callback)`, or with everything in a row. */
function readArguments(args: readonly unknown[]): ReadArguments {
  const [, first, second, third] = args;
  if (args.length > 4) {
    const [, buffer, offset, length, position, callback] = args;
    return { buffer, offset, length, position, callback };
  }
  if (args.length === 4) return { ...rangeOf(first, second), callback: third };
  if (args.length <= 2) return { ...rangeOf(Buffer.alloc(READ_BUFFER), undefined), callback: first };
  if (ArrayBuffer.isView(first)) return { ...rangeOf(first, undefined), callback: second };
  const options = first === undefined ? {} : objectArgument(first, 'options', true);
  const buffer = options.buffer === undefined ? Buffer.alloc(READ_BUFFER) : options.buffer;
  return { ...rangeOf(buffer, first), callback: second };
}

function rangeOf(buffer: unknown, options: unknown): Omit<ReadArguments, 'callback'> {
  const given = options === undefined ? {} : objectArgument(options, 'options', true);
  const { offset = 0, position = null } = given;
  const size = ArrayBuffer.isView(buffer) ? buffer.byteLength : 0;
  const { length = size - (offset as number) } = given;
  return { buffer, offset, length, position };
}

/** The rest of a vector call: a position, which may be left out, and the callback. */
function positionAndCallback(rest: readonly unknown[]): [position: unknown, callback: (...results: unknown[]) => void] {
  const [position, callback] = rest;
  return [position, functionArgument(callback || position, 'cb')];
}

/** What `promisify` makes of a call with two results: an object of both. */
function withPromise(call: CallbackFunction, count: string, buffer: string): CallbackFunction {
  const promised = (...args: unknown[]): Promise<object> =>
    new Promise((resolve, reject) => {
      call(...args, (error: unknown, counted: unknown, given: unknown) => {
        if (error) reject(error);
        else resolve({ [count]: counted, [buffer]: given });
      });
    });
  return Object.defineProperty(call, promisify.custom, { value: promised });
}
