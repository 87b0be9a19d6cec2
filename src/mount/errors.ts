/** Why a mount could not be made or ended, for callers that decide. */
export type MountErrorCode =
  /** The mount point does not exist. */
  | 'mountpoint-missing'
  | 'mountpoint-not-directory'
  | 'mountpoint-not-empty'
  | 'mountpoint-unusable'
  /** A seamount mount is already there. */
  | 'already-mounted'
  /** A dead mount of something else is there. */
  | 'dead-mount'
  /** No `/dev/fuse`, or it may not be opened. */
  | 'no-fuse-device'
  /** Not root, and `fusermount3` is not installed. */
  | 'no-fusermount'
  /** The addon is not built. */
  | 'no-addon'
  | 'unsupported-system'
  /** Mounting was refused. */
  | 'refused'
  /** Unmounting was refused: something uses the mount. */
  | 'busy'
  /** The mount ended before it answered. */
  | 'ended';

/** A mount that could not be made or ended. The message is one line that names the thing, the reason and the way out. */
export class MountError extends Error {
  override readonly name = 'MountError';
  readonly code: MountErrorCode;

  constructor(code: MountErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** Unmounting was refused because somebody uses the mount. */
export function busy(mountpoint: string, cause?: unknown): MountError {
  const text = `${mountpoint} is in use; find the users with "fuser -vm ${mountpoint}", or unmount lazily`;
  return new MountError('busy', text, { cause });
}
