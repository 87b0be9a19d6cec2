import { promisify } from 'node:util';
import { functionArgument, objectArgument } from '../arguments/options.ts';
import type { SystemCalls } from '../calls/calls.ts';
import type { Prepared } from '../operations/prepared.ts';
import { READ_BUFFER, type ReadArguments, rangeOfOptions, read, readv, write, writev } from '../operations/transfer.ts';
import { type CallbackFunction, settle } from './callback-form.ts';

type Results = (...results: unknown[]) => void;

/** `read`, `readv`, `write` and `writev`, whose callbacks get a count and the buffer. */
export function transferCallbacks(calls: SystemCalls) {
  const tell = (operation: Prepared<number>, buffer: unknown, callback: Results): void =>
    settle(
      () => operation(calls),
      (error, count) => {
        if (error) callback(error, 0, buffer);
        else callback(null, count, buffer);
      },
    );

  const vector =
    (prepare: typeof readv): CallbackFunction =>
    (fd, buffers, position, callback) => {
      const operation = prepare(fd, buffers, position);
      tell(operation, buffers, functionArgument(callback || position, 'cb'));
    };

  return {
    read: withPromise(
      (...args) => {
        const { callback, ...given } = readArguments(args);
        const operation = read(args[0], given);
        tell(operation, given.buffer, functionArgument(callback, 'cb'));
      },
      'bytesRead',
      'buffer',
    ),
    readv: withPromise(vector(readv), 'bytesRead', 'buffers'),
    write: withPromise(
      (fd, data, ...rest) => {
        const at = rest.findIndex((argument) => typeof argument === 'function');
        const operation = write(fd, data, ...(at < 0 ? rest : rest.slice(0, at)));
        tell(operation, data, functionArgument(rest[at], 'cb'));
      },
      'bytesWritten',
      'buffer',
    ),
    writev: withPromise(vector(writev), 'bytesWritten', 'buffers'),
  };
}

/** `read(fd[, buffer][, options], callback)`, `read(fd, options, callback)`, or with everything in a row. */
function readArguments(args: readonly unknown[]): ReadArguments & { readonly callback: unknown } {
  const [, first, second, third] = args;
  if (args.length > 4) {
    const [, buffer, offset, length, position, callback] = args;
    return { buffer, offset, length, position, callback };
  }
  if (args.length === 4) return { ...rangeOfOptions(first, second), callback: third };
  if (args.length <= 2) return { ...rangeOfOptions(Buffer.alloc(READ_BUFFER), undefined), callback: first };
  if (ArrayBuffer.isView(first)) return { ...rangeOfOptions(first, undefined), callback: second };
  const options = first === undefined ? {} : objectArgument(first, 'options', true);
  const buffer = options.buffer === undefined ? Buffer.alloc(READ_BUFFER) : options.buffer;
  return { ...rangeOfOptions(buffer, first), callback: second };
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
