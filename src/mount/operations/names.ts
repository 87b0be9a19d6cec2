import { constants } from 'node:fs';
import { type DeviceKind, type RenameFlags, VolumeError } from '../../volume/index.ts';
import { after, withBody, withData, withoutBody } from '../operation.ts';
import type { Request } from '../protocol/request.ts';
import type { Session } from '../session.ts';
import { answerWithNode, forgetOnce, type Named } from './lookup.ts';

const PERMISSION_BITS = 0o777;
/** Flags of renameat2(2). */
const RENAME_NOREPLACE = 1;
const RENAME_EXCHANGE = 2;

/** MKDIR */
export const mkdir = withBody<Named>({
  changes: true,
  run(request, session) {
    const parent = session.node(request.nodeId);
    const name = request.name(8);
    const validity = session.validityOf(name);
    const made = session.volume.mkdir(parent, name, request.u32(0) & PERMISSION_BITS);
    return after(made, (node) => ({ node, validity }));
  },
  answer: answerWithNode,
  undo: forgetOnce,
});

/** What mknod(2) makes besides regular files, by the type bits. */
const DEVICE_KINDS: Readonly<Record<number, DeviceKind>> = {
  [constants.S_IFIFO]: 'fifo',
  [constants.S_IFSOCK]: 'socket',
  [constants.S_IFCHR]: 'character-device',
  [constants.S_IFBLK]: 'block-device',
};

/** MKNOD: regular files, and what means something on this machine only; bind(2) makes sockets by it. */
export const mknod = withBody<Named>({
  changes: true,
  run(request, session) {
    const mode = request.u32(0);
    const parent = session.node(request.nodeId);
    const name = request.name(16);
    const validity = session.validityOf(name);
    const permissions = mode & PERMISSION_BITS;
    const kind = DEVICE_KINDS[mode & constants.S_IFMT];
    if (kind !== undefined) {
      const made = session.volume.mknod(parent, name, kind, request.u32(4), permissions);
      return after(made, (node) => ({ node, validity }));
    }
    const flags = { read: false, write: true, exclusive: true };
    return after(session.volume.create(parent, name, permissions, flags), (file) => {
      session.volume.release(file);
      return { node: file.node, validity };
    });
  },
  answer: answerWithNode,
  undo: forgetOnce,
});

/** SYMLINK */
export const symlink = withBody<Named>({
  changes: true,
  run(request, session) {
    const [name, target] = request.twoNames(0);
    const validity = session.validityOf(name);
    const made = session.volume.symlink(session.node(request.nodeId), name, target);
    return after(made, (node) => ({ node, validity }));
  },
  answer: answerWithNode,
  undo: forgetOnce,
});

/** READLINK */
export const readlink = withData({
  changes: false,
  run: (request, session) => Buffer.from(session.volume.readlink(session.node(request.nodeId))),
});

/** LINK */
export const link = withBody<Named>({
  changes: true,
  run(request, session) {
    const name = request.name(8);
    const validity = session.validityOf(name);
    const linked = session.volume.link(session.node(request.u64(0)), session.node(request.nodeId), name);
    return after(linked, (node) => ({ node, validity }));
  },
  answer: answerWithNode,
  undo: forgetOnce,
});

/** UNLINK */
export const unlink = withoutBody({
  changes: true,
  run: (request, session) => session.volume.unlink(session.node(request.nodeId), request.name(0)),
});

/** RMDIR */
export const rmdir = withoutBody({
  changes: true,
  run: (request, session) => session.volume.rmdir(session.node(request.nodeId), request.name(0)),
});

/** RENAME */
export const rename = withoutBody({
  changes: true,
  run: (request, session) => move(request, 8, undefined, session),
  locks: (request) => [request.u64(0)],
});

/** RENAME2 */
export const rename2 = withoutBody({
  changes: true,
  run(request, session) {
    const flags = request.u32(8);
    if ((flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE)) !== 0) {
      throw new VolumeError('EINVAL', `rename with flags ${flags} is not supported`);
    }
    const noReplace = (flags & RENAME_NOREPLACE) !== 0;
    const exchange = (flags & RENAME_EXCHANGE) !== 0;
    return move(request, 16, { noReplace, exchange }, session);
  },
  locks: (request) => [request.u64(0)],
});

function move(request: Request, names: number, flags: RenameFlags | undefined, session: Session) {
  const [name, newName] = request.twoNames(names);
  const parent = session.node(request.nodeId);
  const newParent = session.node(request.u64(0));
  return after(session.volume.rename(parent, name, newParent, newName, flags), () => {
    // The kernel gives the new name the old one's validity, which may be too long for its form.
    if (session.validityOf(newName) !== session.validity) session.invalidations.nameIn(newParent.id, newName);
  });
}
