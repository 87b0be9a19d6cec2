import type { PathLike } from 'node:fs';
import { promisify } from 'node:util';
import { descriptorArgument } from '../arguments/numbers.ts';
import { functionArgument } from '../arguments/options.ts';
import type { SystemCalls } from '../calls/calls.ts';
import { fchmod, fchown, futimes } from '../operations/attributes.ts';
import { close, fdatasync, fsync, ftruncate } from '../operations/descriptor.ts';
import { handleAppendFile, handleReadFile, handleWriteFile } from '../operations/handle.ts';
import { open } from '../operations/open.ts';
import type { Prepared } from '../operations/prepared.ts';
import { realpathByNames } from '../operations/realpath-by-names.ts';
import { access, fstat } from '../operations/status.ts';
import { type CallbackFunction, callbackForm, settle } from './callback-form.ts';
import { pathOperations } from './operations.ts';
import { transferCallbacks } from './transfer-callbacks.ts';

/** The callback functions of `fs` over system calls. */
export function callbacksDoor(calls: SystemCalls) {
  const form = <A extends unknown[], T>(
    prepare: (...args: A) => Prepared<T>,
    required: number,
    optional: number,
  ): CallbackFunction => callbackForm(calls, prepare, required, optional);

  /** Of an operation on a descriptor, which is checked first. */
  const onDescriptor = <A extends unknown[], T>(
    prepare: (fd: number, ...args: A) => Prepared<T>,
    required: number,
    optional: number,
  ): CallbackFunction =>
    callbackForm(calls, (fd: unknown, ...args: A) => prepare(descriptorArgument(fd), ...args), 1 + required, optional);

  /** Of an operation on a path that takes a descriptor as well. */
  const onEither = <A extends unknown[], T>(
    byPath: (path: PathLike, ...args: A) => Prepared<T>,
    byDescriptor: (fd: number, ...args: A) => Prepared<T>,
    required: number,
  ): CallbackFunction =>
    form(
      (file: PathLike | number, ...args: A) =>
        typeof file === 'number' ? byDescriptor(file, ...args) : byPath(file, ...args),
      1 + required,
      1,
    );

  const of = pathOperations;
  return {
    access: form(of.access, 1, 1),
    appendFile: onEither(of.appendFile, handleAppendFile, 1),
    chmod: form(of.chmod, 2, 0),
    chown: form(of.chown, 3, 0),
    close: closeForm(calls),
    copyFile: form(of.copyFile, 2, 1),
    cp: form(of.cp, 2, 1),
    exists: existsForm(calls),
    fchmod: onDescriptor(fchmod, 1, 0),
    fchown: onDescriptor(fchown, 2, 0),
    fdatasync: onDescriptor(fdatasync, 0, 0),
    fstat: onDescriptor(fstat, 0, 1),
    fsync: onDescriptor(fsync, 0, 0),
    ftruncate: onDescriptor(ftruncate, 0, 1),
    futimes: onDescriptor(futimes, 2, 0),
    lchown: form(of.lchown, 3, 0),
    link: form(of.link, 2, 0),
    lstat: form(of.lstat, 1, 1),
    lutimes: form(of.lutimes, 3, 0),
    mkdir: form(of.mkdir, 1, 1),
    mkdtemp: form(of.mkdtemp, 1, 1),
    open: form(open, 1, 2),
    opendir: callbackForm(calls, of.opendir, 1, 1, 'callback'),
    readdir: form(of.readdir, 1, 1),
    readFile: onEither(of.readFile, handleReadFile, 0),
    readlink: form(of.readlink, 1, 1),
    realpath: Object.assign(form(realpathByNames, 1, 1), { native: form(of.realpath, 1, 1) }),
    rename: form(of.rename, 2, 0),
    rm: form(of.rm, 1, 1),
    rmdir: form(of.rmdir, 1, 1),
    stat: form(of.stat, 1, 1),
    statfs: form(of.statfs, 1, 1),
    symlink: form(of.symlink, 2, 1),
    truncate: onEither(of.truncate, ftruncate, 0),
    unlink: form(of.unlink, 1, 0),
    utimes: form(of.utimes, 3, 0),
    writeFile: onEither(of.writeFile, handleWriteFile, 1),
    ...transferCallbacks(calls),
  };
}

/** `close`, whose callback may be left out: then an error is thrown where nobody catches it. */
function closeForm(calls: SystemCalls): CallbackFunction {
  return (fd, callback) => {
    const descriptor = descriptorArgument(fd);
    const done =
      callback === undefined
        ? (error: unknown) => {
            if (error) throw error;
          }
        : functionArgument<(error: unknown) => void>(callback, 'cb');
    settle(
      () => close(descriptor)(calls),
      (error) => done(error || null),
    );
  };
}

/** `exists`, whose callback gets no error, only whether. */
function existsForm(calls: SystemCalls): CallbackFunction {
  const exists = (path: unknown, callback: unknown): void => {
    const tell = functionArgument<(exists: boolean) => void>(callback, 'cb');
    let asked: Prepared<void>;
    try {
      asked = access(path as PathLike);
    } catch {
      // What is no path does not exist: so Node answers, and at once.
      tell(false);
      return;
    }
    settle(
      () => asked(calls),
      (error) => tell(!error),
    );
  };
  const promised = (path: unknown): Promise<boolean> => new Promise((resolve) => exists(path, resolve));
  return Object.defineProperty(exists, promisify.custom, { value: promised });
}
