import { constants } from 'node:fs';
import { type AttributeChanges, type Attributes, type Timestamp, VolumeError } from '../../volume/index.ts';
import { withBody, withoutBody } from '../operation.ts';
import { type Ownership, writeAttributesReply } from '../protocol/attributes.ts';
import type { Request } from '../protocol/request.ts';

/** Which fields of a struct fuse_setattr_in count (FATTR_*). */
const Valid = {
  MODE: 1 << 0,
  UID: 1 << 1,
  GID: 1 << 2,
  SIZE: 1 << 3,
  ATIME: 1 << 4,
  MTIME: 1 << 5,
  FH: 1 << 6,
  ATIME_NOW: 1 << 7,
  MTIME_NOW: 1 << 8,
} as const;

const PERMISSION_BITS = 0o777;
const SPECIAL_BITS = 0o7000;

/** GETATTR */
export const getattr = withBody<Attributes>({
  changes: false,
  run: (request, session) => session.volume.getattr(session.node(request.nodeId)),
  answer: (reply, attributes, session) =>
    writeAttributesReply(reply, attributes, session.owner, session.validity.attributesSeconds),
});

/** SETATTR: chmod, chown, truncate, utimensat and their kin. */
export const setattr = withBody<Attributes>({
  changes: true,
  run(request, session) {
    const node = session.node(request.nodeId);
    refuseChown(request, session.owner);
    const valid = request.u32(0);
    const changes = readChanges(request);
    if (Object.keys(changes).length === 0) return session.volume.getattr(node);
    const file = (valid & Valid.FH) !== 0 ? session.files.get(request.u64(8)).file : undefined;
    return session.volume.setattr(node, changes, file);
  },
  answer: (reply, attributes, session) =>
    writeAttributesReply(reply, attributes, session.owner, session.validity.attributesSeconds),
});

/** ACCESS: asked only where the kernel does not check permissions itself (without `default_permissions`). */
export const access = withoutBody({
  changes: false,
  run(request, session) {
    const node = session.node(request.nodeId);
    const mask = request.u32(0);
    if ((mask & constants.W_OK) !== 0 && session.volume.readOnly) {
      throw new VolumeError('EROFS', 'the volume is read-only');
    }
    const { permissions, kind } = session.volume.getattr(node);
    if (!mayAccess(mask, permissions, kind === 'directory', request, session.owner)) {
      throw new VolumeError('EACCES', `the permissions ${permissions.toString(8)} do not allow it`);
    }
  },
});

function readChanges(request: Request): AttributeChanges {
  const valid = request.u32(0);
  return {
    ...((valid & Valid.MODE) !== 0 && { permissions: permissionsOf(request.u32(68)) }),
    ...((valid & Valid.SIZE) !== 0 && { size: request.position(16) }),
    ...((valid & Valid.ATIME) !== 0 && { atime: time(request, (valid & Valid.ATIME_NOW) !== 0, 32, 56) }),
    ...((valid & Valid.MTIME) !== 0 && { mtime: time(request, (valid & Valid.MTIME_NOW) !== 0, 40, 60) }),
  };
}

function time(request: Request, now: boolean, seconds: number, nanoseconds: number): Timestamp | 'now' {
  return now ? 'now' : { seconds: request.i64(seconds), nanoseconds: request.u32(nanoseconds) };
}

/** The nine bits; setuid, setgid and sticky are not kept anywhere, so setting them cannot succeed. */
function permissionsOf(mode: number): number {
  if ((mode & SPECIAL_BITS) !== 0) {
    throw new VolumeError('EPERM', 'setuid, setgid and sticky bits are not kept; only the nine permission bits are');
  }
  return mode & PERMISSION_BITS;
}

/** All files belong to one user and group on this machine: giving them to others cannot succeed. */
function refuseChown(request: Request, owner: Ownership): void {
  const valid = request.u32(0);
  const toOtherUser = (valid & Valid.UID) !== 0 && request.u32(76) !== owner.uid;
  const toOtherGroup = (valid & Valid.GID) !== 0 && request.u32(80) !== owner.gid;
  if (toOtherUser || toOtherGroup) {
    throw new VolumeError('EPERM', `all files belong to user ${owner.uid} and group ${owner.gid}: owners are not kept`);
  }
}

function mayAccess(mask: number, permissions: number, directory: boolean, caller: Ownership, owner: Ownership) {
  if (caller.uid === 0) return (mask & constants.X_OK) === 0 || directory || (permissions & 0o111) !== 0;
  const shift = caller.uid === owner.uid ? 6 : caller.gid === owner.gid ? 3 : 0;
  return ((permissions >> shift) & mask) === mask;
}
