import { constants } from 'node:fs';
import { andThen, type MaybePromise, type Timestamp, VolumeError, type VolumeNode } from '../../volume/index.ts';
import type { SystemCalls } from './calls.ts';
import { guarded } from './guarded.ts';
import { type Kernel, PERMISSION_BITS } from './kernel.ts';

type AttributeCalls = Pick<
  SystemCalls,
  | 'fstat'
  | 'fchmod'
  | 'fchown'
  | 'futimes'
  | 'stat'
  | 'lstat'
  | 'access'
  | 'chmod'
  | 'chown'
  | 'lchown'
  | 'utimes'
  | 'lutimes'
  | 'statfs'
  | 'realpath'
  | 'readlink'
>;

interface Changes {
  readonly permissions?: number;
  readonly atime?: Timestamp;
  readonly mtime?: Timestamp;
}

function isTime(time: Timestamp | undefined): boolean {
  return time === undefined || Number.isFinite(time.seconds);
}

/** The calls that tell or set what a file is, without touching its bytes or its names. */
export function attributeCalls(kernel: Kernel): AttributeCalls {
  const { volume, walk, descriptors, permissions } = kernel;

  const status = (syscall: string, path: string, follow: boolean) =>
    guarded(syscall, path, undefined, () => {
      const node = walk.find(path, follow);
      return node instanceof Promise ? node.then((found) => volume.getattr(found)) : volume.getattr(node);
    });

  const set = (node: VolumeNode, changes: Changes): MaybePromise<void> => {
    if (!isTime(changes.atime) || !isTime(changes.mtime)) throw new VolumeError('EINVAL', 'no time');
    return andThen(volume.setattr(node, changes), () => undefined);
  };

  const setByPath = (syscall: string, path: string, changes: Changes, follow = true) =>
    guarded(syscall, path, undefined, () => andThen(walk.find(path, follow), (node) => set(node, changes)));

  const setByDescriptor = (syscall: string, fd: number, changes: Changes) =>
    guarded(syscall, undefined, undefined, () => set(descriptors.get(fd).node, changes));

  const own = (syscall: string, path: string, uid: number, gid: number, follow: boolean) =>
    guarded(syscall, path, undefined, () => andThen(walk.find(path, follow), () => checkOwner(kernel, uid, gid)));

  return {
    stat: (path) => status('stat', path, true),
    lstat: (path) => status('lstat', path, false),
    fstat: (fd) => guarded('fstat', undefined, undefined, () => volume.getattr(descriptors.get(fd).node)),

    access: (path, mode) =>
      guarded('access', path, undefined, () =>
        andThen(walk.find(path), (node) => {
          if ((mode & constants.W_OK) !== 0 && volume.readOnly) throw new VolumeError('EROFS', path);
          permissions.require(node, mode);
        }),
      ),

    chmod: (path, mode) => setByPath('chmod', path, { permissions: mode & PERMISSION_BITS }),
    fchmod: (fd, mode) => setByDescriptor('fchmod', fd, { permissions: mode & PERMISSION_BITS }),

    chown: (path, uid, gid) => own('chown', path, uid, gid, true),
    lchown: (path, uid, gid) => own('lchown', path, uid, gid, false),
    fchown: (fd, uid, gid) =>
      guarded('fchown', undefined, undefined, () => {
        descriptors.get(fd);
        return checkOwner(kernel, uid, gid);
      }),

    utimes: (path, atime, mtime) => setByPath('utime', path, { atime, mtime }),
    lutimes: (path, atime, mtime) => setByPath('lutime', path, { atime, mtime }, false),
    futimes: (fd, atime, mtime) => setByDescriptor('futime', fd, { atime, mtime }),

    statfs: (path) => guarded('statfs', path, undefined, () => andThen(walk.find(path), () => volume.statfs())),

    realpath: (path) =>
      guarded('realpath', path, undefined, () =>
        andThen(walk.find(path), (node) => {
          const names = volume.pathOf(node);
          if (names === null) throw new VolumeError('ENOENT', `${path} has just been removed`);
          return `/${names.join('/')}`;
        }),
      ),

    readlink: (path) =>
      guarded('readlink', path, undefined, () => andThen(walk.find(path, false), (node) => volume.readlink(node))),
  };
}

/** Everything in a volume belongs to who opened it: asking for that is granted, anything else is not kept anywhere. */
function checkOwner({ identity }: Kernel, uid: number, gid: number): void {
  const same = (asked: number, is: number): boolean => asked === -1 || asked === 2 ** 32 - 1 || asked === is;
  if (!same(uid, identity.uid) || !same(gid, identity.gid)) {
    throw new VolumeError('EPERM', 'a volume keeps no owners');
  }
}
