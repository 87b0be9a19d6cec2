import { constants } from 'node:fs';
import { andThen, type MaybePromise, type OpenFile, VolumeError } from '../../volume/index.ts';
import { run, type Task, wait } from '../task.ts';
import type { SystemCalls } from './calls.ts';
import { guarded } from './guarded.ts';
import { type Kernel, PERMISSION_BITS } from './kernel.ts';
import { absentAsNull } from './path-walk.ts';
import { READ, WRITE } from './permissions.ts';

type NameCalls = Pick<SystemCalls, 'unlink' | 'rename' | 'link' | 'symlink' | 'copyFile'>;

/** The calls that give, move and take the names of files. */
export function nameCalls(kernel: Kernel): NameCalls {
  const { volume, walk, permissions } = kernel;

  return {
    unlink: (path) =>
      guarded('unlink', path, undefined, () =>
        andThen(walk.findPlace(path), ({ parent, name, directoryOnly }): MaybePromise<void> => {
          if (name === null) throw new VolumeError('EISDIR', path);
          permissions.require(parent, WRITE);
          if (!directoryOnly) return volume.unlink(parent, name);
          return andThen(volume.lookup(parent, name), (node) => {
            throw new VolumeError(node.kind === 'directory' ? 'EISDIR' : 'ENOTDIR', path);
          });
        }),
      ),

    rename: (path, newPath) => guarded('rename', path, newPath, () => run(rename(kernel, path, newPath))),
    copyFile: (path, newPath, flags) =>
      guarded('copyfile', path, newPath, () => run(copy(kernel, path, newPath, flags))),

    link: (path, newPath) => guarded('link', path, newPath, () => run(link(kernel, path, newPath))),
    symlink: (target, path) => guarded('symlink', target, path, () => run(symlink(kernel, target, path))),
  };
}

function* rename({ volume, walk, permissions }: Kernel, path: string, newPath: string): Task<void> {
  const from = yield* wait(walk.findPlace(path));
  const to = yield* wait(walk.findPlace(newPath));
  if (from.name === null || to.name === null) throw new VolumeError('EBUSY', 'the path names a directory in use');
  permissions.require(from.parent, WRITE);
  permissions.require(to.parent, WRITE);
  if (from.directoryOnly || to.directoryOnly) {
    const node = yield* wait(volume.lookup(from.parent, from.name));
    if (node.kind !== 'directory') throw new VolumeError('ENOTDIR', 'a file has no slash after its name');
  }
  yield* wait(volume.rename(from.parent, from.name, to.parent, to.name));
}

/** As libuv does it: content and permission bits, over an existing file unless that is forbidden. */
function* copy(kernel: Kernel, path: string, newPath: string, flags: number): Task<void> {
  const { volume, walk, permissions } = kernel;
  const source = yield* wait(walk.find(path));
  permissions.require(source, READ);
  const exclusive = (flags & constants.COPYFILE_EXCL) !== 0;
  const place = yield* wait(exclusive ? walk.findPlace(newPath) : walk.findPlaceBehindLinks(newPath));
  if (place.name === null || place.directoryOnly) throw new VolumeError('EISDIR', newPath);
  const { parent, name } = place;
  const existing = yield* wait(absentAsNull(() => volume.lookup(parent, name)));
  if (existing !== null && exclusive) throw new VolumeError('EEXIST', newPath);
  if (source.kind === 'directory' || existing?.kind === 'directory') throw new VolumeError('EISDIR', path);
  if (existing?.ino === source.ino) return;

  const mode = volume.getattr(source).permissions & PERMISSION_BITS;
  permissions.require(existing ?? parent, WRITE);
  const from = yield* wait(volume.open(source, { read: true, write: false }));
  let to: OpenFile | null = null;
  try {
    to = yield* wait(
      existing === null
        ? volume.create(parent, name, mode, { read: false, write: true, exclusive: true })
        : volume.open(existing, { read: false, write: true, truncate: true }),
    );
    yield* wait(volume.copyContent(from, to));
    yield* wait(volume.setattr(to.node, { permissions: mode }, to));
    yield* wait(volume.flush(to));
  } finally {
    volume.release(from);
    if (to !== null) volume.release(to);
  }
}

function* link({ volume, walk, permissions }: Kernel, path: string, newPath: string): Task<void> {
  const node = yield* wait(walk.find(path, false));
  const { parent, name, directoryOnly } = yield* wait(walk.findPlace(newPath));
  if (name === null || (yield* wait(absentAsNull(() => volume.lookup(parent, name)))) !== null) {
    throw new VolumeError('EEXIST', newPath);
  }
  if (directoryOnly) throw new VolumeError('ENOENT', 'a file has no slash after its name');
  permissions.require(parent, WRITE);
  yield* wait(volume.link(node, parent, name));
}

function* symlink({ volume, walk, permissions }: Kernel, target: string, path: string): Task<void> {
  if (target === '') throw new VolumeError('ENOENT', 'the target is empty');
  const { parent, name, directoryOnly } = yield* wait(walk.findPlace(path));
  if (name === null || (yield* wait(absentAsNull(() => volume.lookup(parent, name)))) !== null) {
    throw new VolumeError('EEXIST', path);
  }
  if (directoryOnly) throw new VolumeError('ENOENT', 'a link has no slash after its name');
  permissions.require(parent, WRITE);
  yield* wait(volume.symlink(parent, name, target));
}
