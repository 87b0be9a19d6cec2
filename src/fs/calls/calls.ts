import type { Attributes, DirectoryItem, FilesystemStatus, MaybePromise, Timestamp } from '../../volume/index.ts';

/** What `stat` tells beyond the volume's attributes: the same for every file of it. */
export interface Identity {
  /** The filesystem's number; no two volumes of a process have the same. */
  readonly device: number;
  readonly uid: number;
  readonly gid: number;
  /** The size of a transfer that is worth its while, in bytes. */
  readonly blockSize: number;
}

/** Hears of a change: `rename` is a name that came, went or was replaced. @param filename relative to what is watched */
export type WatchListener = (eventType: 'change' | 'rename', filename: string) => void;

/**
 * The volume as a kernel would offer it to a process: by paths and descriptors, with plain values only.
 *
 * Everything above (promises, callbacks, streams, classes) is built on this and on nothing else, as Node's own `fs` is
 * built on libuv. Answers are there at once when they are in memory. Errors are `SystemError`s with libuv's names of
 * the calls. Paths are as the caller gave them: they come back in errors.
 */
export interface SystemCalls {
  readonly identity: Identity;

  /** @param flags `O_` bits of `fs.constants`; @param mode permissions of a file that is made, before the umask */
  open(path: string, flags: number, mode: number): MaybePromise<number>;
  close(fd: number): MaybePromise<void>;
  /** @param position bytes from the start; null: the descriptor's own. @returns the caller must not change the bytes */
  read(fd: number, length: number, position: number | null, signal?: AbortSignal): MaybePromise<Uint8Array>;
  /** Reads into the caller's own memory. @returns bytes read, 0 at the end of the file */
  readTo(fd: number, target: Uint8Array, position: number | null): MaybePromise<number>;
  /** Writes all of the pieces, one after the other. @returns bytes written */
  write(fd: number, pieces: readonly Uint8Array[], position: number | null): MaybePromise<number>;
  fsync(fd: number): MaybePromise<void>;
  fdatasync(fd: number): MaybePromise<void>;
  fstat(fd: number): MaybePromise<Attributes>;
  ftruncate(fd: number, sizeBytes: number): MaybePromise<void>;
  fchmod(fd: number, mode: number): MaybePromise<void>;
  fchown(fd: number, uid: number, gid: number): MaybePromise<void>;
  futimes(fd: number, atime: Timestamp, mtime: Timestamp): MaybePromise<void>;

  stat(path: string): MaybePromise<Attributes>;
  lstat(path: string): MaybePromise<Attributes>;
  access(path: string, mode: number): MaybePromise<void>;
  chmod(path: string, mode: number): MaybePromise<void>;
  chown(path: string, uid: number, gid: number): MaybePromise<void>;
  lchown(path: string, uid: number, gid: number): MaybePromise<void>;
  utimes(path: string, atime: Timestamp, mtime: Timestamp): MaybePromise<void>;
  lutimes(path: string, atime: Timestamp, mtime: Timestamp): MaybePromise<void>;
  statfs(path: string): MaybePromise<FilesystemStatus>;
  realpath(path: string): MaybePromise<string>;
  readlink(path: string): MaybePromise<string>;

  /** Everything in a directory, by name. */
  readdir(path: string): MaybePromise<readonly DirectoryItem[]>;
  /** As `readdir`, in any order and with `opendir`'s errors. */
  opendir(path: string): MaybePromise<readonly DirectoryItem[]>;
  mkdir(path: string, mode: number): MaybePromise<void>;
  /** Makes a directory and what is missing above it. @returns the first one made, undefined when none was missing */
  mkdirp(path: string, mode: number): MaybePromise<string | undefined>;
  /** Makes a directory with a name nobody has. @returns its path: the prefix and six characters */
  mkdtemp(prefix: string): MaybePromise<string>;
  rmdir(path: string): MaybePromise<void>;
  unlink(path: string): MaybePromise<void>;
  rename(path: string, newPath: string): MaybePromise<void>;
  link(path: string, newPath: string): MaybePromise<void>;
  symlink(target: string, path: string): MaybePromise<void>;
  /** @param flags `COPYFILE_` bits of `fs.constants` */
  copyFile(path: string, newPath: string, flags: number): MaybePromise<void>;

  /** @returns stops the watching */
  watch(path: string, recursive: boolean, listener: WatchListener): MaybePromise<() => void>;
}
