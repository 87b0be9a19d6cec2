import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';
import { type Errno, VolumeError } from '../../volume/index.ts';

/** The error of a refused or failed call: the shape that `node:fs` gives. */
export interface SystemError extends Error {
  /** Negative. */
  errno: number;
  code: string;
  syscall: string;
  path?: string;
  dest?: string;
}

/**
 * Errors that libuv has no name for. Node shows them as `Unknown system error -122`; a caller that wants to tell a full
 * quota from a broken disk is better served by the name.
 */
const beyondLibuv: ReadonlyArray<readonly [Errno, number, string]> = [
  ['EDQUOT', constants.errno.EDQUOT ?? 122, 'disk quota exceeded'],
  ['ENODATA', constants.errno.ENODATA ?? 61, 'no data available'],
  ['ENOKEY', 126, 'required key not available'],
  ['ESTALE', constants.errno.ESTALE ?? 116, 'stale file handle'],
];

const known = new Map<string, { readonly errno: number; readonly message: string }>(
  beyondLibuv.map(([name, errno, message]) => [name, { errno: -errno, message }]),
);
for (const [errno, [name, message]] of getSystemErrorMap()) known.set(name, { errno, message });

/** Facts of the tree that the code says completely; every other error keeps what the volume knows as its cause. */
const selfExplaining: ReadonlySet<string> = new Set<Errno>([
  'EBADF',
  'EEXIST',
  'EINVAL',
  'EISDIR',
  'ENAMETOOLONG',
  'ENOENT',
  'ENOTDIR',
  'ENOTEMPTY',
]);

/**
 * @param syscall  Node's name of the call: `open`, `scandir`, `copyfile`
 * @param path     as the caller gave it
 */
export function systemError(
  code: Errno,
  syscall: string,
  path?: string,
  dest?: string,
  cause?: VolumeError,
): SystemError {
  const { errno, message } = known.get(code) ?? { errno: -constants.errno.EIO, message: 'unknown error' };
  let text = `${code}: ${message}, ${syscall}`;
  if (path !== undefined) text += ` '${path}'`;
  if (dest !== undefined) text += ` -> '${dest}'`;
  const explained = cause !== undefined && (cause.cause !== undefined || !selfExplaining.has(code));
  const error = explained ? new Error(text, { cause }) : new Error(text);
  const named: SystemError = Object.assign(error, { errno, code, syscall });
  if (path !== undefined) named.path = path;
  if (dest !== undefined) named.dest = dest;
  return named;
}

/** The refusal of the volume as Node would report it; anything else (an abort, a bug) goes through as it is. */
export function asSystemError(error: unknown, syscall: string, path?: string, dest?: string): unknown {
  return error instanceof VolumeError ? systemError(error.code, syscall, path, dest, error) : error;
}

/** Whether an error is a system error with this code. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
