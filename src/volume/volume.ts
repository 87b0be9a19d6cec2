import type { VolumeEvents } from './events.ts';
import type { MaybePromise } from './maybe.ts';

export type { MaybePromise } from './maybe.ts';

export type NodeKind = 'file' | 'directory' | 'symlink' | DeviceKind;

/** What means something on one machine only. */
export type DeviceKind = 'fifo' | 'socket' | 'character-device' | 'block-device';

/** A point in time. */
export interface Timestamp {
  /** Whole seconds since 1970; may be negative. */
  readonly seconds: number;
  /** 0 to 999,999,999. */
  readonly nanoseconds: number;
}

/** What `stat` tells. */
export interface Attributes {
  /** Stable across remounts; below 2^53. */
  readonly ino: number;
  readonly kind: NodeKind;
  /** Permission bits (nine), without type bits. */
  readonly permissions: number;
  readonly nlink: number;
  /** Number of the device that a device node stands for (`st_rdev`), else 0. */
  readonly device: number;
  /** Bytes; of a link, those of its target. */
  readonly size: number;
  readonly mtime: Timestamp;
  readonly ctime: Timestamp;
  readonly atime: Timestamp;
  readonly birthtime: Timestamp;
}

/** Attributes to set; what is left out stays. `'now'` is the time of the call. */
export interface AttributeChanges {
  readonly permissions?: number;
  /** Bytes: cuts or extends with zeros. */
  readonly size?: number;
  readonly mtime?: Timestamp | 'now';
  readonly atime?: Timestamp | 'now';
}

/**
 * A file or directory of the volume as a caller holds it.
 *
 * To a caller a file's content changes only by writes made here: when another client changes the file, the name gets
 * another node (with the same `ino`) at the next lookup, and this one keeps its version until it is let go.
 */
export interface VolumeNode {
  /** Names the node while it is held: unique in the life of the volume, 1 for the root. */
  readonly id: number;
  readonly ino: number;
  readonly kind: NodeKind;
}

/** A name in a directory listing. */
export interface DirectoryItem {
  readonly name: string;
  readonly kind: NodeKind;
  readonly ino: number;
}

/** How a file is opened. */
export interface OpenFlags {
  readonly read: boolean;
  readonly write: boolean;
  /** Every write goes to the end. */
  readonly append?: boolean;
  /** Cut to nothing when opened. */
  readonly truncate?: boolean;
}

/** An open file. It keeps its version of the content, whatever happens to the name, until it is released. */
export interface OpenFile {
  readonly node: VolumeNode;
  readonly flags: OpenFlags;
  /** Whether pages that the kernel kept from the last open of this node are still the content (FOPEN_KEEP_CACHE). */
  readonly keepCache: boolean;
}

/** Bytes in a file on this machine. */
export interface LocalBytes {
  readonly fd: number;
  /** Bytes from the start of the file behind `fd`. */
  readonly position: number;
  /** Bytes. */
  readonly length: number;
}

/** A local file with the whole content of a node, lent to somebody who lets others read it without asking the volume. */
export interface Loan {
  /** Valid until it is given back. */
  readonly fd: number;
  /** None reads it any more. */
  giveBack(): void;
}

export interface RenameFlags {
  /** Refuse with EEXIST when the target exists. */
  readonly noReplace?: boolean;
  /** Swap the two names. */
  readonly exchange?: boolean;
}

/** What `statfs` tells, in bytes and counts. */
export interface FilesystemStatus {
  readonly totalBytes: number;
  readonly freeBytes: number;
  readonly blockSize: number;
  readonly files: number;
  readonly freeFiles: number;
  readonly nameMax: number;
}

/**
 * The POSIX-like filesystem over one space, by nodes. Both doors (the FUSE mount and the fs-like module) are built on
 * this and on nothing else.
 *
 * Names are single components. Operations on one volume may be started at any time in any number; each is atomic, and
 * what a later call sees includes what an earlier one was told succeeded.
 */
export interface VolumeOperations {
  readonly root: VolumeNode;
  readonly readOnly: boolean;
  readonly events: VolumeEvents;

  /** The node a caller was given, while it is retained. */
  node(id: number): VolumeNode | undefined;
  /** Holds a node, so that `node(id)` finds it and its number stays. Every node a caller keeps must be held. */
  retain(node: VolumeNode): void;
  /** Lets go of a node held `count` times. */
  forget(node: VolumeNode, count: number): void;

  /** @throws VolumeError ENOENT, ENOTDIR, ENAMETOOLONG, EIO (server unreachable and not cached) */
  lookup(parent: VolumeNode, name: string): MaybePromise<VolumeNode>;
  /** The parent of a directory; the root's is the root. */
  parent(node: VolumeNode): VolumeNode;
  /** Names from the root to the node, empty for the root; null when the node has no name any more. */
  pathOf(node: VolumeNode): readonly string[] | null;

