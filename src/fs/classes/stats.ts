import { constants } from 'node:fs';
import type { Attributes, NodeKind, Timestamp } from '../../volume/index.ts';
import type { Identity } from '../calls/calls.ts';

const { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK } = constants;

/** Bytes of the blocks that `blocks` counts, whatever `blksize` says. */
const STAT_BLOCK = 512;

const typeBits: Readonly<Record<NodeKind, number>> = {
  file: S_IFREG,
  directory: S_IFDIR,
  symlink: S_IFLNK,
  fifo: S_IFIFO,
  socket: S_IFSOCK,
  'character-device': S_IFCHR,
  'block-device': S_IFBLK,
};

abstract class StatsBase<T extends number | bigint> {
  abstract readonly mode: T;

  isDirectory(): boolean {
    return this.#is(S_IFDIR);
  }
  isFile(): boolean {
    return this.#is(S_IFREG);
  }
  isBlockDevice(): boolean {
    return this.#is(S_IFBLK);
  }
  isCharacterDevice(): boolean {
    return this.#is(S_IFCHR);
  }
  isSymbolicLink(): boolean {
    return this.#is(S_IFLNK);
  }
  isFIFO(): boolean {
    return this.#is(S_IFIFO);
  }
  isSocket(): boolean {
    return this.#is(S_IFSOCK);
  }

  #is(type: number): boolean {
    return (Number(this.mode) & S_IFMT) === type;
  }
}

/** `fs.Stats`. Times in milliseconds have a fraction. */
export class Stats extends StatsBase<number> {
  dev: number;
  mode: number;
  nlink: number;
  uid: number;
  gid: number;
  rdev: number;
  blksize: number;
  ino: number;
  size: number;
  blocks: number;
  atimeMs: number;
  mtimeMs: number;
  ctimeMs: number;
  birthtimeMs: number;
  atime: Date;
  mtime: Date;
  ctime: Date;
  birthtime: Date;

  constructor(
    dev: number,
    mode: number,
    nlink: number,
    uid: number,
    gid: number,
    rdev: number,
    blksize: number,
    ino: number,
    size: number,
    blocks: number,
    atimeMs: number,
    mtimeMs: number,
    ctimeMs: number,
    birthtimeMs: number,
  ) {
    super();
    this.dev = dev;
    this.mode = mode;
    this.nlink = nlink;
    this.uid = uid;
    this.gid = gid;
    this.rdev = rdev;
    this.blksize = blksize;
    this.ino = ino;
    this.size = size;
    this.blocks = blocks;
    this.atimeMs = atimeMs;
    this.mtimeMs = mtimeMs;
    this.ctimeMs = ctimeMs;
    this.birthtimeMs = birthtimeMs;
    // Rounded first: a Date cuts, and milliseconds may have lost a last bit as floating point.
    this.atime = new Date(Math.round(atimeMs));
    this.mtime = new Date(Math.round(mtimeMs));
    this.ctime = new Date(Math.round(ctimeMs));
    this.birthtime = new Date(Math.round(birthtimeMs));
  }
}

/** `fs.BigIntStats`. */
export class BigIntStats extends StatsBase<bigint> {
  dev: bigint;
  mode: bigint;
  nlink: bigint;
  uid: bigint;
  gid: bigint;
  rdev: bigint;
  blksize: bigint;
  ino: bigint;
  size: bigint;
  blocks: bigint;
  atimeMs: bigint;
  mtimeMs: bigint;
  ctimeMs: bigint;
  birthtimeMs: bigint;
  atimeNs: bigint;
  mtimeNs: bigint;
  ctimeNs: bigint;
  birthtimeNs: bigint;
  atime: Date;
  mtime: Date;
  ctime: Date;
  birthtime: Date;

  constructor(
    numbers: Pick<Stats, 'dev' | 'mode' | 'nlink' | 'uid' | 'gid' | 'rdev' | 'blksize' | 'ino' | 'size' | 'blocks'>,
    atimeNs: bigint,
    mtimeNs: bigint,
    ctimeNs: bigint,
    birthtimeNs: bigint,
  ) {
    super();
    this.dev = BigInt(numbers.dev);
    this.mode = BigInt(numbers.mode);
    this.nlink = BigInt(numbers.nlink);
    this.uid = BigInt(numbers.uid);
    this.gid = BigInt(numbers.gid);
    this.rdev = BigInt(numbers.rdev);
    this.blksize = BigInt(numbers.blksize);
    this.ino = BigInt(numbers.ino);
    this.size = BigInt(numbers.size);
    this.blocks = BigInt(numbers.blocks);
    this.atimeMs = atimeNs / 1_000_000n;
    this.mtimeMs = mtimeNs / 1_000_000n;
    this.ctimeMs = ctimeNs / 1_000_000n;
    this.birthtimeMs = birthtimeNs / 1_000_000n;
    this.atimeNs = atimeNs;
    this.mtimeNs = mtimeNs;
    this.ctimeNs = ctimeNs;
    this.birthtimeNs = birthtimeNs;
    this.atime = new Date(Number(this.atimeMs));
    this.mtime = new Date(Number(this.mtimeMs));
    this.ctime = new Date(Number(this.ctimeMs));
    this.birthtime = new Date(Number(this.birthtimeMs));
  }
}

/** What `stat` answers. */
export function statsOf(of: Attributes, identity: Identity): Stats {
  return new Stats(
    identity.device,
    typeBits[of.kind] | of.permissions,
    of.nlink,
    identity.uid,
    identity.gid,
    of.device,
    identity.blockSize,
    of.ino,
    of.size,
    Math.ceil(of.size / STAT_BLOCK),
    milliseconds(of.atime),
    milliseconds(of.mtime),
    milliseconds(of.ctime),
    milliseconds(of.birthtime),
  );
}

/** What `stat` answers when asked for BigInts. */
export function bigIntStatsOf(of: Attributes, identity: Identity): BigIntStats {
  const { atime, mtime, ctime, birthtime } = of;
  return new BigIntStats(
    statsOf(of, identity),
    nanoseconds(atime),
    nanoseconds(mtime),
    nanoseconds(ctime),
    nanoseconds(birthtime),
  );
}

function milliseconds(time: Timestamp): number {
  return time.seconds * 1000 + time.nanoseconds / 1e6;
}

function nanoseconds(time: Timestamp): bigint {
  return BigInt(time.seconds) * 1_000_000_000n + BigInt(time.nanoseconds);
}
