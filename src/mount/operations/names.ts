import { constants } from 'node:fs';
import { type RenameFlags, VolumeError } from '../../volume/index.ts';
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

/** MKNOD: regular files. What means something on one machine only is refused as long as there is no place for it. */
export const mknod = withBody<Named>({
  changes: true,
  run(request, session) {
    const mode = request.u32(0);
    if ((mode & constants.S_IFMT) !== constants.S_IFREG) {
      throw new VolumeError('EPERM', 'fifos, sockets and device nodes are not supported');
    }
    const parent = session.node(request.nodeId);
    const flags = { read: false, write: true, exclusive: true };
    const name = request.name(16);
    const validity = session.validityOf(name);
    return after(session.volume.create(parent, name, mode & PERMISSION_BITS, flags), (file) => {
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
