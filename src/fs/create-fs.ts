import nodeFs, { type PathLike } from 'node:fs';
import type { VolumeOperations } from '../volume/index.ts';
import type { SystemCalls } from './calls/calls.ts';
import { volumeCalls } from './calls/volume-calls.ts';
import { callable } from './classes/callable.ts';
import { Dir } from './classes/dir.ts';
import { Dirent } from './classes/dirent.ts';
import { FSWatcher, watch } from './classes/fs-watcher.ts';
import { StatFs } from './classes/stat-fs.ts';
import { StatWatcher, StatWatchers } from './classes/stat-watcher.ts';
import { BigIntStats, Stats } from './classes/stats.ts';
import type { StreamCalls } from './classes/stream-calls.ts';
import { streamClasses } from './classes/streams.ts';
import { callbacksDoor } from './doors/callbacks.ts';
import { promisesDoor } from './doors/promises.ts';
import { syncDoor } from './doors/sync.ts';
import { openAsBlob } from './operations/open-as-blob.ts';

export interface FsOptions {
  /** Bits that files and directories are made without; default: the process's umask when the module is made. */
  readonly umask?: number;
  /**
   * Whose rights count, and who `stat` says owns the files; default: the process's user. The owner's permission bits
   * bind this user as at a mount point; 0 is the superuser, whom they do not.
   */
  readonly uid?: number;
  /** Default: the process's group. */
  readonly gid?: number;
}

/**
 * The module of one volume, with the type of `node:fs`. The functions that block (`...Sync`) work where the volume has a
 * thread of its own (`connect({ sync: true })`); elsewhere they throw ERR_METHOD_NOT_IMPLEMENTED.
 */
export type SeamountFs = typeof nodeFs;

/**
 * The API of `node:fs` on a volume. Paths are inside the volume; relative ones begin at its root.
 *
 * @param volume   kept in use as long as the module; closing it is its owner's business
 */
export function createFsFromVolume(volume: VolumeOperations, options: FsOptions = {}): SeamountFs {
  const { umask = process.umask(), uid = process.getuid?.() ?? 0, gid = process.getgid?.() ?? 0 } = options;
  return createFs(volumeCalls(volume, { umask, uid, gid }), () => null);
}

/**
 * The API of `node:fs` over system calls.
 *
 * @param blocking  gives the same calls where they answer at once, always; null as long as there are none
 */
export function createFs(calls: SystemCalls, blocking: () => SystemCalls | null): SeamountFs {
  // Streams call what the module's functions are at that time: programs replace those (graceful-fs does).
  const streams = streamClasses(() => fs as unknown as StreamCalls);
  const statWatchers = new StatWatchers(calls);
  // Functions that programs call with `new`, too.
  function createReadStream(path: PathLike, given?: unknown): nodeFs.ReadStream {
    return new fs.ReadStream(path, given);
  }
  function createWriteStream(path: PathLike, given?: unknown): nodeFs.WriteStream {
    return new fs.WriteStream(path, given);
  }
  const module = {
    ...callbacksDoor(calls),
    ...syncDoor(blocking),
    constants: nodeFs.constants,
    F_OK: nodeFs.constants.F_OK,
    R_OK: nodeFs.constants.R_OK,
    W_OK: nodeFs.constants.W_OK,
    X_OK: nodeFs.constants.X_OK,
    promises: promisesDoor(calls, streams),
    // Symbolic links have a mode of their own on macOS only; elsewhere Node has the name and no function.
    lchmod: undefined,
    lchmodSync: undefined,

    ReadStream: streams.ReadStream,
    WriteStream: streams.WriteStream,
    FileReadStream: streams.ReadStream,
    FileWriteStream: streams.WriteStream,
    Stats: callable(Stats),
    BigIntStats: callable(BigIntStats),
    StatsFs: callable(StatFs),
    Dirent: callable(Dirent),
    Dir: callable(Dir),
    FSWatcher,
    StatWatcher,

    createReadStream,
    createWriteStream,
    openAsBlob: async (path: PathLike, given?: unknown) => openAsBlob(path, given)(calls),
    watch: (filename: PathLike, given?: unknown, listener?: unknown) =>
      watch(blocking() ?? calls, filename, given, listener),
    watchFile: statWatchers.watchFile.bind(statWatchers),
    unwatchFile: statWatchers.unwatchFile.bind(statWatchers),
  };
  // Node's types give one signature for each combination of arguments; here they decide at run time.
  const fs = module as unknown as SeamountFs & typeof streams;
  return fs;
}
