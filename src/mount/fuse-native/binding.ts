import { createRequire } from 'node:module';
import { MountError } from '../errors.ts';

/** Answers an operation: 0 or a count for success, a negative errno for a failure. */
export type Answer<Value = never> = (status: number, value?: Value) => void;

/** A struct stat as the package takes it; device and inode numbers are libfuse's own. */
export interface LibfuseStat {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly nlink: number;
  readonly atime: Date;
  readonly mtime: Date;
  readonly ctime: Date;
  readonly blocks: number;
}

/** A struct statvfs as the package takes it: every number is cut to 32 bits. */
export interface LibfuseStatfs {
  readonly bsize: number;
  readonly frsize: number;
  readonly blocks: number;
  readonly bfree: number;
  readonly bavail: number;
  readonly files: number;
  readonly ffree: number;
  readonly favail: number;
  readonly namemax: number;
}

/** The operations we answer; libfuse says ENOSYS to all others. */
export interface LibfuseOperations {
  getattr(path: string, answer: Answer<LibfuseStat>): void;
  /** Only says that the package may ask: it then calls `getattr`. */
  fgetattr(path: string, fd: number, answer: Answer<LibfuseStat>): void;
  statfs(path: string, answer: Answer<LibfuseStatfs>): void;
  readdir(path: string, answer: Answer<readonly string[]>): void;
  mkdir(path: string, mode: number, answer: Answer): void;
  rmdir(path: string, answer: Answer): void;
  unlink(path: string, answer: Answer): void;
  symlink(target: string, path: string, answer: Answer): void;
  link(from: string, to: string, answer: Answer): void;
  readlink(path: string, answer: Answer<string>): void;
  rename(from: string, to: string, answer: Answer): void;
  chmod(path: string, mode: number, answer: Answer): void;
  chown(path: string, uid: number, gid: number, answer: Answer): void;
  utimens(path: string, atimeMs: number, mtimeMs: number, answer: Answer): void;
  truncate(path: string, size: number, answer: Answer): void;
  ftruncate(path: string, fd: number, size: number, answer: Answer): void;
  create(path: string, mode: number, answer: Answer<number>): void;
  open(path: string, flags: number, answer: Answer<number>): void;
  read(path: string, fd: number, buffer: Buffer, length: number, position: number, answer: Answer): void;
  write(path: string, fd: number, buffer: Buffer, length: number, position: number, answer: Answer): void;
  flush(path: string, fd: number, answer: Answer): void;
  fsync(path: string, dataOnly: number, fd: number, answer: Answer): void;
  fsyncdir(path: string, dataOnly: number, fd: number, answer: Answer): void;
  release(path: string, fd: number, answer: Answer): void;
}

/** Options of the package that we use; the rest goes through `fsname`. */
export interface LibfuseOptions {
  readonly fsname: string;
  readonly subtype: string;
  readonly allowOther: boolean;
  readonly defaultPermissions: boolean;
  /** Strings: the package drops a 0. */
  readonly entryTimeout: string;
  readonly attrTimeout: string;
  /** Its own deadline detaches buffers that a late answer still writes to. */
  readonly timeout: false;
}

/** A mount by libfuse 2. */
export interface LibfuseMount {
  mount(done: (error?: Error | null) => void): void;
  /** Always lazily. */
  unmount(done: (error?: Error | null) => void): void;
}

export type LibfuseConstructor = new (
  mountpoint: string,
  operations: LibfuseOperations,
  options: LibfuseOptions,
) => LibfuseMount;

/**
 * Loads the optional package `fuse-native`.
 *
 * @throws MountError `no-addon` with what is missing: the package, or the system's libfuse 2, which it links to
 */
export function loadFuseNative(): LibfuseConstructor {
  try {
    return createRequire(import.meta.url)('fuse-native') as LibfuseConstructor;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const way = /libfuse\.so\.2/.test(reason)
      ? 'it needs libfuse 2. Install it: apt-get install libfuse2'
      : 'install it: npm install fuse-native';
    throw new MountError('no-addon', `the driver fuse-native cannot be loaded: ${way}`, { cause });
  }
}
