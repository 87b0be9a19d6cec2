import { constants } from 'node:fs';
import type { OpenFile, OpenFlags } from '../../volume/index.ts';
import { FileHandle } from '../file-handle.ts';
import { after, withBody, withData, withoutBody } from '../operation.ts';
import { ENTRY_BYTES, writeOpened } from '../protocol/entry.ts';
import type { Reply } from '../protocol/reply.ts';
import type { Session } from '../session.ts';
import { answerWithNode, forgetOnce, type Named } from './lookup.ts';

const PERMISSION_BITS = 0o777;
const { O_APPEND, O_EXCL, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } = constants;
/** Node has no name for it. */
const O_ACCMODE = 3;
/** FUSE_FSYNC_FDATASYNC */
const DATA_ONLY = 1;
/** Where the data begins in a WRITE request. */
const WRITE_DATA = 40;

interface Opened {
  readonly file: OpenFile;
  handle: FileHandle | null;
  /** The handle's number. */
  number: number;
}

interface Created extends Opened, Named {}

/** OPEN */
export const open = withBody<Opened>({
  changes: false,
  run(request, session) {
    const flags = openFlags(request.u32(0));
    return after(session.volume.open(session.node(request.nodeId), flags), opened);
  },
  answer: (reply, value, session) => answerOpened(reply, 0, value, session),
  undo: closeUnused,
});

/** CREATE: makes a file and opens it; when it is there already (and O_EXCL is not asked for), opens it. */
export const create = withBody<Created>({
  changes: true,
  run(request, session) {
    const kernelFlags = request.u32(0);
    const flags = { ...openFlags(kernelFlags), exclusive: (kernelFlags & O_EXCL) !== 0 };
    const parent = session.node(request.nodeId);
    const permissions = request.u32(4) & PERMISSION_BITS;
    const name = request.name(16);
    const validity = session.validityOf(name);
    return after(session.volume.create(parent, name, permissions, flags), (file) => ({
      ...opened(file),
      node: file.node,
      validity,
    }));
  },
  answer(reply, value, session) {
    answerWithNode(reply, value, session);
    return ENTRY_BYTES + answerOpened(reply, ENTRY_BYTES, value, session);
  },
  undo(value, session, written) {
    forgetOnce(value, session, written);
    closeUnused(value, session);
  },
});

/** TMPFILE: makes a file without a name and opens it. */
export const tmpfile = withBody<Created>({
  changes: true,
  run(request, session) {
    const flags = openFlags(request.u32(0));
    const permissions = request.u32(4) & PERMISSION_BITS;
    const { validity } = session;
    return after(session.volume.createUnnamed(session.node(request.nodeId), permissions, flags), (file) => ({
      ...opened(file),
      node: file.node,
      validity,
    }));
  },
  answer: create.answer,
  undo: create.undo,
});

/** READ */
export const read = withData({
  changes: false,
  run(request, session) {
    const { file } = session.files.get(request.u64(0));
    const position = request.position(8);
    const length = request.u32(16);
    const { volume } = session;
    return volume.locate?.(file, position, length) ?? volume.read(file, position, length, session.signal);
  },
});

/** WRITE */
export const write = withBody<number>({
  changes: true,
  run(request, session) {
    const handle = session.files.get(request.u64(0));
    const position = request.position(8);
    const append = (request.u32(32) & O_APPEND) !== 0;
    const inPlace = request.data(WRITE_DATA, request.u32(16));
    // The slot stays ours until the write is done, as long as there is another one to read into.
    const data = session.lastSlot ? inPlace.slice() : inPlace;
    if (append) correctPages(position, handle.file, session);
    return after(handle.forWriting(append), (file) => session.volume.write(file, position, data));
  },
  answer(reply, written) {
    reply.u32(0, written);
    reply.u32(4, 0);
    return 8;
  },
});

/** FLUSH: a descriptor was closed. Not sent for files opened for reading alone. */
export const flush = withoutBody({
  changes: true,
  run: (request, session) => session.volume.flush(session.files.get(request.u64(0)).file),
});

/** FSYNC */
export const fsync = withoutBody({
  changes: true,
  run(request, session) {
    const { file } = session.files.get(request.u64(0));
    return session.volume.fsync(file, { dataOnly: (request.u32(8) & DATA_ONLY) !== 0 });
  },
});

/** RELEASE: the last descriptor and mapping are gone. */
export const release = withoutBody({
  changes: true,
  run(request, session) {
    close(session.files.remove(request.u64(0)), session);
  },
});

function openFlags(flags: number): OpenFlags {
  const access = flags & O_ACCMODE;
  return {
    read: access === O_RDONLY || access === O_RDWR,
    write: access === O_WRONLY || access === O_RDWR,
    append: (flags & O_APPEND) !== 0,
    truncate: (flags & O_TRUNC) !== 0,
  };
}

function opened(file: OpenFile): Opened {
  return { file, handle: null, number: -1 };
}

function answerOpened(reply: Reply, offset: number, value: Opened, session: Session): number {
  const { file } = value;
  const mode = session.passthrough.opening(file);
  value.handle = new FileHandle(session.volume, file, mode);
  value.number = session.files.add(value.handle);
  return writeOpened(reply, offset, value.number, mode.flags, mode.backing);
}

function closeUnused({ file, handle, number }: Opened, session: Session): void {
  if (handle === null) {
    session.volume.release(file);
    return;
  }
  session.files.remove(number);
  close(handle, session);
}

function close(handle: FileHandle, session: Session): void {
  handle.release();
  session.passthrough.closed(handle.file.node.id, handle.mode);
}

/**
 * The kernel keeps appended data in its pages at the place where it believed the end to be. Where others have moved the
 * end meanwhile, those pages are wrong.
 */
function correctPages(believedEnd: number, file: OpenFile, session: Session): void {
  if (session.volume.getattr(file.node).size !== believedEnd) session.invalidations.contentOf(file.node.id);
}
