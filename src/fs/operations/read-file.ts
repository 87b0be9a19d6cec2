import type { PathLike } from 'node:fs';
import { flagsArgument } from '../arguments/flags.ts';
import { type CommonOptions, optionsArgument } from '../arguments/options.ts';
import { pathArgument } from '../arguments/path.ts';
import type { SystemCalls } from '../calls/calls.ts';
import { checkAborted, fileTooLarge, turnToAbort } from '../errors/state-errors.ts';
import { run, type Task, wait } from '../task.ts';
import type { Prepared } from './prepared.ts';
import { withFile } from './with-file.ts';

/** Bytes that Node reads into one Buffer at most. */
const MAX_FILE_LENGTH = 2 ** 31 - 1;

/** The whole of a file: a Buffer, or a string where an encoding is given. */
export function readFile(path: PathLike, options?: unknown): Prepared<string | Buffer> {
  const { encoding, signal, flag } = optionsArgument(options, { flag: 'r' });
  const target = pathArgument(path);
  const flags = flagsArgument(flag || 'r');
  const text = textEncoding(encoding);
  return (calls) => {
    checkAborted(signal);
    return run(withFile(calls, target, flags, 0o666, (fd) => readAll(calls, fd, text, signal)));
  };
}

/** The encoding of a result, if it is to be a string. */
export function textEncoding(encoding: CommonOptions['encoding']): BufferEncoding | undefined {
  return encoding && encoding !== 'buffer' ? encoding : undefined;
}

/** Reads from a descriptor until the file ends. @param signal checked between pieces, and handed down */
export function readToEnd(
  fd: number,
  encoding: BufferEncoding | undefined,
  signal: AbortSignal | undefined,
): Prepared<string | Buffer> {
  return (calls) => run(readAll(calls, fd, encoding, signal));
}

/** Bytes asked for at once: large enough that the number of calls does not count, small enough to be stopped between. */
const READ_LENGTH = 4 * 1024 * 1024;

function* readAll(
  calls: SystemCalls,
  fd: number,
  encoding: BufferEncoding | undefined,
  signal: AbortSignal | undefined,
): Task<string | Buffer> {
  if (signal !== undefined) yield* wait(turnToAbort(signal));
  const { size } = yield* wait(calls.fstat(fd));
  if (size > MAX_FILE_LENGTH) throw fileTooLarge(size);
  // One byte more than the file has: a small file and its end are one answer.
  const length = Math.min(size + 1, READ_LENGTH);
  const first = yield* wait(calls.read(fd, length, null, signal));
  const whole = first.byteLength < length ? first : yield* readOn(calls, fd, first, size, signal);
  if (encoding !== undefined) return Buffer.from(whole.buffer, whole.byteOffset, whole.byteLength).toString(encoding);
  if (Buffer.isBuffer(whole) && whole !== first) return whole;
  // A buffer of the caller's own: what the volume answered is not to be changed.
  const copy = Buffer.allocUnsafeSlow(whole.byteLength);
  copy.set(whole);
  return copy;
}

/** The rest of a file that is too long for one answer. @param size its length when asked; it may change meanwhile */
function* readOn(
  calls: SystemCalls,
  fd: number,
  first: Uint8Array,
  size: number,
  signal: AbortSignal | undefined,
): Task<Uint8Array> {
  let whole = Buffer.allocUnsafeSlow(Math.max(size, first.byteLength));
  whole.set(first);
  let total = first.byteLength;
  for (;;) {
    checkAborted(signal);
    const piece = yield* wait(calls.read(fd, READ_LENGTH, null, signal));
    const needed = total + piece.byteLength;
    if (needed > MAX_FILE_LENGTH) throw fileTooLarge(needed);
    if (needed > whole.byteLength) whole = Buffer.concat([whole], Math.min(2 * needed, MAX_FILE_LENGTH));
    whole.set(piece, total);
    total = needed;
    if (piece.byteLength < READ_LENGTH) return whole.subarray(0, total);
  }
}
