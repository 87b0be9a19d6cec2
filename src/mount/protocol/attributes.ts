import type { Attributes, NodeKind } from '../../volume/index.ts';
import type { Reply } from './reply.ts';

/** struct fuse_attr, in bytes. */
export const ATTR_BYTES = 88;
/** struct fuse_attr_out: how long they hold, then the attributes. */
export const ATTR_OUT_BYTES = 16 + ATTR_BYTES;

/** Type bits of `st_mode`. */
const TYPES: Readonly<Record<NodeKind, number>> = {
  file: 0o100000,
  directory: 0o040000,
  symlink: 0o120000,
  fifo: 0o010000,
  socket: 0o140000,
  'character-device': 0o020000,
  'block-device': 0o060000,
};
/** Of `st_blocks`. */
const SECTOR_BYTES = 512;
const BLOCK_BYTES = 4096;

/** What the volume does not know about its files: whom they belong to on this machine. */
export interface Ownership {
  readonly uid: number;
  readonly gid: number;
}

/** Writes a struct fuse_attr. */
export function writeAttributes(reply: Reply, offset: number, attributes: Attributes, owner: Ownership): void {
  const { size, atime, mtime, ctime } = attributes;
  reply.u64(offset, attributes.ino);
  reply.u64(offset + 8, size);
  reply.u64(offset + 16, Math.ceil(size / SECTOR_BYTES));
  reply.u64(offset + 24, atime.seconds);
  reply.u64(offset + 32, mtime.seconds);
  reply.u64(offset + 40, ctime.seconds);
  reply.u32(offset + 48, atime.nanoseconds);
  reply.u32(offset + 52, mtime.nanoseconds);
  reply.u32(offset + 56, ctime.nanoseconds);
  reply.u32(offset + 60, TYPES[attributes.kind] | attributes.permissions);
  reply.u32(offset + 64, attributes.nlink);
  reply.u32(offset + 68, owner.uid);
  reply.u32(offset + 72, owner.gid);
  reply.u32(offset + 76, attributes.device);
  reply.u32(offset + 80, BLOCK_BYTES);
  reply.u32(offset + 84, 0);
}

/** Writes a struct fuse_attr_out. @returns its bytes */
export function writeAttributesReply(
  reply: Reply,
  attributes: Attributes,
  owner: Ownership,
  validSeconds: number,
): number {
  reply.u64(0, Math.floor(validSeconds));
  reply.u32(8, fractionNanoseconds(validSeconds));
  reply.u32(12, 0);
  writeAttributes(reply, 16, attributes, owner);
  return ATTR_OUT_BYTES;
}

/** The nanoseconds beyond the whole seconds. */
export function fractionNanoseconds(seconds: number): number {
  return Math.floor((seconds % 1) * 1e9);
}
