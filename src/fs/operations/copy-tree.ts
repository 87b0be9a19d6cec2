import { constants, type PathLike } from 'node:fs';
import { posix } from 'node:path';
import type { Attributes, MaybePromise } from '../../volume/index.ts';
import { integerArgument } from '../arguments/numbers.ts';
import { booleanArgument, functionArgument, objectArgument } from '../arguments/options.ts';
import { pathArgument } from '../arguments/path.ts';
import type { SystemCalls } from '../calls/calls.ts';
import { incompatibleOptions } from '../errors/argument-errors.ts';
import { CompoundError, type CompoundErrorCode, type CompoundErrorInfo } from '../errors/compound-error.ts';
import { hasCode } from '../errors/system-error.ts';
import { run, type Task, wait } from '../task.ts';
import type { Prepared } from './prepared.ts';
import { joined } from './tree.ts';

interface CopyOptions {
  /** Copy what links lead to. */
  readonly dereference: boolean;
  /** Give copied links the target that they have, instead of one that is absolute. */
  readonly verbatimSymlinks: boolean;
  readonly errorOnExist: boolean;
  readonly force: boolean;
  readonly preserveTimestamps: boolean;
  readonly recursive: boolean;
  /** `COPYFILE_` bits. */
  readonly mode: number;
  readonly filter: ((source: string, destination: string) => MaybePromise<boolean>) | undefined;
}

const { COPYFILE_EXCL, COPYFILE_FICLONE, COPYFILE_FICLONE_FORCE } = constants;

function copyOptions(options: unknown): CopyOptions {
  const given = options === undefined ? {} : { ...objectArgument(options, 'options') };
  // An option that is there and undefined is refused, as Node does.
  const flag = (name: string, fallback: boolean): boolean =>
    booleanArgument(name in given ? given[name] : fallback, `options.${name}`);
  const dereference = flag('dereference', false);
  const checked = {
    errorOnExist: flag('errorOnExist', false),
    force: flag('force', true),
    preserveTimestamps: flag('preserveTimestamps', false),
    recursive: flag('recursive', false),
  };
  const verbatimSymlinks = flag('verbatimSymlinks', false);
  const mode = integerArgument(given.mode ?? 0, 'mode', 0, COPYFILE_EXCL | COPYFILE_FICLONE | COPYFILE_FICLONE_FORCE);
  if (dereference && verbatimSymlinks) throw incompatibleOptions('dereference', 'verbatimSymlinks');
  const filter =
    given.filter === undefined
      ? undefined
      : functionArgument<NonNullable<CopyOptions['filter']>>(given.filter, 'options.filter');
  return { ...checked, dereference, verbatimSymlinks, mode, filter };
}

/** Copies a file, or a directory and what is in it. */
export function cp(src: PathLike, dest: PathLike, options?: unknown): Prepared<void> {
  const checked = copyOptions(options);
  const from = pathArgument(src, 'src');
  const to = pathArgument(dest, 'dest');
  return (calls) => run(copyTop(calls, from, to, checked));
}

/** What is at the two ends of a copy; null where the filter leaves it out. */
interface Ends {
  readonly source: Attributes;
  readonly destination: Attributes | null;
}

function* copyTop(calls: SystemCalls, from: string, to: string, options: CopyOptions): Task<void> {
  const ends = yield* checkEnds(calls, from, to, options);
  if (ends === null) return;
  yield* checkAncestors(calls, from, ends.source, to, to);
  const parent = posix.dirname(to);
  if ((yield* statOrNull(calls.stat, parent)) === null) yield* wait(calls.mkdirp(parent, 0o777));
  yield* copyEntry(calls, from, to, ends, options);
}

function* checkEnds(calls: SystemCalls, from: string, to: string, options: CopyOptions): Task<Ends | null> {
  if (options.filter && !(yield* wait(asPromise(options.filter(from, to))))) return null;
  const status = options.dereference ? calls.stat : calls.lstat;
  const source = yield* wait(status(from));
  const destination = yield* statOrNull(status, to);
  const fromDirectory = source.kind === 'directory';
  if (destination !== null) {
    const toDirectory = destination.kind === 'directory';
    if (destination.ino === source.ino) throw refused('EINVAL', to, 'src and dest cannot be the same');
    if (fromDirectory && !toDirectory) {
      throw failed(
        'ERR_FS_CP_DIR_TO_NON_DIR',
        'EISDIR',
        to,
        `cannot overwrite non-directory ${to} with directory ${from}`,
      );
    }
    if (!fromDirectory && toDirectory) {
      throw failed(
        'ERR_FS_CP_NON_DIR_TO_DIR',
        'ENOTDIR',
        to,
        `cannot overwrite directory ${to} with non-directory ${from}`,
      );
    }
  }
  if (fromDirectory && isBelow(from, to)) throw intoItself(from, to);
  return { source, destination };
}

