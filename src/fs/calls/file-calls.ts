import { constants, readSync } from 'node:fs';
import { andThen, type MaybePromise, type OpenFile, VolumeError } from '../../volume/index.ts';
import { run, type Task, wait } from '../task.ts';
import type { SystemCalls } from './calls.ts';
import type { Descriptor } from './descriptors.ts';
import { guarded } from './guarded.ts';
import type { Kernel } from './kernel.ts';

type FileCalls = Pick<SystemCalls, 'close' | 'read' | 'readTo' | 'write' | 'fsync' | 'fdatasync' | 'ftruncate'>;

/** The calls on what is open that move or keep bytes. */
export function fileCalls({ volume, descriptors }: Kernel): FileCalls {
  const sync = (syscall: string, fd: number, dataOnly: boolean): MaybePromise<void> =>
    guarded(syscall, undefined, undefined, () => {
      const { file, node } = descriptors.get(fd);
      return file === null ? volume.fsyncDirectory(node) : volume.fsync(file, { dataOnly });
    });

  /** @param lengthOf bytes that were read: so far a descriptor without a position goes on */
  const reading = <T>(
    fd: number,
    position: number | null,
    read: (file: OpenFile, at: number) => MaybePromise<T>,
    lengthOf: (answer: T) => number,
  ): MaybePromise<T> =>
    guarded('read', undefined, undefined, () => {
      const open = descriptors.get(fd);
      const { file } = open;
      if (file === null) throw new VolumeError('EISDIR', 'a directory is read with readdir');
      if (!file.flags.read) throw new VolumeError('EBADF', 'the file is not open for reading');
      if (position !== null) return read(file, checkedPosition(position));
      return open.turns.take(() =>
        andThen(read(file, open.position), (answer) => {
          open.position += lengthOf(answer);
          return answer;
        }),
      );
    });

  /** From the local file straight into the caller's memory, where there is one. */
  const readTo = (file: OpenFile, at: number, target: Uint8Array): MaybePromise<number> => {
    const place = volume.locate?.(file, at, target.byteLength) ?? null;
    if (place !== null && readSync(place.fd, target, 0, place.length, place.position) === place.length) {
      return place.length;
    }
    return andThen(volume.read(file, at, target.byteLength), (bytes) => {
      target.set(bytes);
      return bytes.byteLength;
    });
  };

  function* writePieces(open: Descriptor, file: OpenFile, pieces: readonly Uint8Array[], at: number): Task<number> {
    let written = 0;
    for (const piece of pieces) {
      if (piece.byteLength > 0) written += yield* wait(volume.write(file, at + written, piece));
    }
    if (open.synchronous) yield* wait(volume.fsync(file, { dataOnly: true }));
    return written;
  }

  function* close({ file, node }: Descriptor): Task<void> {
    try {
      if (file !== null) yield* wait(volume.flush(file));
    } finally {
      // Whatever flush reports, the descriptor is gone.
      if (file !== null) volume.release(file);
      volume.forget(node, 1);
    }
  }

  return {
    close: (fd) => guarded('close', undefined, undefined, () => run(close(descriptors.take(fd)))),

    read: (fd, length, position, signal) =>
      reading(
        fd,
        position,
        (file, at) => volume.read(file, at, length, signal),
        (bytes) => bytes.byteLength,
      ),
    readTo: (fd, target, position) =>
      reading(
        fd,
        position,
        (file, at) => readTo(file, at, target),
        (count) => count,
      ),

    write: (fd, pieces, position) =>
      guarded('write', undefined, undefined, () => {
        const open = descriptors.get(fd);
        const { file } = open;
        if (!file?.flags.write) throw new VolumeError('EBADF', 'the file is not open for writing');
        if (position !== null) return run(writePieces(open, file, pieces, checkedPosition(position)));
        return open.turns.take(() =>
          andThen(run(writePieces(open, file, pieces, open.position)), (written) => {
            open.position = file.flags.append ? volume.getattr(open.node).size : open.position + written;
            return written;
          }),
        );
      }),

    fsync: (fd) => sync('fsync', fd, false),
    fdatasync: (fd) => sync('fdatasync', fd, true),

    ftruncate: (fd, sizeBytes) =>
      guarded('ftruncate', undefined, undefined, () => {
        const { file, node } = descriptors.get(fd);
        if (!file?.flags.write) throw new VolumeError('EINVAL', 'the file is not open for writing');
        return andThen(volume.setattr(node, { size: sizeBytes }, file), () => undefined);
      }),
  };
}

function checkedPosition(position: number): number {
  if (position < 0) throw new VolumeError('EINVAL', 'a position before the start of the file');
  return position;
}

/** Whether the flags of an open ask for writes that are on the disk when they return. */
export function isSynchronous(flags: number): boolean {
  return (flags & constants.O_DSYNC) !== 0;
}
