import type { PathLike } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { int32Argument, uint32Argument } from '../arguments/numbers.ts';
import { booleanArgument, objectArgument } from '../arguments/options.ts';
import { pathArgument } from '../arguments/path.ts';
import type { SystemCalls } from '../calls/calls.ts';
import { CompoundError } from '../errors/compound-error.ts';
import { hasCode } from '../errors/system-error.ts';
import { run, type Task, wait } from '../task.ts';
import type { Prepared } from './prepared.ts';
import { joined, listTree, type TreeDirectory } from './tree.ts';

interface RemoveOptions {
  readonly recursive: boolean;
  readonly force: boolean;
  readonly maxRetries: number;
  readonly retryDelayMs: number;
}

function removeOptions(options: unknown): RemoveOptions {
  const given = options === undefined ? {} : objectArgument(options, 'options');
  // An option that is there and undefined is refused, as Node does.
  const { recursive, force, maxRetries, retryDelay } = {
    ...{ recursive: false, force: false, maxRetries: 0, retryDelay: 100 },
    ...given,
  };
  return {
    recursive: booleanArgument(recursive, 'options.recursive'),
    retryDelayMs: int32Argument(retryDelay, 'options.retryDelay', 0),
    maxRetries: uint32Argument(maxRetries, 'options.maxRetries'),
    force: booleanArgument(force, 'options.force'),
  };
}

/** Removes a file, or a directory and everything in it. */
export function rm(path: PathLike, options?: unknown): Prepared<void> {
  const target = pathArgument(path);
  const checked = removeOptions(options);
  return (calls) => run(remove(calls, target, checked));
}

/** Removes an empty directory; with the deprecated `recursive`, what is in it too. */
export function rmdir(path: PathLike, options?: unknown): Prepared<void> {
  const target = pathArgument(path);
  const checked = removeOptions(options);
  if (!checked.recursive) return (calls) => calls.rmdir(target);
  warnOfRecursiveRmdir();
  return (calls) => run(removeDirectory(calls, target, checked));
}

let warned = false;

/** DEP0147, once, as Node does. */
function warnOfRecursiveRmdir(): void {
  if (warned || process.noDeprecation) return;
  warned = true;
  process.emitWarning(
    'In future versions of Node.js, fs.rmdir(path, { recursive: true }) will be removed. Use fs.rm(path, { recursive: true }) instead',
    'DeprecationWarning',
    'DEP0147',
  );
}

function* removeDirectory(calls: SystemCalls, path: string, options: RemoveOptions): Task<void> {
  const { kind } = yield* wait(calls.stat(path));
  if (kind === 'directory') yield* removeTree(calls, path, options);
  else yield* wait(calls.rmdir(path));
}

function* remove(calls: SystemCalls, path: string, options: RemoveOptions): Task<void> {
  let isDirectory: boolean;
  try {
    isDirectory = (yield* wait(calls.lstat(path))).kind === 'directory';
  } catch (error) {
    if (options.force && hasCode(error, 'ENOENT')) return;
    throw error;
  }
  if (isDirectory && !options.recursive) {
    throw new CompoundError('ERR_FS_EISDIR', { code: 'EISDIR', message: 'is a directory', path, syscall: 'rm' });
  }
  if (isDirectory) yield* removeTree(calls, path, options);
  else yield* gone(calls.unlink, path);
}

/** Errors that may be over at another try: mostly somebody who puts something into a directory that is removed. */
const passing = ['EBUSY', 'EMFILE', 'ENFILE', 'ENOTEMPTY', 'EPERM'];

function* removeTree(calls: SystemCalls, path: string, options: RemoveOptions): Task<void> {
  for (let retries = 0; ; retries++) {
    try {
      yield* removeOnce(calls, path);
      return;
    } catch (error) {
      if (retries >= options.maxRetries || !passing.some((code) => hasCode(error, code))) throw error;
    }
    yield* wait(delay((retries + 1) * options.retryDelayMs));
  }
}

function* removeOnce(calls: SystemCalls, path: string): Task<void> {
  let tree: TreeDirectory[];
  try {
    tree = yield* listTree(calls, { path, items: yield* wait(calls.readdir(path)) });
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    throw error;
  }
  for (const directory of tree.reverse()) {
    for (const { name, kind } of directory.items) {
      if (kind !== 'directory') yield* gone(calls.unlink, joined(directory.path, name));
    }
    yield* gone(calls.rmdir, directory.path);
  }
}

/** Removes one name. Somebody else may have removed it first: it is gone either way. */
function* gone(call: SystemCalls['unlink'], path: string): Task<void> {
  try {
    yield* wait(call(path));
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}
