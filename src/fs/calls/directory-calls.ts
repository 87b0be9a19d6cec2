import { randomBytes } from 'node:crypto';
import { andThen, type DirectoryItem, type MaybePromise, VolumeError, type VolumeNode } from '../../volume/index.ts';
import { systemError } from '../errors/system-error.ts';
import { run, type Task, wait } from '../task.ts';
import type { SystemCalls } from './calls.ts';
import { guarded } from './guarded.ts';
import { type Kernel, PERMISSION_BITS } from './kernel.ts';
import { absentAsNull } from './path-walk.ts';
import { READ, WRITE } from './permissions.ts';

type DirectoryCalls = Pick<SystemCalls, 'readdir' | 'opendir' | 'mkdir' | 'mkdirp' | 'mkdtemp' | 'rmdir'>;

/** The calls that list, make and remove directories. */
export function directoryCalls(kernel: Kernel): DirectoryCalls {
  const { volume, walk, permissions, umask } = kernel;

  const list = (path: string): MaybePromise<readonly DirectoryItem[]> =>
    andThen(walk.find(path), (node) => {
      if (node.kind !== 'directory') throw new VolumeError('ENOTDIR', path);
      permissions.require(node, READ);
      return volume.readdir(node);
    });

  const make = (path: string, mode: number): MaybePromise<void> =>
    andThen(walk.findPlace(path), ({ parent, name }) => {
      if (name === null) throw new VolumeError('EEXIST', path);
      permissions.require(parent, WRITE);
      return andThen(volume.mkdir(parent, name, mode & ~umask & PERMISSION_BITS), () => undefined);
    });

  return {
    readdir: (path) =>
      guarded('scandir', path, undefined, () => andThen(list(path), (items) => items.toSorted(byName))),
    opendir: (path) => guarded('opendir', path, undefined, () => list(path)),
    mkdir: (path, mode) => guarded('mkdir', path, undefined, () => make(path, mode)),
    mkdirp: (path, mode) => guarded('mkdir', path, undefined, () => run(makeAll(kernel, path, mode))),
    mkdtemp: (prefix) => run(makeTemporary(make, prefix)),

    rmdir: (path) =>
      guarded('rmdir', path, undefined, () =>
        andThen(walk.findPlace(path), ({ parent, name, last }) => {
          if (last === '') throw new VolumeError('EBUSY', 'the root of a volume stays');
          if (last === '.') throw new VolumeError('EINVAL', path);
          if (name === null) throw new VolumeError('ENOTEMPTY', path);
          permissions.require(parent, WRITE);
          return volume.rmdir(parent, name);
        }),
      ),
  };
}

/** libuv sorts what it lists. */
function byName(one: DirectoryItem, other: DirectoryItem): number {
  return one.name < other.name ? -1 : 1;
}

/** @returns the path of the first directory that was missing, as far as the caller's path spells it */
function* makeAll(kernel: Kernel, path: string, mode: number): Task<string | undefined> {
  const { volume, walk, permissions, umask } = kernel;
  if (path === '') throw new VolumeError('ENOENT', 'the path is empty');
  let node = volume.root;
  let firstMade: string | undefined;
  for (const { name, end } of names(path)) {
    if (node.kind !== 'directory') throw new VolumeError('ENOTDIR', path);
    if (name === '.') continue;
    if (name === '..') {
      node = volume.parent(node);
      continue;
    }
    const parent: VolumeNode = node;
    let next = yield* wait(absentAsNull(() => volume.lookup(parent, name)));
    if (next === null) {
      permissions.require(parent, WRITE);
      next = yield* wait(makeOrFind(kernel, parent, name, mode & ~umask & PERMISSION_BITS));
      firstMade ??= path.slice(0, end);
    }
    if (next.kind === 'symlink') next = yield* wait(walk.find(path.slice(0, end)));
    node = next;
  }
  if (node.kind !== 'directory') throw new VolumeError('EEXIST', path);
  return firstMade;
}

/** Somebody else may make the same directory at the same time: then theirs is as good. */
function makeOrFind(
  { volume }: Kernel,
  parent: VolumeNode,
  name: string,
  permissions: number,
): MaybePromise<VolumeNode> {
  const theirs = (error: unknown): MaybePromise<VolumeNode> => {
    if (error instanceof VolumeError && error.code === 'EEXIST') return volume.lookup(parent, name);
    throw error;
  };
  try {
    const made = volume.mkdir(parent, name, permissions);
    return made instanceof Promise ? made.catch(theirs) : made;
  } catch (error) {
    return theirs(error);
  }
}

function* names(path: string): Generator<{ readonly name: string; readonly end: number }> {
  for (const { 0: name, index } of path.matchAll(/[^/]+/g)) yield { name, end: index + name.length };
}

/** The characters mkdtemp(3) chooses from. */
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

function* makeTemporary(make: (path: string, mode: number) => MaybePromise<void>, prefix: string): Task<string> {
  // 56 billion names: whoever meets a hundred existing ones in a row is not unlucky but attacked.
  for (let attempt = 0; attempt < 100; attempt++) {
    const suffix = Array.from(randomBytes(6), (byte) => LETTERS[byte % LETTERS.length]).join('');
    const path = prefix + suffix;
    try {
      yield* wait(guarded('mkdtemp', path, undefined, () => make(path, 0o700)));
      return path;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
  }
  throw systemError('EEXIST', 'mkdtemp', `${prefix}XXXXXX`);
}
