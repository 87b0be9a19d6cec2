import { constants } from 'node:fs';
import { constants as os } from 'node:os';
import {
  type Attributes,
  andThen,
  type MaybePromise,
  type NodeKind,
  type OpenFile,
  type Timestamp,
  VolumeError,
  type VolumeOperations,
} from '../../volume/index.ts';
import { HandleTable } from '../handles.ts';
import type { Ownership } from '../protocol/attributes.ts';
import { errnoOf } from '../protocol/errno.ts';
import type { Answer, LibfuseOperations, LibfuseStat, LibfuseStatfs } from './binding.ts';
import { Paths } from './paths.ts';

const TYPE_BITS: Record<NodeKind, number> = {
  file: constants.S_IFREG,
  directory: constants.S_IFDIR,
  symlink: constants.S_IFLNK,
  fifo: constants.S_IFIFO,
  socket: constants.S_IFSOCK,
  'character-device': constants.S_IFCHR,
  'block-device': constants.S_IFBLK,
};
const PERMISSION_BITS = 0o777;
const SPECIAL_BITS = 0o7000;
/** chown(2): this one stays. */
const UNCHANGED_ID = 0xffff_ffff;
const LARGEST_COUNT = 0xffff_ffff;
const SECTOR_BYTES = 512;
/** How far the times of a `touch` may be from now when they get here. */
const NOW_MS = 2_000;

/** What a mount by libfuse has done so far. */
export interface OperationCounts {
  readonly requests: Readonly<Record<string, number>>;
  readonly errors: number;
  readonly pending: number;
  readonly openFiles: number;
}

/**
 * A volume as libfuse's high-level interface wants it: by paths, by 32-bit handles.
 *
 * What that interface or the package cannot say truly is refused rather than done wrong (docs/SEMANTICS.md lists it).
 */
export class VolumeAsLibfuse {
  readonly #volume: VolumeOperations;
  readonly #paths: Paths;
  readonly #owner: Ownership;
  readonly #log: (message: string) => void;
  readonly #now: () => number;
  readonly #files = new HandleTable<OpenFile>();
  readonly #requests: Record<string, number> = {};
  #errors = 0;
  #pending = 0;

  constructor(
    volume: VolumeOperations,
    { owner, log, now = Date.now }: { owner: Ownership; log: (message: string) => void; now?: () => number },
  ) {
    this.#volume = volume;
    this.#paths = new Paths(volume);
    this.#owner = owner;
    this.#log = log;
    this.#now = now;
  }

