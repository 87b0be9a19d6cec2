import type { PathLike } from 'node:fs';
import { bytesOf, stringData } from '../arguments/buffers.ts';
import { flagsArgument } from '../arguments/flags.ts';
import { modeArgument } from '../arguments/numbers.ts';
import { booleanArgument, optionsArgument, signalArgument } from '../arguments/options.ts';
import { pathArgument } from '../arguments/path.ts';
import type { SystemCalls } from '../calls/calls.ts';
import { checkAborted, turnToAbort } from '../errors/state-errors.ts';
import { run, type Task, wait } from '../task.ts';
import type { Prepared } from './prepared.ts';
import { withFile } from './with-file.ts';

/** The options of `writeFile` and `appendFile`, checked. */
export interface WriteFileOptions {
  readonly encoding: BufferEncoding;
  readonly mode: number;
  readonly flags: number;
  readonly flush: boolean;
  readonly signal: AbortSignal | undefined;
}

/** @param flag the flag where the caller gives none */
export function writeFileOptions(options: unknown, flag: 'a' | 'w'): WriteFileOptions {
  const given = optionsArgument(options, { encoding: 'utf8', mode: 0o666, flag, flush: false });
  const encoding = given.encoding && given.encoding !== 'buffer' ? given.encoding : 'utf8';
  return {
    encoding,
    mode: modeArgument(given.mode, 'mode', 0o666),
    flags: flagsArgument(given.flag || flag),
    flush: booleanArgument(given.flush ?? false, 'options.flush'),
    signal: signalArgument(given.signal, 'options.signal'),
  };
}

/** The bytes of a string or view. @throws ERR_INVALID_ARG_TYPE for anything else */
export function dataBytes(data: unknown, encoding: BufferEncoding): Uint8Array {
  return ArrayBuffer.isView(data) ? bytesOf(data) : Buffer.from(stringData(data, 'data'), encoding);
}

export function writeFile(path: PathLike, data: unknown, options?: unknown): Prepared<void> {
  return prepareWriteFile(path, data, writeFileOptions(options, 'w'));
}

export function appendFile(path: PathLike, data: unknown, options?: unknown): Prepared<void> {
  return prepareWriteFile(path, data, writeFileOptions(options, 'a'));
}

function prepareWriteFile(path: PathLike, data: unknown, options: WriteFileOptions): Prepared<void> {
  const { encoding, flags, mode, flush, signal } = options;
  const bytes = dataBytes(data, encoding);
  const target = pathArgument(path);
  return (calls) => {
    checkAborted(signal);
    return run(
      withFile(calls, target, flags, mode, function* (fd) {
        yield* writeAll(calls, fd, bytes, signal);
        if (flush) yield* wait(calls.fsync(fd));
      }),
    );
  };
}

/** Bytes handed over at once: a signal is looked at between pieces. */
const WRITE_LENGTH = 4 * 1024 * 1024;

/** Writes at the descriptor's position. */
export function* writeAll(calls: SystemCalls, fd: number, bytes: Uint8Array, signal?: AbortSignal): Task<void> {
  if (signal !== undefined) yield* wait(turnToAbort(signal));
  let written = 0;
  while (written < bytes.byteLength) {
    checkAborted(signal);
    written += yield* wait(calls.write(fd, [bytes.subarray(written, written + WRITE_LENGTH)], null));
  }
}
