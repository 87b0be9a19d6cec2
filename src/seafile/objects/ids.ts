/**
 * Names of Seafile's things. Each kind of id is a type of its own, so that a block id can never be asked for as a file.
 *
 * Objects are named by the SHA-1 of their content, in 40 lower-case hex digits. An id never changes meaning: what is
 * known by id may be cached for ever.
 */

declare const kind: unique symbol;
type Id<Kind extends string> = string & { readonly [kind]: Kind };

/** A library ("repo"): a lower-case UUID of 36 characters. */
export type LibraryId = Id<'library'>;
/** A commit of a library. */
export type CommitId = Id<'commit'>;
/** A directory object; {@link EMPTY_DIRECTORY} when it has no entries. */
export type DirectoryId = Id<'directory'>;
/** A file object: the ordered list of blocks and the size; {@link EMPTY_FILE} when it has no content. */
export type FileId = Id<'file'>;
/** A block: a piece of a file's bytes. */
export type BlockId = Id<'block'>;

const ZERO_ID = '0'.repeat(40);

/** The directory without entries: no object is stored for it, and asking a server for it is an error. */
export const EMPTY_DIRECTORY = ZERO_ID as DirectoryId;
/** The file without content: no object is stored for it, and asking a server for it is an error. */
export const EMPTY_FILE = ZERO_ID as FileId;

const OBJECT_ID = /^[0-9a-f]{40}$/;
const LIBRARY_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether `text` has the form of an object's id. */
export function isObjectId(text: string): boolean {
  return OBJECT_ID.test(text);
}

/** Whether `text` has the form of a library's id. */
export function isLibraryId(text: string): text is LibraryId {
  return LIBRARY_ID.test(text);
}

function checked<T extends Id<string>>(text: string, what: string): T {
  if (!OBJECT_ID.test(text)) throw new TypeError(`not the id of a ${what}: ${JSON.stringify(text.slice(0, 60))}`);
  return text as T;
}

/** @throws TypeError when `text` is not 40 lower-case hex digits. */
export const commitId = (text: string): CommitId => checked(text, 'commit');
/** @throws TypeError when `text` is not 40 lower-case hex digits. */
export const directoryId = (text: string): DirectoryId => checked(text, 'directory');
/** @throws TypeError when `text` is not 40 lower-case hex digits. */
export const fileId = (text: string): FileId => checked(text, 'file');
/** @throws TypeError when `text` is not 40 lower-case hex digits. */
export const blockId = (text: string): BlockId => checked(text, 'block');
/** @throws TypeError when `text` is not a lower-case UUID. */
export function libraryId(text: string): LibraryId {
  if (!isLibraryId(text)) throw new TypeError(`not the id of a library: ${JSON.stringify(text.slice(0, 60))}`);
  return text;
}