/** A directory goes into none of its own, under whatever path. */
function* checkAncestors(calls: SystemCalls, from: string, source: Attributes, to: string, below: string): Task<void> {
  for (let parent = dirname(below); parent !== dirname(from) && parent !== '/'; parent = dirname(parent)) {
    const status = yield* statOrNull(calls.stat, parent);
    if (status === null) return;
    if (status.ino === source.ino) throw intoItself(from, to);
  }
}

function* copyEntry(calls: SystemCalls, from: string, to: string, ends: Ends, options: CopyOptions): Task<void> {
  if (ends.source.kind === 'symlink') return yield* copyLink(calls, from, to, ends, options);
  if (ends.source.kind === 'fifo') throw failed('ERR_FS_CP_FIFO_PIPE', 'EINVAL', to, `cannot copy a FIFO pipe: ${to}`);
  if (ends.source.kind === 'socket') throw failed('ERR_FS_CP_SOCKET', 'EINVAL', to, `cannot copy a socket file: ${to}`);
  if (ends.source.kind !== 'directory') return yield* copyFileEntry(calls, from, to, ends, options);
  if (!options.recursive) throw failed('ERR_FS_EISDIR', 'EISDIR', from, `${from} is a directory (not copied)`);
  if (ends.destination === null) yield* wait(calls.mkdir(to, 0o777));
  for (const { name } of yield* wait(calls.opendir(from))) {
    const inner = joined(from, name);
    const target = joined(to, name);
    const innerEnds = yield* checkEnds(calls, inner, target, options);
    if (innerEnds !== null) yield* copyEntry(calls, inner, target, innerEnds, options);
  }
  if (ends.destination === null) yield* wait(calls.chmod(to, ends.source.permissions));
}

function* copyFileEntry(calls: SystemCalls, from: string, to: string, ends: Ends, options: CopyOptions): Task<void> {
  if (ends.destination !== null) {
    if (!options.force) {
      if (options.errorOnExist) throw failed('ERR_FS_CP_EEXIST', 'EEXIST', to, `${to} already exists`);
      return;
    }
    yield* wait(calls.unlink(to));
  }
  yield* wait(calls.copyFile(from, to, options.mode));
  if (options.preserveTimestamps) yield* wait(calls.utimes(to, ends.source.atime, ends.source.mtime));
  yield* wait(calls.chmod(to, ends.source.permissions));
}

/** Copies a link as a link; over another one, unless that would take a directory's content away under its own copy. */
function* copyLink(calls: SystemCalls, from: string, to: string, ends: Ends, options: CopyOptions): Task<void> {
  const spelled = yield* wait(calls.readlink(from));
  const target = options.verbatimSymlinks ? spelled : posix.resolve(dirname(from), spelled);
  if (ends.destination === null) return yield* wait(calls.symlink(target, to));
  let replaced: string;
  try {
    replaced = yield* wait(calls.readlink(to));
  } catch (error) {
    // A file is not replaced by a link: symlink says so.
    if (hasCode(error, 'EINVAL')) return yield* wait(calls.symlink(target, to));
    throw error;
  }
  const replacedTarget = posix.resolve(dirname(to), replaced);
  const isDirectory = (yield* wait(calls.stat(from))).kind === 'directory';
  if (isDirectory && isBelow(posix.resolve(dirname(from), target), replacedTarget)) {
    throw refused('EINVAL', to, `cannot copy ${target} to a subdirectory of self ${replacedTarget}`);
  }
  if (isDirectory && isBelow(replacedTarget, posix.resolve(dirname(from), target))) {
    throw failed(
      'ERR_FS_CP_SYMLINK_TO_SUBDIRECTORY',
      'EINVAL',
      to,
      `cannot overwrite ${replacedTarget} with ${target}`,
    );
  }
  yield* wait(calls.unlink(to));
  yield* wait(calls.symlink(target, to));
}

function* statOrNull(call: SystemCalls['stat'], path: string): Task<Attributes | null> {
  try {
    return yield* wait(call(path));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
}

/** A filter may answer with any thenable. */
function asPromise<T>(value: MaybePromise<T>): MaybePromise<T> {
  return typeof value === 'object' && value !== null ? Promise.resolve(value) : value;
}

/** Paths are compared as seen from the module's working directory, which is the root. */
function dirname(path: string): string {
  return posix.resolve('/', posix.dirname(path));
}

function isBelow(ancestor: string, path: string): boolean {
  const above = posix.resolve('/', ancestor);
  const below = posix.resolve('/', path);
  return below === above || below.startsWith(joined(above, ''));
}

function failed(
  code: CompoundErrorCode,
  errno: CompoundErrorInfo['code'],
  path: string,
  message: string,
): CompoundError {
  return new CompoundError(code, { code: errno, message, path, syscall: 'cp' });
}

function refused(errno: CompoundErrorInfo['code'], path: string, message: string): CompoundError {
  return failed('ERR_FS_CP_EINVAL', errno, path, message);
}

function intoItself(from: string, to: string): CompoundError {
  return refused('EINVAL', to, `cannot copy ${from} to a subdirectory of self ${to}`);
}
