import { SeafileError } from '../errors.ts';

/**
 * Checks a path in a library before it is sent. Servers answer success to many paths they should refuse (an empty `p`
 * means the whole library, `..` was stored as a name by old ones; seafile-api C.9, I.1).
 *
 * @param path absolute; a final slash is taken off
 * @throws SeafileError `rejected`
 */
export function checkedPath(path: string): string {
  const refuse = (why: string): SeafileError =>
    new SeafileError('rejected', `Not a path in a library: ${JSON.stringify(path)} ${why}.`);
  if (typeof path !== 'string' || path === '') throw refuse('is empty');
  if (!path.startsWith('/')) throw refuse('does not start with a slash');
  if (path === '/') return path;
  const trimmed = path.endsWith('/') ? path.slice(0, -1) : path;
  for (const name of trimmed.slice(1).split('/')) {
    const problem = nameProblem(name);
    if (problem) throw refuse(problem);
  }
  return trimmed;
}

/** @throws SeafileError `rejected` when no entry may have this name */
export function checkedName(name: string): string {
  const problem = name.includes('/') ? 'holds a slash' : nameProblem(name);
  if (problem) throw new SeafileError('rejected', `Not a file name: ${JSON.stringify(name)} ${problem}.`);
  return name;
}

const LONE_SURROGATE = /\p{Surrogate}/u;

function nameProblem(name: string): string | null {
  if (name === '') return 'holds an empty name';
  if (name === '.' || name === '..') return 'holds . or ..';
  if (name.includes('\0')) return 'holds a NUL';
  if (LONE_SURROGATE.test(name)) return 'is no valid Unicode';
  if (Buffer.byteLength(name) > 255) return 'holds a name longer than 255 bytes';
  return null;
}
