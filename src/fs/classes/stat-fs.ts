import type { FilesystemStatus } from '../../volume/index.ts';

/** FUSE_SUPER_MAGIC: what a mounted volume answers. */
const TYPE = 0x65735546;

/** `fs.StatFs`. */
export class StatFs<T extends number | bigint> {
  type: T;
  bsize: T;
  blocks: T;
  bfree: T;
  bavail: T;
  files: T;
  ffree: T;

  constructor(type: T, bsize: T, blocks: T, bfree: T, bavail: T, files: T, ffree: T) {
    this.type = type;
    this.bsize = bsize;
    this.blocks = blocks;
    this.bfree = bfree;
    this.bavail = bavail;
    this.files = files;
    this.ffree = ffree;
  }
}

/** What `statfs` answers. */
export function statFsOf(status: FilesystemStatus): StatFs<number> {
  const { blockSize, totalBytes, freeBytes, files, freeFiles } = status;
  const free = Math.floor(freeBytes / blockSize);
  return new StatFs(TYPE, blockSize, Math.floor(totalBytes / blockSize), free, free, files, freeFiles);
}

/** The same in BigInts. */
export function bigIntStatFsOf(status: FilesystemStatus): StatFs<bigint> {
  const of = statFsOf(status);
  return new StatFs(
    BigInt(of.type),
    BigInt(of.bsize),
    BigInt(of.blocks),
    BigInt(of.bfree),
    BigInt(of.bavail),
    BigInt(of.files),
    BigInt(of.ffree),
  );
}
