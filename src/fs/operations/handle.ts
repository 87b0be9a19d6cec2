import { andThen } from '../../volume/index.ts';
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
import { objectArgument, optionsArgument } from '../arguments/options.ts';
import { run } from '../task.ts';
import { readInto, readVector, writeVector } from './descriptor.ts';
import type { Prepared } from './prepared.ts';
import { readToEnd, textEncoding } from './read-file.ts';
import { dataBytes, writeAll, writeFileOptions } from './write-file.ts';
import { isPieces, writePieces } from './write-pieces.ts';

// What the methods of a FileHandle take and give. Node checks their arguments differently from those of the callbacks.

/** Bytes of the buffer of a read that brings none. */
const READ_BUFFER = 16384;

export interface ReadResult {
  readonly bytesRead: number;
  readonly buffer: ArrayBufferView;
}

/** Where in the file and in the buffer to read or write. */
interface Range {
  readonly buffer?: unknown;
  readonly offset?: unknown;
  readonly length?: unknown;
  readonly position?: unknown;
}

export function handleRead(
  fd: number,
  bufferOrOptions: unknown,
  offset: unknown,
  length: unknown,
  position: unknown,
): Prepared<ReadResult> {
  if (ArrayBuffer.isView(bufferOrOptions)) {
    if (typeof offset !== 'object' || offset === null) {
      return readPart(fd, bufferOrOptions, { offset, length, position });
    }
    return readPart(fd, bufferOrOptions, offset);
  }
  const options: Range = bufferOrOptions === undefined ? {} : objectArgument(bufferOrOptions, 'options', true);
  const buffer = options.buffer === undefined ? Buffer.alloc(READ_BUFFER) : bufferArgument(options.buffer);
  return readPart(fd, buffer, options);
}

function readPart(fd: number, buffer: ArrayBufferView, { offset = 0, length, position }: Range): Prepared<ReadResult> {
  const start = typeof offset === 'number' ? offset : 0;
  // Checked as far as it is a number; Node counts on the rest.
  const size = (length ?? buffer.byteLength - start) as number;
  const target = readRange(buffer, offset, size);
  if (target === null) return () => withoutPrototype({ bytesRead: 0, buffer });
  const at = positionArgument(position, target.byteLength);
  return (calls) => andThen(readInto(fd, target, at)(calls), (bytesRead) => withoutPrototype({ bytesRead, buffer }));
}

export function handleReadv(fd: number, buffers: unknown, position: unknown) {
  const views = buffersArgument(buffers);
  const read = readVector(fd, views, loosePosition(position));
  return (calls: Parameters<typeof read>[0]) =>
    andThen(read(calls), (bytesRead) => withoutPrototype({ bytesRead, buffers: views }));
}

export function handleWrite(
  fd: number,
  data: unknown,
  offsetOrOptions: unknown,
  length: unknown,
  position: unknown,
): Prepared<{ readonly bytesWritten: number; readonly buffer: unknown }> {
  if (ArrayBuffer.isView(data) && data.byteLength === 0) {
    return () => withoutPrototype({ bytesWritten: 0, buffer: data });
  }
  let bytes: Uint8Array;
  let at: number | null;
  if (ArrayBuffer.isView(data)) {
    const range: Range =
      typeof offsetOrOptions === 'object' ? (offsetOrOptions ?? {}) : { offset: offsetOrOptions, length, position };
    bytes = writeRange(data, range.offset, range.length);
    at = loosePosition(range.position);
  } else {
    // A string: write(data, position, encoding).
    const text = stringData(data, 'buffer');
    bytes = Buffer.from(text, encodingForData(text, length));
    at = loosePosition(offsetOrOptions);
  }
  return (calls) =>
    andThen(calls.write(fd, [bytes], at), (bytesWritten) => withoutPrototype({ bytesWritten, buffer: data }));
}

export function handleWritev(fd: number, buffers: unknown, position: unknown) {
  const views = buffersArgument(buffers);
  const write = writeVector(fd, views, loosePosition(position));
  return (calls: Parameters<typeof write>[0]) =>
    andThen(write(calls), (bytesWritten) => withoutPrototype({ bytesWritten, buffers: views }));
}

export function handleReadFile(fd: number, options: unknown): Prepared<string | Buffer> {
  const { encoding, signal } = optionsArgument(options);
  return readToEnd(fd, textEncoding(encoding), signal);
}

/** Writes at the handle's position; the rest of the file stays as it is. */
export function handleWriteFile(fd: number, data: unknown, options: unknown): Prepared<void> {
  const { encoding, signal } = writeFileOptions(options, 'w');
  if (isPieces(data)) return (calls) => writePieces(calls, fd, data, encoding, signal);
  const bytes = dataBytes(data, encoding);
  return (calls) => run(writeAll(calls, fd, bytes, signal));
}

/** In Node too this writes at the handle's position, not at the end: that is what the flag `a` is for. */
export const handleAppendFile = handleWriteFile;

/** Node's results have no prototype. */
function withoutPrototype<T extends object>(fields: T): T {
  return Object.assign(Object.create(null), fields);
}