  counts(): OperationCounts {
    return {
      requests: { ...this.#requests },
      errors: this.#errors,
      pending: this.#pending,
      openFiles: this.#files.size,
    };
  }

  /** The mount is gone: what was open is closed. */
  close(): void {
    for (const file of this.#files.clear()) this.#release(file);
  }

  readonly operations: LibfuseOperations = {
    getattr: (path, answer) =>
      this.#answer('GETATTR', answer, () =>
        andThen(this.#paths.node(path), (node) => this.#statOf(this.#volume.getattr(node))),
      ),
    fgetattr: (path, _fd, answer) => this.operations.getattr(path, answer),
    statfs: (_path, answer) => this.#answer('STATFS', answer, () => andThen(this.#volume.statfs(), statfsOf)),
    readdir: (path, answer) =>
      this.#answer('READDIR', answer, () =>
        andThen(this.#paths.node(path), (node) =>
          andThen(this.#volume.readdir(node), (items) => ['.', '..', ...items.map(({ name }) => name)]),
        ),
      ),
    mkdir: (path, mode, answer) =>
      this.#done('MKDIR', answer, () =>
        andThen(this.#paths.place(path), ({ parent, name }) =>
          this.#volume.mkdir(parent, name, mode & PERMISSION_BITS),
        ),
      ),
    rmdir: (path, answer) =>
      this.#done('RMDIR', answer, () =>
        andThen(this.#paths.place(path), ({ parent, name }) => this.#volume.rmdir(parent, name)),
      ),
    unlink: (path, answer) =>
      this.#done('UNLINK', answer, () =>
        andThen(this.#paths.place(path), ({ parent, name }) => this.#volume.unlink(parent, name)),
      ),
    symlink: (target, path, answer) =>
      this.#done('SYMLINK', answer, () =>
        andThen(this.#paths.place(path), ({ parent, name }) => this.#volume.symlink(parent, name, target)),
      ),
    link: (_from, _to, answer) =>
      this.#done('LINK', answer, () => {
        throw new VolumeError('EPERM', 'the driver fuse-native makes no hard links');
      }),
    readlink: (path, answer) =>
      this.#answer('READLINK', answer, () => andThen(this.#paths.node(path), (node) => this.#volume.readlink(node))),
    rename: (from, to, answer) =>
      this.#done('RENAME', answer, () =>
        andThen(this.#paths.place(from), (old) =>
          andThen(this.#paths.place(to), ({ parent, name }) => this.#volume.rename(old.parent, old.name, parent, name)),
        ),
      ),
    chmod: (path, mode, answer) =>
      this.#done('CHMOD', answer, () => {
        if ((mode & SPECIAL_BITS) !== 0) throw new VolumeError('EPERM', 'only the nine permission bits are kept');
        return this.#change(path, { permissions: mode & PERMISSION_BITS });
      }),
    chown: (path, uid, gid, answer) =>
      this.#done('CHOWN', answer, () => {
        const stays = (id: number, own: number) => id === UNCHANGED_ID || id === own;
        if (!stays(uid, this.#owner.uid) || !stays(gid, this.#owner.gid)) {
          throw new VolumeError('EPERM', `all files belong to user ${this.#owner.uid}: owners are not kept`);
        }
        return andThen(this.#paths.node(path), () => undefined);
      }),
    utimens: (path, atimeMs, _mtimeMs, answer) =>
      this.#done('UTIMENS', answer, () => {
        // The package hands over the access time twice: the modification time that was meant is known only for `now`.
        if (Math.abs(atimeMs - this.#now()) > NOW_MS) {
          throw new VolumeError('ENOTSUP', 'the driver fuse-native cannot set a modification time other than now');
        }
        return this.#change(path, { mtime: 'now', atime: 'now' });
      }),
    truncate: (path, size, answer) => this.#done('TRUNCATE', answer, () => this.#change(path, { size })),
    ftruncate: (_path, fd, size, answer) =>
      this.#done('TRUNCATE', answer, () => {
        const file = this.#files.get(fd);
        return this.#volume.setattr(file.node, { size }, file);
      }),
    create: (path, mode, answer) =>
      this.#answer('CREATE', answer, () =>
        andThen(this.#paths.place(path), ({ parent, name }) => {
          const flags = { read: true, write: true, exclusive: false };
          const created = this.#volume.create(parent, name, mode & PERMISSION_BITS, flags);
          return andThen(created, (file) => this.#opened(file));
        }),
      ),
    open: (path, flags, answer) =>
      this.#answer('OPEN', answer, () =>
        andThen(this.#paths.node(path), (node) => {
          const access = flags & (constants.O_RDONLY | constants.O_WRONLY | constants.O_RDWR);
          const opened = this.#volume.open(node, {
            read: access !== constants.O_WRONLY,
            write: access !== constants.O_RDONLY,
            append: (flags & constants.O_APPEND) !== 0,
            truncate: (flags & constants.O_TRUNC) !== 0,
          });
          return andThen(opened, (file) => this.#opened(file));
        }),
      ),
    read: (_path, fd, buffer, length, position, answer) =>
      this.#counted('READ', answer, () =>
        andThen(this.#volume.read(this.#files.get(fd), position, length), (bytes) => {
          buffer.set(bytes);
          return bytes.length;
        }),
      ),
    write: (_path, fd, buffer, length, position, answer) =>
      this.#counted('WRITE', answer, () =>
        this.#volume.write(this.#files.get(fd), position, buffer.subarray(0, length)),
      ),
    flush: (_path, fd, answer) => this.#done('FLUSH', answer, () => this.#volume.flush(this.#files.get(fd))),
    fsync: (_path, dataOnly, fd, answer) =>
      this.#done('FSYNC', answer, () => this.#volume.fsync(this.#files.get(fd), { dataOnly: dataOnly !== 0 })),
    fsyncdir: (path, _dataOnly, _fd, answer) =>
      this.#done('FSYNCDIR', answer, () =>
        andThen(this.#paths.node(path), (node) => this.#volume.fsyncDirectory(node)),
      ),
    release: (_path, fd, answer) => this.#done('RELEASE', answer, () => this.#release(this.#files.remove(fd))),
  };

  #opened(file: OpenFile): number {
    this.#volume.retain(file.node);
    return this.#files.add(file);
  }

  #release(file: OpenFile): void {
    this.#volume.release(file);
    this.#volume.forget(file.node, 1);
  }

  #change(path: string, changes: Parameters<VolumeOperations['setattr']>[1]): MaybePromise<unknown> {
    return andThen(this.#paths.node(path), (node) => this.#volume.setattr(node, changes));
  }

  #statOf(attributes: Attributes): LibfuseStat {
    return {
      mode: TYPE_BITS[attributes.kind] | attributes.permissions,
      ...this.#owner,
      size: attributes.size,
      nlink: attributes.nlink,
      blocks: Math.ceil(attributes.size / SECTOR_BYTES),
      atime: dateOf(attributes.atime),
      mtime: dateOf(attributes.mtime),
      ctime: dateOf(attributes.ctime),
    };
  }

  /** Runs an operation that has nothing to tell but that it is done. */
  #done(name: string, answer: Answer, run: () => MaybePromise<unknown>): void {
    this.#run(name, answer, run, () => answer(0));
  }

  /** Runs an operation whose status is a number of bytes. */
  #counted(name: string, answer: Answer, run: () => MaybePromise<number>): void {
    this.#run(name, answer, run, answer);
  }

  #answer<T>(name: string, answer: Answer<T>, run: () => MaybePromise<T>): void {
    this.#run(name, answer, run, (value) => answer(0, value));
  }

  #run<T>(name: string, fail: (status: number) => void, run: () => MaybePromise<T>, succeed: (value: T) => void): void {
    this.#requests[name] = (this.#requests[name] ?? 0) + 1;
    this.#pending++;
    const succeeded = (value: T): void => {
      this.#pending--;
      succeed(value);
    };
    const failed = (error: unknown): void => {
      this.#pending--;
      fail(-this.#errno(name, error));
    };
    let value: MaybePromise<T>;
    try {
      value = run();
    } catch (error) {
      failed(error);
      return;
    }
    if (value instanceof Promise) value.then(succeeded, failed);
    else succeeded(value);
  }

  #errno(name: string, error: unknown): number {
    const errno = errnoOf(error);
    if (errno !== os.errno.ENOENT) this.#errors++;
    if (errno !== null) return errno;
    const reason = error instanceof Error ? error.message : String(error);
    this.#log(`${name} failed for a reason that it should not have: ${reason}`);
    return os.errno.EIO;
  }
}

function dateOf({ seconds, nanoseconds }: Timestamp): Date {
  return new Date(seconds * 1000 + Math.floor(nanoseconds / 1_000_000));
}

/** Blocks large enough that their numbers fit into 32 bits. */
function statfsOf(status: Awaited<ReturnType<VolumeOperations['statfs']>>): LibfuseStatfs {
  let bsize = status.blockSize;
  while (status.totalBytes / bsize > LARGEST_COUNT) bsize *= 2;
  const free = Math.floor(status.freeBytes / bsize);
  const files = Math.min(status.files, LARGEST_COUNT);
  const freeFiles = Math.min(status.freeFiles, LARGEST_COUNT);
  return {
    bsize,
    frsize: bsize,
    blocks: Math.floor(status.totalBytes / bsize),
    bfree: free,
    bavail: free,
    files,
    ffree: freeFiles,
    favail: freeFiles,
    namemax: status.nameMax,
  };
}
