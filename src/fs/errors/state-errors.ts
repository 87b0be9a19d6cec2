import { type CodedError, codedError } from './coded-error.ts';

/** ABORT_ERR: the caller's AbortSignal fired. */
export class AbortError extends Error {
  override readonly name = 'AbortError';
  readonly code = 'ABORT_ERR';

  constructor(signal: AbortSignal) {
    super('The operation was aborted', { cause: signal.reason });
  }
}

/** @throws AbortError when the signal has fired */
export function checkAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new AbortError(signal);
}

/**
 * Gives the rest of the program a turn before something that a signal can stop: what is answered from memory would
 * otherwise be over before anybody could.
 *
 * @throws AbortError when the signal has fired, now or in that turn
 */
export async function turnToAbort(signal: AbortSignal): Promise<void> {
  checkAborted(signal);
  await new Promise((resolve) => setImmediate(resolve));
  checkAborted(signal);
}

/** ERR_INVALID_STATE. */
export function invalidState(what: string): CodedError {
  return codedError(Error, 'ERR_INVALID_STATE', `Invalid state: ${what}`);
}

/** ERR_DIR_CLOSED. */
export function directoryClosed(): CodedError {
  return codedError(Error, 'ERR_DIR_CLOSED', 'Directory handle was closed');
}

/** ERR_FS_FILE_TOO_LARGE: a file that no Buffer of `readFile` holds. */
export function fileTooLarge(sizeBytes: number): CodedError {
  return codedError(RangeError, 'ERR_FS_FILE_TOO_LARGE', `File size (${sizeBytes}) is greater than 2 GiB`);
}

/** ERR_FS_WATCH_QUEUE_OVERFLOW. */
export function watchOverflow(maxQueue: number): CodedError {
  return codedError(Error, 'ERR_FS_WATCH_QUEUE_OVERFLOW', `fs.watch() queued more than ${maxQueue} events`);
}

/** ERR_METHOD_NOT_IMPLEMENTED. */
export function notImplemented(method: string): CodedError {
  return codedError(Error, 'ERR_METHOD_NOT_IMPLEMENTED', `The ${method} method is not implemented`);
}

/** ERR_FS_INVALID_SYMLINK_TYPE. */
export function invalidSymlinkType(type: string): CodedError {
  return codedError(
    Error,
    'ERR_FS_INVALID_SYMLINK_TYPE',
    `Symlink type must be one of "dir", "file", or "junction". Received "${type}"`,
  );
}

/** The error of closing after another error: Node reports both, the first one's code in front. */
export function bothErrors(closing: unknown, first: unknown): unknown {
  const message = first instanceof Error ? first.message : String(first);
  const code = first instanceof Error && 'code' in first ? first.code : undefined;
  return Object.assign(new AggregateError([first, closing], message), { code });
}
