import type { Reply } from './reply.ts';
import type { Request } from './request.ts';

/** The version of the protocol spoken here; the kernel adapts to what it gets. */
export const PROTOCOL_MAJOR = 7;
/** 7.45 is what a 6.18 kernel offers; nothing newer than 7.40 (passthrough) is used. */
export const PROTOCOL_MINOR = 45;
/** Linux 5.4. Older kernels lay out some structures differently. */
export const OLDEST_MINOR = 31;

/** Bytes that one READ or WRITE carries at most: 256 pages. */
export const MAX_TRANSFER_BYTES = 1 << 20;
const MAX_PAGES = 256;

/** Capabilities (FUSE_*) as bit numbers of the 64-bit flags. */
const Capability = {
  ASYNC_READ: 0,
  ATOMIC_O_TRUNC: 3,
  EXPORT_SUPPORT: 4,
  BIG_WRITES: 5,
  DO_READDIRPLUS: 13,
  READDIRPLUS_AUTO: 14,
  PARALLEL_DIROPS: 18,
  ABORT_ERROR: 21,
  MAX_PAGES: 22,
  EXPLICIT_INVAL_DATA: 25,
  INIT_EXT: 30,
  PASSTHROUGH: 37,
} as const;

/**
 * What is asked for where the kernel offers it.
 *
 * Not ASYNC_DIO: it makes O_DIRECT reads uninterruptible. Not AUTO_INVAL_DATA: the kernel is told exactly what
 * changed, so a new mtime or size does not have to cost a file's cached pages.
 */
const WANTED: readonly number[] = [
  Capability.ASYNC_READ,
  Capability.ATOMIC_O_TRUNC,
  Capability.EXPORT_SUPPORT,
  Capability.BIG_WRITES,
  Capability.DO_READDIRPLUS,
  Capability.READDIRPLUS_AUTO,
  Capability.PARALLEL_DIROPS,
  Capability.ABORT_ERROR,
  Capability.MAX_PAGES,
  Capability.EXPLICIT_INVAL_DATA,
  Capability.INIT_EXT,
  Capability.PASSTHROUGH,
];

const MAX_BACKGROUND = 64;
const CONGESTION_THRESHOLD = 48;
/** Times are kept to the nanosecond. */
const TIME_GRANULARITY_NS = 1;
/** struct fuse_init_out, in bytes. */
const INIT_OUT_BYTES = 64;
const HIGHEST_LOW_BIT = 31;
/** Files that are lent to the kernel are on a filesystem of this machine's disk, not on one that is stacked on another. */
const MAX_STACK_DEPTH = 1;

/** What the kernel offered at INIT. */
export interface KernelOffer {
  readonly major: number;
  readonly minor: number;
  readonly maxReadahead: number;
  readonly flags: number;
  readonly flags2: number;
}

/** Whether opens may be answered with a file of this machine's disk. */
export function offersPassthrough({ flags2 }: KernelOffer): boolean {
  return (flags2 & (1 << (Capability.PASSTHROUGH - HIGHEST_LOW_BIT - 1))) !== 0;
}

export function readInit(request: Request): KernelOffer {
  const flags = request.u32(12);
  const extended = (flags & (1 << Capability.INIT_EXT)) !== 0 && request.bodyBytes >= 20;
  return {
    major: request.u32(0),
    minor: request.u32(4),
    maxReadahead: request.u32(8),
    flags,
    flags2: extended ? request.u32(16) : 0,
  };
}

/**
 * Writes a struct fuse_init_out that takes from the offer what we want.
 *
 * A newer major version than ours gets ours and nothing else; the kernel then asks again in it.
 *
 * @returns its bytes
 */
export function writeInit(reply: Reply, offer: KernelOffer): number {
  let wanted = 0;
  let wanted2 = 0;
  for (const bit of WANTED) {
    if (bit <= HIGHEST_LOW_BIT) wanted |= 1 << bit;
    else wanted2 |= 1 << (bit - HIGHEST_LOW_BIT - 1);
  }
  reply.zero(0, INIT_OUT_BYTES);
  reply.u32(0, PROTOCOL_MAJOR);
  reply.u32(4, PROTOCOL_MINOR);
  reply.u32(8, offer.maxReadahead);
  reply.u32(12, offer.flags & wanted);
  reply.u16(16, MAX_BACKGROUND);
  reply.u16(18, CONGESTION_THRESHOLD);
  reply.u32(20, MAX_TRANSFER_BYTES);
  reply.u32(24, TIME_GRANULARITY_NS);
  reply.u16(28, MAX_PAGES);
  reply.u32(32, offer.flags2 & wanted2);
  reply.u32(36, MAX_STACK_DEPTH);
  return INIT_OUT_BYTES;
}
