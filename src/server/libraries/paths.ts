/** A path inside a library: names in order from the root; the root is empty. */
export type Path = readonly string[];

/** Longest path, in bytes: the real server's buffers (seafile-api 0.6). */
const MAX_PATH_BYTES = 4096;

export class PathTooLongError extends Error {
  override readonly name = 'PathTooLongError';

  constructor() {
    super('Path is too long.');
  }
}

/**
 * `//a//b/` → `['a', 'b']`. Names are taken as they are: `.` and `..` mean nothing special (seafile-api C.9).
 *
 * @throws PathTooLongError
 */
export function parsePath(text: string): Path {
  // A character has three bytes at most.
  if (text.length * 3 > MAX_PATH_BYTES && Buffer.byteLength(text) > MAX_PATH_BYTES) throw new PathTooLongError();
  return text.split('/').filter((name) => name !== '');
}

/** `['a', 'b']` → `/a/b`; the root is `/`. */
export function formatPath(path: Path): string {
  return `/${path.join('/')}`;
}

/** The folder that holds a path; the root's is the root. */
export function parentOf(path: Path): Path {
  return path.slice(0, -1);
}

export function nameOf(path: Path): string {
  return path.at(-1) ?? '';
}

/** Whether `path` is `folder` or lies below it. */
export function isInside(path: Path, folder: Path): boolean {
  return folder.length <= path.length && folder.every((name, index) => path[index] === name);
}
