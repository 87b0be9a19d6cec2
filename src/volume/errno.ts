/** The errors of the volume: POSIX names. Doors turn them into numbers (mount) or into Node's error objects (fs). */
export type Errno =
  | 'EACCES'
  | 'EAGAIN'
  | 'EBADF'
  | 'EBUSY'
  | 'EDQUOT'
  | 'EEXIST'
  | 'EFBIG'
  | 'EILSEQ'
  | 'EINTR'
  | 'EINVAL'
  | 'EIO'
  | 'EISDIR'
  | 'ELOOP'
  | 'EMFILE'
  | 'ENAMETOOLONG'
  | 'ENODATA'
  | 'ENODEV'
  | 'ENOENT'
  | 'ENOKEY'
  | 'ENOSPC'
  | 'ENOSYS'
  | 'ENOTCONN'
  | 'ENOTDIR'
  | 'ENOTEMPTY'
  | 'ENOTSUP'
  | 'ENXIO'
  | 'EPERM'
  | 'ERANGE'
  | 'EROFS'
  | 'ESTALE'
  | 'ETIMEDOUT'
  | 'EXDEV';

/**
 * A refusal or failure of a filesystem operation. The doors add the path and the name of the call.
 *
 * It has no stack: what a program asks for that is not there is no fault of anybody's code, and collecting the frames
 * takes longer than the operation (60 µs for a name that does not exist).
 */
export class VolumeError extends Error {
  override readonly name = 'VolumeError';
  readonly code: Errno;

  /**
   * @param code     what POSIX calls it
   * @param message  what was tried, on which name, why it failed and the way out; for logs and people
   */
  constructor(code: Errno, message: string, options?: { readonly cause?: unknown }) {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    super(`${code}: ${message}`, options);
    Error.stackTraceLimit = limit;
    this.code = code;
  }
}
