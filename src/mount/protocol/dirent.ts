import type { NodeKind } from '../../volume/index.ts';
import { ENTRY_BYTES } from './entry.ts';
import type { Reply } from './reply.ts';

/** struct fuse_dirent before the name, in bytes. */
const DIRENT_BYTES = 24;
/** DT_* of readdir(3). */
const TYPES: Readonly<Record<NodeKind, number>> = {
  file: 8,
  directory: 4,
  symlink: 10,
  fifo: 1,
  socket: 12,
  'character-device': 2,
  'block-device': 6,
};

/** Bytes of a directory entry with a name of so many bytes; entries start at multiples of 8. */
export function direntBytes(nameBytes: number): number {
  return (DIRENT_BYTES + nameBytes + 7) & ~7;
}

/** A name as a listing gives it. */
export interface ListedName {
  readonly name: string;
  readonly kind: NodeKind;
  readonly ino: number;
}

/**
 * Writes a struct fuse_dirent when it fits.
 *
 * @param offset where it goes in the body
 * @param limit  bytes the body may have
 * @param cookie where reading goes on after this entry
 * @returns its bytes, 0 when it does not fit
 */
export function writeDirent(reply: Reply, offset: number, limit: number, cookie: number, item: ListedName): number {
  // A name takes at most three bytes for each of JavaScript's units: measured exactly only near the end.
  if (offset + direntBytes(item.name.length * 3) > limit) {
    if (offset + direntBytes(Buffer.byteLength(item.name)) > limit) return 0;
  }
  const nameBytes = reply.name(offset + DIRENT_BYTES, item.name);
  reply.u64(offset, item.ino);
  reply.u64(offset + 8, cookie);
  reply.u32(offset + 16, nameBytes);
  reply.u32(offset + 20, TYPES[item.kind]);
  const length = direntBytes(nameBytes);
  reply.zero(offset + DIRENT_BYTES + nameBytes, length - DIRENT_BYTES - nameBytes);
  return length;
}

/**
 * Writes the dirent of a struct fuse_direntplus when it fits; its entry, before it, is the caller's to write.
 *
 * @returns bytes of both, 0 when they do not fit
 */
export function writeDirentPlus(reply: Reply, offset: number, limit: number, cookie: number, item: ListedName): number {
  const length = writeDirent(reply, offset + ENTRY_BYTES, limit, cookie, item);
  return length === 0 ? 0 : ENTRY_BYTES + length;
}
