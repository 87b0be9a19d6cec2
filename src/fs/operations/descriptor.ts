import { andThen } from '../../volume/index.ts';
import { bytesOf } from '../arguments/buffers.ts';
import { integerArgument } from '../arguments/numbers.ts';
import type { Prepared } from './prepared.ts';

/** Reads into a buffer. @returns bytes read, 0 at the end of the file */
export function readInto(fd: number, target: Uint8Array, position: number | null): Prepared<number> {
  return (calls) => calls.readTo(fd, target, position);
}

/** Reads into buffers, one after the other, until they are full or the file ends. @returns bytes read */
export function readVector(fd: number, views: readonly ArrayBufferView[], position: number | null): Prepared<number> {
  const length = views.reduce((sum, view) => sum + view.byteLength, 0);
  return (calls) =>
    andThen(calls.read(fd, length, position), (bytes) => {
      let taken = 0;
      for (const view of views) {
        const part = bytes.subarray(taken, taken + view.byteLength);
        bytesOf(view).set(part);
        taken += part.byteLength;
      }
      return bytes.byteLength;
    });
}

/** Writes buffers, one after the other. @returns bytes written: all of them */
export function writeVector(fd: number, views: readonly ArrayBufferView[], position: number | null): Prepared<number> {
  const pieces = views.map(bytesOf);
  return (calls) => calls.write(fd, pieces, position);
}

export function ftruncate(fd: number, length: unknown = 0): Prepared<void> {
  const size = Math.max(0, integerArgument(length, 'len'));
  return (calls) => calls.ftruncate(fd, size);
}

export function close(fd: number): Prepared<void> {
  return (calls) => calls.close(fd);
}

export function fsync(fd: number): Prepared<void> {
  return (calls) => calls.fsync(fd);
}

export function fdatasync(fd: number): Prepared<void> {
  return (calls) => calls.fdatasync(fd);
}
