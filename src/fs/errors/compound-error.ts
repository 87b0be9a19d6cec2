import { constants } from 'node:os';

type ErrnoName = keyof typeof constants.errno;

/** What went wrong within `rm` or `cp`. */
export interface CompoundErrorInfo {
  readonly code: ErrnoName;
  readonly message: string;
  readonly path: string;
  readonly syscall: 'cp' | 'rm';
}

/** What each code of Node says. */
const meanings = {
  ERR_FS_CP_DIR_TO_NON_DIR: 'Cannot overwrite non-directory with directory',
  ERR_FS_CP_EEXIST: 'Target already exists',
  ERR_FS_CP_EINVAL: 'Invalid src or dest',
  ERR_FS_CP_FIFO_PIPE: 'Cannot copy a FIFO pipe',
  ERR_FS_CP_NON_DIR_TO_DIR: 'Cannot overwrite directory with non-directory',
  ERR_FS_CP_SOCKET: 'Cannot copy a socket file',
  ERR_FS_CP_SYMLINK_TO_SUBDIRECTORY: 'Cannot overwrite symlink in subdirectory of self',
  ERR_FS_EISDIR: 'Path is a directory',
} as const;

export type CompoundErrorCode = keyof typeof meanings;

/**
 * The error of `rm` and `cp`, which Node makes itself: named `SystemError`, with the details under `info`. Its `errno`
 * is positive, unlike that of a call's error.
 */
export class CompoundError extends Error {
  override readonly name = 'SystemError';
  readonly code: CompoundErrorCode;
  readonly info: CompoundErrorInfo & { readonly errno: number };
  readonly errno: number;
  readonly syscall: string;
  readonly path: string;

  constructor(code: CompoundErrorCode, info: CompoundErrorInfo) {
    super(`${meanings[code]}: ${info.syscall} returned ${info.code} (${info.message}) ${info.path}`);
    this.code = code;
    this.errno = constants.errno[info.code];
    this.info = { ...info, errno: this.errno };
    this.syscall = info.syscall;
    this.path = info.path;
    // Node shows the class as the name and keeps it out of a listing of the error's own properties.
    Object.defineProperty(this, 'name', { enumerable: false });
  }
}
