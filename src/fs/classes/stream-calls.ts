import type { FileHandle } from './file-handle.ts';

type Done<T extends unknown[] = []> = (error: unknown, ...result: T) => void;

/**
 * What Node's streams need of an `fs`: its callbacks. Reads and writes a stream of one file handle as well, whose
 * `open` is never asked for.
 */
export interface StreamCalls {
  open(path: string, flags: string | number, mode: number, done: Done<[fd: number]>): void;
  close(fd: number, done: Done): void;
  fsync(fd: number, done: Done): void;
  read(
    fd: number,
    buffer: Buffer,
    offset: number,
    length: number,
    position: number | undefined,
    done: Done<[bytesRead: number, buffer: Buffer]>,
  ): void;
  write(
    fd: number,
    buffer: Buffer,
    offset: number,
    length: number,
    position: number | undefined,
    done: Done<[bytesWritten: number, buffer: Buffer]>,
  ): void;
  writev(
    fd: number,
    buffers: readonly Buffer[],
    position: number | undefined,
    done: Done<[bytesWritten: number, buffers: readonly Buffer[]]>,
  ): void;
}

/** The calls of a stream over a file handle: it closes the handle, and waits for what else is under way on it. */
export function handleCalls(handle: FileHandle): Omit<StreamCalls, 'open'> & { open(): never } {
  return {
    open() {
      throw new Error('a file handle is open already');
    },
    close(_fd, done) {
      handle.letGo();
      handle.close().then(() => done(null), done);
    },
    fsync(_fd, done) {
      handle.sync().then(() => done(null), done);
    },
    read(_fd, buffer, offset, length, position, done) {
      handle.read(buffer, offset, length, position).then(
        ({ bytesRead }) => done(null, bytesRead, buffer),
        (error: unknown) => done(error, 0, buffer),
      );
    },
    write(_fd, buffer, offset, length, position, done) {
      handle.write(buffer, offset, length, position).then(
        ({ bytesWritten }) => done(null, bytesWritten, buffer),
        (error: unknown) => done(error, 0, buffer),
      );
    },
    writev(_fd, buffers, position, done) {
      handle.writev(buffers, position).then(
        ({ bytesWritten }) => done(null, bytesWritten, buffers),
        (error: unknown) => done(error, 0, buffers),
      );
    },
  };
}
