import { constants, type promises as NodePromises, type PathLike } from 'node:fs';
import { pathArgument } from '../arguments/path.ts';
import type { SystemCalls } from '../calls/calls.ts';
import { FileHandle } from '../classes/file-handle.ts';
import type { StreamClasses } from '../classes/streams.ts';
import { watchChanges } from '../classes/watch-changes.ts';
import { checkAborted, notImplemented } from '../errors/state-errors.ts';
import { open } from '../operations/open.ts';
import type { Prepared } from '../operations/prepared.ts';
import { mkdtempDisposable } from '../operations/temporary.ts';
import { withFile } from '../operations/with-file.ts';
import { writeFileOptions } from '../operations/write-file.ts';
import { isPieces, writePieces } from '../operations/write-pieces.ts';
import { run, wait } from '../task.ts';
import { Fairness } from './fairness.ts';
import { pathOperations } from './operations.ts';

/** The names of `fs.promises`. */
type Names = keyof typeof NodePromises;

/** The promises of one volume, with the types of Node's. */
export type SeamountPromises = typeof NodePromises;

/** `fs.promises` over system calls. */
export function promisesDoor(calls: SystemCalls, streams: StreamClasses): SeamountPromises {
  const fairness = new Fairness();

  /** Everything is refused by rejecting, arguments too. */
  const promised =
    <A extends unknown[], T>(prepare: (...args: A) => Prepared<T>) =>
    async (...args: A): Promise<T> => {
      const answer = prepare(...args)(calls);
      if (answer instanceof Promise) return await answer;
      if (fairness.due()) await fairness.turn();
      return answer;
    };

  const write = (flag: 'a' | 'w', prepare: typeof pathOperations.writeFile) => {
    const whole = promised(prepare);
    return async (file: PathLike | FileHandle, data: unknown, options?: unknown): Promise<void> => {
      if (file instanceof FileHandle) return file.writeFile(data, options);
      if (!isPieces(data)) return whole(file, data, options);
      const { encoding, flags, flush, mode, signal } = writeFileOptions(options, flag);
      checkAborted(signal);
      await run(
        withFile(calls, pathArgument(file), flags, mode, function* (fd) {
          yield* wait(writePieces(calls, fd, data, encoding, signal));
          if (flush) yield* wait(calls.fsync(fd));
        }),
      );
    };
  };

  const readFile = promised(pathOperations.readFile);

  const promises = {
    constants,
    access: promised(pathOperations.access),
    appendFile: write('a', pathOperations.appendFile),
    chmod: promised(pathOperations.chmod),
    chown: promised(pathOperations.chown),
    copyFile: promised(pathOperations.copyFile),
    cp: promised(pathOperations.cp),
    lchmod: async (): Promise<never> => {
      // As Node does wherever symbolic links have no mode of their own.
      throw notImplemented('lchmod()');
    },
    lchown: promised(pathOperations.lchown),
    link: promised(pathOperations.link),
    lstat: promised(pathOperations.lstat),
    lutimes: promised(pathOperations.lutimes),
    mkdir: promised(pathOperations.mkdir),
    mkdtemp: promised(pathOperations.mkdtemp),
    mkdtempDisposable: promised(mkdtempDisposable),
    open: async (path: PathLike, flags?: unknown, mode?: unknown): Promise<FileHandle> => {
      const fd = await open(path, flags, mode)(calls);
      return new FileHandle(calls, streams, fd);
    },
    opendir: promised(pathOperations.opendir),
    readdir: promised(pathOperations.readdir),
    readFile: async (file: PathLike | FileHandle, options?: unknown) =>
      file instanceof FileHandle ? file.readFile(options) : readFile(file, options),
    readlink: promised(pathOperations.readlink),
    realpath: promised(pathOperations.realpath),
    rename: promised(pathOperations.rename),
    rm: promised(pathOperations.rm),
    rmdir: promised(pathOperations.rmdir),
    stat: promised(pathOperations.stat),
    statfs: promised(pathOperations.statfs),
    symlink: promised(pathOperations.symlink),
    truncate: promised(pathOperations.truncate),
    unlink: promised(pathOperations.unlink),
    utimes: promised(pathOperations.utimes),
    watch: (filename: PathLike, options?: unknown) => watchChanges(calls, filename, options),
    writeFile: write('w', pathOperations.writeFile),
  } satisfies Record<Names | 'mkdtempDisposable', unknown>;

  // Node's types give one signature for each combination of options; here the options decide at run time.
  return promises as unknown as SeamountPromises;
}
