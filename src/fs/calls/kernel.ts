import type { VolumeOperations } from '../../volume/index.ts';
import type { Identity } from './calls.ts';
import type { Descriptors } from './descriptors.ts';
import type { PathWalk } from './path-walk.ts';
import type { Permissions } from './permissions.ts';

/** What the calls on one volume share, as a kernel keeps it for a process. */
export interface Kernel {
  readonly volume: VolumeOperations;
  readonly identity: Identity;
  readonly permissions: Permissions;
  readonly walk: PathWalk;
  readonly descriptors: Descriptors;
  /** Bits that files and directories are made without. */
  readonly umask: number;
}

/** The bits that a volume keeps: set-user-id, set-group-id and sticky mean nothing on a `nosuid` filesystem. */
export const PERMISSION_BITS = 0o777;
