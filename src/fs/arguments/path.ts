import { isUtf8 } from 'node:buffer';
import type { PathLike } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { invalidArgType, invalidArgValue } from '../errors/argument-errors.ts';
import { systemError } from '../errors/system-error.ts';

/** A path as the caller gave it, with a file URL resolved. Results that repeat the caller's path repeat this. */
export type GivenPath = string | Buffer;

/** Whether a value is a URL, also one of another realm or polyfill: by the parts only a WHATWG URL has. */
function isUrl(value: unknown): value is URL {
  if (typeof value !== 'object' || value === null) return false;
  return 'href' in value && 'protocol' in value && !!value.href && !!value.protocol && !('auth' in value);
}

/**
 * @param path  string, Buffer, or file URL
 * @param name  the argument's name in Node's messages
 * @throws TypeError ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE (a NUL in it), and what `fileURLToPath` throws
 */
export function givenPath(path: unknown, name = 'path'): GivenPath {
  const given = isUrl(path) ? fileURLToPath(path) : path;
  if (typeof given === 'string') {
    if (!given.includes('\0')) return given;
  } else if (given instanceof Uint8Array) {
    if (!given.includes(0)) return Buffer.from(given.buffer, given.byteOffset, given.byteLength);
  } else {
    throw invalidArgType(name, ['string', 'Buffer', 'URL'], given);
  }
  throw invalidArgValue(name, given, 'must be a string, Uint8Array, or URL without null bytes');
}

/**
 * A path for a system call.
 *
 * @throws what `givenPath` throws; EILSEQ for bytes that are not UTF-8: no name of a volume can be that
 */
export function pathArgument(path: PathLike, name = 'path'): string {
  // Nearly every path is a string without NUL: no more than this is done for those.
  if (typeof path === 'string' && !path.includes('\0')) return path;
  return pathText(givenPath(path, name), name);
}

/** The text of a given path. @throws EILSEQ for bytes that are not UTF-8 */
export function pathText(given: GivenPath, name = 'path'): string {
  if (typeof given === 'string') return given;
  const text = given.toString();
  if (!isUtf8(given)) throw systemError('EILSEQ', name, text);
  return text;
}
