import { isLibraryId, type LibraryId } from '../seafile/index.ts';
import { DriveError } from './errors.ts';

/** Where a space is, as a caller writes it; nothing of it was looked up. */
export interface SpaceAddress {
  readonly library: LibraryReference;
  /** Names from the library's root to the space's folder; empty for the whole library. */
  readonly folder: readonly string[];
}

/** Which library is meant. */
export type LibraryReference =
  /** The account's own default library. */
  | { readonly kind: 'default' }
  | { readonly kind: 'id'; readonly id: LibraryId }
  | { readonly kind: 'name'; readonly name: string };

/** Bytes of UTF-8 in one name (seafile-api 0.5). */
const MAX_NAME_BYTES = 255;
/** Bytes of UTF-8 in a whole path (seafile-api C.9). */
const MAX_PATH_BYTES = 4096;
const LIBRARY_PREFIX = 'lib:';

/**
 * Reads `users/7a1c` (a folder of the default library) or `lib:NAME_OR_ID/FOLDER` (a folder of another library; without
 * FOLDER the whole library).
 *
 * A name that has the form of a library's id is taken for an id. Folder names are brought to NFC, as the server does
 * (seafile-api C.9).
 *
 * @throws DriveError `bad-input` for `.`, `..`, empty names, control characters, backslashes, malformed Unicode and
 *         names or paths that are too long for Seafile
 */
export function parseSpace(text: string): SpaceAddress {
  if (text === '') {
    throw bad(text, 'a space needs a folder: users/NAME in the default library, or lib:LIBRARY/FOLDER in another');
  }
  if (!text.startsWith(LIBRARY_PREFIX)) return { library: { kind: 'default' }, folder: names(text, text) };
  const rest = text.slice(LIBRARY_PREFIX.length);
  const slash = rest.indexOf('/');
  const library = slash < 0 ? rest : rest.slice(0, slash);
  if (library === '') throw bad(text, 'the name or the id of a library must follow lib:');
  checkCharacters(library, text);
  const folder = slash < 0 ? [] : names(rest.slice(slash + 1), text);
  const id = library.toLowerCase();
  if (isLibraryId(id)) return { library: { kind: 'id', id }, folder };
  return { library: { kind: 'name', name: library }, folder };
}

/** The address as `parseSpace` reads it. */
export function formatSpace(address: SpaceAddress): string {
  const folder = address.folder.join('/');
  if (address.library.kind === 'default') return folder;
  const library = address.library.kind === 'id' ? address.library.id : address.library.name;
  return address.folder.length === 0 ? LIBRARY_PREFIX + library : `${LIBRARY_PREFIX}${library}/${folder}`;
}

/**
 * Reads a path inside a space, with or without a slash at either end; `''` and `/` are the space itself. Never leads
 * out: `..` is refused, not resolved.
 *
 * @returns names below the space's folder, in NFC
 * @throws DriveError `bad-input`, as `parseSpace`
 */
export function parseInside(path: string): readonly string[] {
  const relative = path.startsWith('/') ? path.slice(1) : path;
  if (relative === '') return [];
  return names(relative.endsWith('/') ? relative.slice(0, -1) : relative, path);
}

/** An absolute path inside a library, as the web API takes it. */
export function absolutePath(names: readonly string[]): string {
  return `/${names.join('/')}`;
}

function names(path: string, whole: string): readonly string[] {
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) throw bad(whole, `it is longer than ${MAX_PATH_BYTES} bytes`);
  return path.split('/').map((name) => checkedName(name, whole));
}

function checkedName(name: string, whole: string): string {
  if (name === '') throw bad(whole, 'it has an empty name: write it without a slash at either end and without //');
  if (name === '.' || name === '..') throw bad(whole, `'${name}' is not allowed: name the folder itself`);
  checkCharacters(name, whole);
  const normal = name.normalize('NFC');
  if (Buffer.byteLength(normal) > MAX_NAME_BYTES) {
    throw bad(whole, `a name in it is longer than ${MAX_NAME_BYTES} bytes: use a shorter one`);
  }
  return normal;
}

function checkCharacters(name: string, whole: string): void {
  for (const character of name) {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x20 || code === 0x7f) {
      throw bad(whole, `it has the control character U+${code.toString(16).toUpperCase().padStart(4, '0')}: remove it`);
    }
    // Seafile 13 refuses names with a backslash in its web API (seafile-api C.9), older ones make what newer ones cannot remove.
    if (character === '\\') throw bad(whole, 'it has a backslash: separate names with /');
    if (code >= 0xd800 && code <= 0xdfff) throw bad(whole, 'it is not valid Unicode (half of a surrogate pair)');
  }
}

function bad(path: string, why: string): DriveError {
  const shown = path.length > 80 ? `${path.slice(0, 80)}…` : path;
  return new DriveError('bad-input', `bad path ${JSON.stringify(shown)}: ${why}.`);
}
