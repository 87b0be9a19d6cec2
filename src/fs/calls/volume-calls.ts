import type { VolumeOperations } from '../../volume/index.ts';
import { attributeCalls } from './attribute-calls.ts';
import type { SystemCalls } from './calls.ts';
import { Descriptors } from './descriptors.ts';
import { directoryCalls } from './directory-calls.ts';
import { fileCalls } from './file-calls.ts';
import type { Kernel } from './kernel.ts';
import { nameCalls } from './name-calls.ts';
import { openCall } from './open-call.ts';
import { PathWalk } from './path-walk.ts';
import { permissionsOf } from './permissions.ts';
import { watchCall } from './watch-call.ts';

export interface VolumeCallsOptions {
  /** Bits that files and directories are made without. */
  readonly umask: number;
  /** Whose rights count and who owns the files; 0 is the superuser. */
  readonly uid: number;
  readonly gid: number;
  /** `st_dev` of everything in the volume; default: a new one. */
  readonly device?: number;
}

/** Device numbers of this process's volumes: above those of the operating system's, which have 32 bits at most. */
let lastDevice = 2 ** 32;

/** A device number that no other volume of this thread has. */
export function newDevice(): number {
  lastDevice += 1;
  return lastDevice;
}

/** The system calls on a volume. */
export function volumeCalls(volume: VolumeOperations, options: VolumeCallsOptions): SystemCalls {
  const { umask, uid, gid, device = newDevice() } = options;
  const permissions = permissionsOf(volume, uid);
  const kernel: Kernel = {
    volume,
    identity: { device, uid, gid, blockSize: 4096 },
    permissions,
    walk: new PathWalk(volume, permissions, uid !== 0),
    descriptors: new Descriptors(),
    umask,
  };
  return {
    identity: kernel.identity,
    open: openCall(kernel),
    ...fileCalls(kernel),
    ...attributeCalls(kernel),
    ...directoryCalls(kernel),
    ...nameCalls(kernel),
    watch: watchCall(kernel),
  };
}
