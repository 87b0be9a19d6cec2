import type { SystemCalls } from '../calls/calls.ts';
import { checkAborted, turnToAbort } from '../errors/state-errors.ts';
import { run } from '../task.ts';
import { dataBytes, writeAll } from './write-file.ts';

/** Data that comes in pieces: an iterable, an async iterable, a stream. */
export type Pieces = Iterable<unknown> | AsyncIterable<unknown>;

/** Whether data comes in pieces; a string and a view are one piece each. */
export function isPieces(data: unknown): data is Pieces {
  if (typeof data !== 'object' || data === null || ArrayBuffer.isView(data)) return false;
  return Symbol.asyncIterator in data || Symbol.iterator in data;
}

/** Writes pieces as they come, at the descriptor's position. */
export async function writePieces(
  calls: SystemCalls,
  fd: number,
  pieces: Pieces,
  encoding: BufferEncoding,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (signal !== undefined) await turnToAbort(signal);
  for await (const piece of pieces) {
    checkAborted(signal);
    // Buffer.from takes what a stream may also give: an ArrayBuffer, an array of bytes.
    const bytes = typeof piece === 'string' || ArrayBuffer.isView(piece) ? dataBytes(piece, encoding) : fromAny(piece);
    await run(writeAll(calls, fd, bytes, signal));
    checkAborted(signal);
  }
}

function fromAny(piece: unknown): Uint8Array {
  // It checks what it is given, and throws ERR_INVALID_ARG_TYPE.
  return Buffer.from(piece as ArrayBuffer);
}
