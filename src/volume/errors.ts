import { SeafileError, type SeafileErrorKind } from '../seafile/index.ts';
import { type Errno, VolumeError } from './errno.ts';

const ERRNO_OF_KIND: Record<SeafileErrorKind, Errno> = {
  unreachable: 'EIO',
  'not-seafile': 'EIO',
  unauthorized: 'EACCES',
  forbidden: 'EACCES',
  'not-found': 'ENOENT',
  'library-gone': 'ESTALE',
  'library-corrupted': 'EIO',
  encrypted: 'ENOKEY',
  quota: 'EDQUOT',
  'too-large': 'EFBIG',
  'blocks-missing': 'EIO',
  'gc-conflict': 'EIO',
  throttled: 'EIO',
  rejected: 'EIO',
  'server-failed': 'EIO',
  'corrupt-answer': 'EIO',
  aborted: 'EINTR',
};

/** Errors of the local disk that mean the same to our caller. */
const LOCAL_ERRNOS: ReadonlySet<string> = new Set<Errno>(['ENOSPC', 'EDQUOT', 'EFBIG', 'EMFILE', 'EROFS']);

/**
 * What a failure below means to the caller of a filesystem operation.
 *
 * @param what what was being done, for the message
 */
export function volumeErrorOf(error: unknown, what: string): VolumeError {
  if (error instanceof VolumeError) return error;
  if (error instanceof SeafileError) {
    return new VolumeError(ERRNO_OF_KIND[error.kind], `${what}: ${error.message}`, { cause: error });
  }
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof Error && error.name === 'AbortError') return new VolumeError('EINTR', `${what}: interrupted`);
  return new VolumeError(LOCAL_ERRNOS.has(code) ? (code as Errno) : 'EIO', `${what}: ${message}`, { cause: error });
}
