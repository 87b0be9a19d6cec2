import type { Attributes } from '../../volume/index.ts';
import { ATTR_BYTES, fractionNanoseconds, type Ownership, writeAttributes } from './attributes.ts';
import type { Reply } from './reply.ts';

/** struct fuse_entry_out, in bytes. */
export const ENTRY_BYTES = 40 + ATTR_BYTES;
/** struct fuse_open_out, in bytes. */
export const OPEN_BYTES = 16;

/** How long the kernel may answer by itself, in seconds. */
export interface Validity {
  readonly entrySeconds: number;
  readonly attributesSeconds: number;
}

/** What an open file or directory is opened with (FOPEN_*). */
export const OpenReplyFlag = {
  DIRECT_IO: 1 << 0,
  KEEP_CACHE: 1 << 1,
  CACHE_DIR: 1 << 3,
  NOFLUSH: 1 << 5,
  PASSTHROUGH: 1 << 7,
} as const;

/** Writes a struct fuse_entry_out: a name's node and its attributes. @returns its bytes */
export function writeEntry(
  reply: Reply,
  offset: number,
  nodeId: number,
  attributes: Attributes,
  owner: Ownership,
  validity: Validity,
): number {
  reply.u64(offset, nodeId);
  // Node ids are never used twice, so the generation that would tell them apart stays 0.
  reply.u64(offset + 8, 0);
  writeValidity(reply, offset + 16, validity);
  writeAttributes(reply, offset + 40, attributes, owner);
  return ENTRY_BYTES;
}

/** Writes a struct fuse_entry_out that says: there is no such name, and you may remember that. */
export function writeMissingEntry(reply: Reply, validity: Validity): number {
  reply.zero(0, ENTRY_BYTES);
  writeValidity(reply, 16, validity);
  return ENTRY_BYTES;
}

/**
 * Writes a struct fuse_open_out.
 *
 * @param backing number of the file that the kernel reads instead of asking, with PASSTHROUGH
 * @returns its bytes
 */
export function writeOpened(reply: Reply, offset: number, handle: number, flags: number, backing = 0): number {
  reply.u64(offset, handle);
  reply.u32(offset + 8, flags);
  reply.u32(offset + 12, backing);
  return OPEN_BYTES;
}

function writeValidity(reply: Reply, offset: number, { entrySeconds, attributesSeconds }: Validity): void {
  reply.u64(offset, Math.floor(entrySeconds));
  reply.u64(offset + 8, Math.floor(attributesSeconds));
  reply.u32(offset + 16, fractionNanoseconds(entrySeconds));
  reply.u32(offset + 20, fractionNanoseconds(attributesSeconds));
}
