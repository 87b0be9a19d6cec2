import { constants } from 'node:fs';
import { type MaybePromise, type OpenFlags, VolumeError, type VolumeNode } from '../../volume/index.ts';
import { run, type Task, wait } from '../task.ts';
import type { SystemCalls } from './calls.ts';
import { Descriptor } from './descriptors.ts';
import { isSynchronous } from './file-calls.ts';
import { guarded } from './guarded.ts';
import { type Kernel, PERMISSION_BITS } from './kernel.ts';
import { absentAsNull, type Place } from './path-walk.ts';
import { READ, WRITE } from './permissions.ts';

const { O_APPEND, O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_TRUNC, O_WRONLY } = constants;

/** The lowest two bits say how a file is opened: reading, writing or both. */
const ACCESS_MODE = 3;

/** `open`, for files and directories. */
export function openCall(kernel: Kernel): SystemCalls['open'] {
  return (path, flags, mode) => guarded('open', path, undefined, () => run(open(kernel, path, flags, mode)));
}

function* open(kernel: Kernel, path: string, flags: number, mode: number): Task<number> {
  const how = openFlags(flags);
  const descriptor =
    (flags & O_CREAT) === 0
      ? yield* openNode(kernel, yield* wait(kernel.walk.find(path, (flags & O_NOFOLLOW) === 0)), how, flags)
      : yield* openOrCreate(kernel, yield* wait(placeToCreate(kernel, path, flags)), how, flags, mode);
  return kernel.descriptors.add(descriptor);
}

function openFlags(flags: number): OpenFlags {
  const access = flags & ACCESS_MODE;
  if (access === ACCESS_MODE) throw new VolumeError('EINVAL', 'both O_WRONLY and O_RDWR');
  return {
    read: access !== O_WRONLY,
    write: access !== 0,
    append: (flags & O_APPEND) !== 0,
    truncate: (flags & O_TRUNC) !== 0,
  };
}

function* openNode(kernel: Kernel, node: VolumeNode, how: OpenFlags, flags: number): Task<Descriptor> {
  const { volume, permissions } = kernel;
  if (node.kind === 'directory') {
    if (how.write || how.truncate) throw new VolumeError('EISDIR', 'a directory is not opened for writing');
    permissions.require(node, READ);
    volume.retain(node);
    return new Descriptor(node, null, false);
  }
  if (node.kind === 'symlink') throw new VolumeError('ELOOP', 'a link is not followed here');
  if ((flags & O_DIRECTORY) !== 0) throw new VolumeError('ENOTDIR', 'O_DIRECTORY');
  permissions.require(node, (how.read ? READ : 0) | (how.write || how.truncate ? WRITE : 0));
  return opened(kernel, yield* wait(volume.open(node, how)), flags);
}

/** O_EXCL and O_NOFOLLOW mean the name itself; otherwise a link may lead to what is to be made. */
function placeToCreate({ walk }: Kernel, path: string, flags: number): MaybePromise<Place> {
  return (flags & (O_EXCL | O_NOFOLLOW)) === 0 ? walk.findPlaceBehindLinks(path) : walk.findPlace(path);
}

function* openOrCreate(kernel: Kernel, place: Place, how: OpenFlags, flags: number, mode: number): Task<Descriptor> {
  const { volume, permissions, umask } = kernel;
  const exclusive = (flags & O_EXCL) !== 0;
  if (place.name === null) throw new VolumeError(exclusive ? 'EEXIST' : 'EISDIR', 'the path names a directory');
  if (place.directoryOnly) throw new VolumeError('EISDIR', 'a file is not made with a slash after its name');
  const existing = yield* existingNode(kernel, place.parent, place.name);
  if (existing !== null) {
    if (exclusive) throw new VolumeError('EEXIST', place.name);
    if (existing.kind === 'directory') throw new VolumeError('EISDIR', place.name);
    return yield* openNode(kernel, existing, how, flags);
  }
  permissions.require(place.parent, WRITE);
  const created = volume.create(place.parent, place.name, mode & ~umask & PERMISSION_BITS, { ...how, exclusive });
  return opened(kernel, yield* wait(created), flags);
}

function opened(kernel: Kernel, file: Descriptor['file'] & object, flags: number): Descriptor {
  kernel.volume.retain(file.node);
  return new Descriptor(file.node, file, isSynchronous(flags));
}

/** What a name stands for, or null: asking first is what lets permission bits of an existing file count. */
function* existingNode({ volume }: Kernel, parent: VolumeNode, name: string): Task<VolumeNode | null> {
  return yield* wait(absentAsNull(() => volume.lookup(parent, name)));
}
