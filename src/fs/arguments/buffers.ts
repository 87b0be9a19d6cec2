import { invalidArgType, invalidArgValue, outOfRange } from '../errors/argument-errors.ts';
import { integerArgument } from './numbers.ts';

/** A part of a caller's buffer and where it is in the file: null is the descriptor's own position. */
export interface Transfer {
  readonly bytes: Uint8Array;
  readonly position: number | null;
}

/** The bytes of a typed array, DataView or Buffer. */
export function bytesOf(view: ArrayBufferView): Uint8Array {
  return view instanceof Uint8Array ? view : new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

export function bufferArgument(value: unknown): ArrayBufferView {
  if (!ArrayBuffer.isView(value)) throw invalidArgType('buffer', ['Buffer', 'TypedArray', 'DataView'], value);
  return value;
}

export function buffersArgument(value: unknown): readonly ArrayBufferView[] {
  if (!Array.isArray(value) || !value.every((item) => ArrayBuffer.isView(item))) {
    throw invalidArgType('buffers', ['ArrayBufferView[]'], value);
  }
  return value;
}

/** Data to write that is no view: it must be a string. */
export function stringData(value: unknown, name: string): string {
  if (typeof value !== 'string') throw invalidArgType(name, ['string', 'Buffer', 'TypedArray', 'DataView'], value);
  return value;
}

/** An encoding for a string that is written: hex comes in pairs. */
export function encodingForData(data: string, encoding: unknown): BufferEncoding {
  const name = typeof encoding === 'string' && Buffer.isEncoding(encoding) ? encoding : 'utf8';
  if (name.toLowerCase() === 'hex' && data.length % 2 !== 0) {
    throw invalidArgValue('encoding', encoding, `is invalid for data of length ${data.length}`);
  }
  return name;
}

/**
 * The range of a buffer that is to be read into.
 *
 * @returns null when there is nothing to read
 */
export function readRange(buffer: ArrayBufferView, offset: unknown, length: number): Uint8Array | null {
  const start = offset === undefined || offset === null ? 0 : integerArgument(offset, 'offset', 0);
  if (length === 0) return null;
  if (buffer.byteLength === 0) throw invalidArgValue('buffer', buffer, 'is empty and cannot be written');
  if (length < 0) throw outOfRange('length', '>= 0', length);
  if (start + length > buffer.byteLength) throw outOfRange('length', `<= ${buffer.byteLength - start}`, length);
  return bytesOf(buffer).subarray(start, start + length);
}

/** The range of a buffer that is to be written. */
export function writeRange(buffer: ArrayBufferView, offset: unknown, length: unknown): Uint8Array {
  const start = offset === undefined || offset === null ? 0 : integerArgument(offset, 'offset', 0);
  const size = typeof length === 'number' ? length : buffer.byteLength - start;
  if (start > buffer.byteLength) throw outOfRange('offset', `<= ${buffer.byteLength}`, start);
  if (size > buffer.byteLength - start) throw outOfRange('length', `<= ${buffer.byteLength - start}`, size);
  if (size < 0) throw outOfRange('length', '>= 0', size);
  integerArgument(size, 'length', 0, 2147483647);
  return bytesOf(buffer).subarray(start, start + size);
}

/**
 * A position as callbacks take it: -1, null and undefined are the descriptor's own.
 *
 * @param length  bytes to be read there
 */
export function positionArgument(position: unknown, length: number): number | null {
  if (position === undefined || position === null) return null;
  if (typeof position === 'number') {
    integerArgument(position, 'position', -1);
    return position === -1 ? null : position;
  }
  if (typeof position !== 'bigint') throw invalidArgType('position', ['integer', 'bigint'], position);
  const max = 2n ** 63n - 1n - BigInt(length);
  if (position < -1n || position > max) throw outOfRange('position', `>= -1 && <= ${max}`, position);
  return position === -1n ? null : Number(position);
}

/** A position as writes and vectors take it: anything but a number is the descriptor's own. */
export function loosePosition(position: unknown): number | null {
  return typeof position === 'number' && Number.isInteger(position) && position >= 0 ? position : null;
}