  /** Always answered from memory. */
  getattr(node: VolumeNode): Attributes;
  setattr(node: VolumeNode, changes: AttributeChanges, file?: OpenFile): MaybePromise<Attributes>;

  /** All names, without `.` and `..`, in no particular order; the array is the caller's view and does not change. */
  readdir(directory: VolumeNode): MaybePromise<readonly DirectoryItem[]>;
  mkdir(parent: VolumeNode, name: string, permissions: number): MaybePromise<VolumeNode>;
  /**
   * Makes a fifo, a socket or a device node. It lives on this machine only.
   *
   * @param device what `st_rdev` is to tell
   */
  mknod(
    parent: VolumeNode,
    name: string,
    kind: DeviceKind,
    device: number,
    permissions: number,
  ): MaybePromise<VolumeNode>;
  /** Makes a file without a name and opens it (O_TMPFILE); `link` may give it one while it is open. */
  createUnnamed(parent: VolumeNode, permissions: number, flags: OpenFlags): MaybePromise<OpenFile>;
  /** Makes a symbolic link. @throws VolumeError ENAMETOOLONG for a target of more than 4095 bytes */
  symlink(parent: VolumeNode, name: string, target: string): MaybePromise<VolumeNode>;
  /** Gives a file another name. @throws VolumeError EPERM for a folder, EEXIST, ENOENT when it has no name any more */
  link(node: VolumeNode, parent: VolumeNode, name: string): MaybePromise<VolumeNode>;
  /** Where a link leads. @throws VolumeError EINVAL when it is none, or one that is not to be followed */
  readlink(node: VolumeNode): string;
  rmdir(parent: VolumeNode, name: string): MaybePromise<void>;
  unlink(parent: VolumeNode, name: string): MaybePromise<void>;
  rename(
    parent: VolumeNode,
    name: string,
    newParent: VolumeNode,
    newName: string,
    flags?: RenameFlags,
  ): MaybePromise<void>;

  /** Makes a file and opens it. @throws VolumeError EEXIST when `exclusive`; otherwise opens what is there */
  create(
    parent: VolumeNode,
    name: string,
    permissions: number,
    flags: OpenFlags & { readonly exclusive: boolean },
  ): MaybePromise<OpenFile>;
  open(node: VolumeNode, flags: OpenFlags): MaybePromise<OpenFile>;
  /** @returns the bytes, fewer than `length` at the end of the file; the caller must not change them */
  read(file: OpenFile, offset: number, length: number, signal?: AbortSignal): MaybePromise<Uint8Array>;
  /**
   * Where bytes of an open file are on this machine, for callers that can pass them on without reading them. A volume
   * that has no local files leaves it out.
   *
   * @returns a place that holds until the caller lets others run, cut at the end of the file; null when the bytes have
   *          to be read
   */
  locate?(file: OpenFile, offset: number, length: number): LocalBytes | null;
  /**
   * Lends the local file of an open file's content, for readers who pass the volume by (FUSE_PASSTHROUGH). Until it is
   * given back, all that is written to the node goes to this file too; what others write to it (through mappings that
   * are shared) is taken for written to the node when a file open for writing is synced or closed, or a second later.
   *
   * @param isSole whether nobody but the one with a descriptor has its file open, in any process
   * @returns null when the content is not wholly on this machine, is being written, or is not worth it
   */
  lend?(file: OpenFile, isSole: (fd: number) => boolean): Loan | null;
  /**
   * @param offset bytes; ignored when the file was opened to append
   * @param data   the caller's again when the call is done: what is kept longer must be copied
   * @returns bytes written: all of them
   * @throws VolumeError EBADF, ENOSPC, EDQUOT, EFBIG
   */
  write(file: OpenFile, offset: number, data: Uint8Array): MaybePromise<number>;
  /** Gives the new file the content of another, without moving data where it can. @returns bytes copied */
  copyContent(from: OpenFile, to: OpenFile): MaybePromise<number>;
  /**
   * What was written is on this disk and survives a power cut; with durability `committed` it is on the server.
   *
   * @throws VolumeError the error that hit this file since the last call, once
   */
  fsync(file: OpenFile, options?: { readonly dataOnly?: boolean }): MaybePromise<void>;
  /** A descriptor was closed (there may be more). Reports like fsync what went wrong with this file. */
  flush(file: OpenFile): MaybePromise<void>;
  /** The last descriptor is closed. */
  release(file: OpenFile): void;
  /** Makes changes of names in a directory durable, as fsync does for a file. */
  fsyncDirectory(directory: VolumeNode): MaybePromise<void>;

  statfs(): MaybePromise<FilesystemStatus>;
}
