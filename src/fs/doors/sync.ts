import type { PathLike } from 'node:fs';
import { descriptorArgument } from '../arguments/numbers.ts';
import { pathArgument } from '../arguments/path.ts';
import type { SystemCalls } from '../calls/calls.ts';
import { codedError } from '../errors/coded-error.ts';
import { hasCode } from '../errors/system-error.ts';
import { fchmod, fchown, futimes } from '../operations/attributes.ts';
import { close, fdatasync, fsync, ftruncate } from '../operations/descriptor.ts';
import { handleAppendFile, handleReadFile, handleWriteFile } from '../operations/handle.ts';
import { open } from '../operations/open.ts';
import type { Prepared } from '../operations/prepared.ts';
import { realpathByNames } from '../operations/realpath-by-names.ts';
import { type BigIntOption, fstat } from '../operations/status.ts';
import { mkdtempDisposableSync } from '../operations/temporary.ts';
import { rangeOfOptions, read, readv, write, writev } from '../operations/transfer.ts';
import { pathOperations as of } from './operations.ts';

/**
 * The functions of `fs` that block, over system calls that answer at once, always.
 *
 * @param available  gives the calls; null where there are none: then each function throws and says so
 */
export function syncDoor(available: () => SystemCalls | null) {
  const sync =
    <A extends unknown[], T>(name: string, prepare: (...args: A) => Prepared<T>) =>
    (...args: A): T => {
      const calls = available();
      if (calls === null) throw unavailable(name);
      const answer = prepare(...args)(calls);
      if (answer instanceof Promise) throw mustNotWait(answer);
      return answer;
    };

  const onDescriptor = <A extends unknown[], T>(name: string, prepare: (fd: number, ...args: A) => Prepared<T>) =>
    sync(name, (fd: unknown, ...args: A) => prepare(descriptorArgument(fd), ...args));

  const onEither = <A extends unknown[], T>(
    name: string,
    byPath: (path: PathLike, ...args: A) => Prepared<T>,
    byDescriptor: (fd: number, ...args: A) => Prepared<T>,
  ) =>
    sync(name, (file: PathLike | number, ...args: A) =>
      typeof file === 'number' ? byDescriptor(file, ...args) : byPath(file, ...args),
    );

  const accessSync = sync('accessSync', of.access);
  return {
    accessSync,
    appendFileSync: onEither('appendFileSync', of.appendFile, handleAppendFile),
    chmodSync: sync('chmodSync', of.chmod),
    chownSync: sync('chownSync', of.chown),
    closeSync: onDescriptor('closeSync', close),
    copyFileSync: sync('copyFileSync', of.copyFile),
    cpSync: sync('cpSync', of.cp),
    existsSync: (path: PathLike): boolean => {
      if (available() === null) throw unavailable('existsSync');
      try {
        accessSync(path);
        return true;
      } catch {
        // Node answers so to every failure, also to what is no path.
        return false;
      }
    },
    fchmodSync: onDescriptor('fchmodSync', fchmod),
    fchownSync: onDescriptor('fchownSync', fchown),
    fdatasyncSync: onDescriptor('fdatasyncSync', fdatasync),
    fstatSync: onDescriptor('fstatSync', fstat),
    fsyncSync: onDescriptor('fsyncSync', fsync),
    ftruncateSync: onDescriptor('ftruncateSync', ftruncate),
    futimesSync: onDescriptor('futimesSync', futimes),
    lchownSync: sync('lchownSync', of.lchown),
    linkSync: sync('linkSync', of.link),
    lstatSync: orUndefined(sync('lstatSync', of.lstat)),
    lutimesSync: sync('lutimesSync', of.lutimes),
    mkdirSync: sync('mkdirSync', of.mkdir),
    mkdtempSync: sync('mkdtempSync', of.mkdtemp),
    mkdtempDisposableSync: sync('mkdtempDisposableSync', mkdtempDisposableSync),
    openSync: sync('openSync', open),
    opendirSync: sync('opendirSync', of.opendir),
    readdirSync: sync('readdirSync', of.readdir),
    readFileSync: onEither('readFileSync', of.readFile, handleReadFile),
    readlinkSync: sync('readlinkSync', of.readlink),
    readSync: sync('readSync', readArguments),
    readvSync: sync('readvSync', readv),
    realpathSync: Object.assign(sync('realpathSync', realpathByNames), {
      native: sync('realpathSync.native', of.realpath),
    }),
    renameSync: sync('renameSync', of.rename),
    rmdirSync: sync('rmdirSync', of.rmdir),
    rmSync: sync('rmSync', of.rm),
    statfsSync: sync('statfsSync', of.statfs),
    statSync: orUndefined(sync('statSync', of.stat)),
    symlinkSync: sync('symlinkSync', of.symlink),
    truncateSync: onEither('truncateSync', of.truncate, ftruncate),
    unlinkSync: sync('unlinkSync', of.unlink),
    utimesSync: sync('utimesSync', of.utimes),
    writeFileSync: onEither('writeFileSync', of.writeFile, handleWriteFile),
    writeSync: sync('writeSync', write),
    writevSync: sync('writevSync', writev),
  };
}

/** `readSync(fd, buffer[, options])` or with everything in a row. */
function readArguments(fd: unknown, buffer: unknown, ...rest: readonly unknown[]): Prepared<number> {
  const [offsetOrOptions, length, position] = rest;
  const isOptions = rest.length <= 1 || (typeof offsetOrOptions === 'object' && offsetOrOptions !== null);
  if (!isOptions) return read(fd, { buffer, offset: offsetOrOptions, length, position });
  return read(fd, rangeOfOptions(buffer, offsetOrOptions));
}

interface StatSyncOptions extends BigIntOption {
  readonly throwIfNoEntry?: boolean;
}

/** `statSync` and `lstatSync` may be told to answer `undefined` for what is not there. */
function orUndefined<T>(status: (path: PathLike, options?: BigIntOption) => T) {
  return (path: PathLike, options: StatSyncOptions = {}): T | undefined => {
    try {
      return status(pathArgument(path), options);
    } catch (error) {
      if (options.throwIfNoEntry === false && (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR'))) return undefined;
      throw error;
    }
  };
}

/** The calls answer at once: only a function of the caller's can have given a promise, and `cp` alone takes one. */
function mustNotWait(answer: Promise<unknown>): Error {
  // What it comes to is of no use to anybody, an error of it neither.
  answer.catch(() => undefined);
  return codedError(
    TypeError,
    'ERR_INVALID_RETURN_VALUE',
    'Expected boolean to be returned from the "filter" function but got an instance of Promise.',
  );
}

function unavailable(name: string): Error {
  const asynchronous = name.replace(/Sync/, '');
  return codedError(
    Error,
    'ERR_METHOD_NOT_IMPLEMENTED',
    `${name} would have to block until the volume answers, and this volume runs in the same thread: use fs.promises.${asynchronous} or fs.${asynchronous}, or give the volume a thread of its own with connect({ sync: true })`,
  );
}
