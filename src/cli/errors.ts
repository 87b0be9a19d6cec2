import { DriveError, type DriveErrorKind } from '../drive/errors.ts';
import { MountError } from '../mount/errors.ts';
import { SeafileError, type SeafileErrorKind } from '../seafile/errors.ts';
import { VolumeError } from '../volume/errno.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';

/** A failure found by a command itself. The message is one line: the thing, the reason, the way out. */
export class CliError extends Error {
  override readonly name: string = 'CliError';
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** The command line, the environment or the configuration is wrong. */
export class UsageError extends CliError {
  override readonly name = 'UsageError';

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(EXIT.usage, message, options);
  }
}

/** What a person is told about a failure. */
export interface Failure {
  /** One line, without the program's name. */
  readonly line: string;
  readonly exitCode: ExitCode;
}

const OF_DRIVE: Record<DriveErrorKind, ExitCode> = {
  'bad-input': EXIT.usage,
  'space-missing': EXIT.notFound,
  'not-a-folder': EXIT.usage,
  'library-missing': EXIT.notFound,
  'library-ambiguous': EXIT.usage,
  'not-permitted': EXIT.notPermitted,
  busy: EXIT.busy,
  closed: EXIT.failed,
};

const OF_SEAFILE: Partial<Record<SeafileErrorKind, ExitCode>> = {
  unreachable: EXIT.unreachable,
  'not-seafile': EXIT.unreachable,
  unauthorized: EXIT.signIn,
  forbidden: EXIT.notPermitted,
  encrypted: EXIT.notPermitted,
  'not-found': EXIT.notFound,
  'library-gone': EXIT.notFound,
  aborted: EXIT.interrupted,
};

const OF_ERRNO: Readonly<Record<string, ExitCode>> = {
  ENOENT: EXIT.notFound,
  ENOTDIR: EXIT.notFound,
  EACCES: EXIT.notPermitted,
  EPERM: EXIT.notPermitted,
  EROFS: EXIT.notPermitted,
  EEXIST: EXIT.busy,
  ENOTEMPTY: EXIT.busy,
  EBUSY: EXIT.busy,
  EISDIR: EXIT.usage,
  EINVAL: EXIT.usage,
  ENAMETOOLONG: EXIT.usage,
};

/** Says any failure in one line, and how the command ends. */
export function describeFailure(error: unknown): Failure {
  const line = oneLine(error instanceof Error ? error.message : String(error));
  if (error instanceof CliError) return { line, exitCode: error.exitCode };
  if (error instanceof DriveError) return { line, exitCode: OF_DRIVE[error.kind] };
  if (error instanceof SeafileError) return { line, exitCode: exitCodeOfSeafile(error) };
  if (error instanceof Error && error.name === 'AbortError')
    return { line: 'interrupted.', exitCode: EXIT.interrupted };
  if (error instanceof MountError) return { line, exitCode: error.code === 'busy' ? EXIT.busy : EXIT.mount };
  if (error instanceof VolumeError) return describeVolumeFailure(error, line);
  const errno = errnoOf(error);
  if (errno !== null) return { line: systemLine(error, errno) ?? line, exitCode: OF_ERRNO[errno] ?? EXIT.failed };
  return { line: `unexpected failure: ${line} (--debug shows more)`, exitCode: EXIT.failed };
}

/** The server's failure decides where there is one: POSIX has one name (EIO) for most of them. */
function describeVolumeFailure(error: VolumeError, line: string): Failure {
  const exitCode = error.cause instanceof SeafileError ? exitCodeOfSeafile(error.cause) : OF_ERRNO[error.code];
  return { line: line.replace(/^E[A-Z0-9]+: /, ''), exitCode: exitCode ?? EXIT.failed };
}

/** `/a/b: it does not exist` instead of `ENOENT: no such file or directory, open '/a/b'`. */
function systemLine(error: unknown, errno: string): string | null {
  const reason = REASONS[errno];
  if (reason === undefined || !(error instanceof Error)) return null;
  if (!('path' in error) || typeof error.path !== 'string') return null;
  const dest = 'dest' in error && typeof error.dest === 'string' ? ` -> ${error.dest}` : '';
  return oneLine(`${error.path}${dest}: ${reason}.`);
}

function exitCodeOfSeafile(error: SeafileError): ExitCode {
  // `rejected` without a status was refused here, before any request.
  if (error.kind === 'rejected' && error.status === undefined) return EXIT.usage;
  return OF_SEAFILE[error.kind] ?? EXIT.failed;
}

/** The errno-like code of a system, filesystem or volume error. */
export function errnoOf(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return null;
  return /^E[A-Z0-9]+$/.test(error.code) ? error.code : null;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  ENOTDIR: 'a part of its path is not a directory',
  EACCES: 'no permission',
  EPERM: 'not permitted',
  EISDIR: 'it is a directory',
  EEXIST: 'it exists already',
  ENOTEMPTY: 'it is not empty',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota is used up: free space, or ask for more',
  ENAMETOOLONG: 'a name in it is too long',
  EINVAL: 'it is not valid',
  EBUSY: 'it is in use',
  EROFS: 'it is read-only',
  EADDRINUSE: 'the address is in use',
};

/** Why a system call failed, in words. */
export function reasonOf(error: unknown): string {
  const errno = errnoOf(error);
  if (errno !== null) return REASONS[errno] ?? errno;
  return oneLine(error instanceof Error ? error.message : String(error));
}

function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: names and answers must not control a terminal
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').trim();
}
