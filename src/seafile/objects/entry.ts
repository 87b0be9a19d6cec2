import type { DirectoryId, FileId } from './ids.ts';

/** Type bits of `mode`, as in `stat(2)`. */
export const S_IFMT = 0o170000;
export const S_IFREG = 0o100000;
export const S_IFDIR = 0o040000;
/** What web uploads store for a file (33188). */
export const DEFAULT_FILE_MODE = S_IFREG | 0o644;
/** What the server stores for a directory made through the web API (16384: no permission bits at all). */
export const DEFAULT_DIRECTORY_MODE = S_IFDIR;

/** A file as its directory lists it. */
export interface FileEntry {
  readonly kind: 'file';
  readonly name: string;
  readonly id: FileId;
  /** Type and permission bits. */
  readonly mode: number;
  /** Modification time, whole seconds since 1970. */
  readonly mtime: number;
  /** Bytes. */
  readonly size: number;
  /** Account that wrote this version: an e-mail or an internal user id; may be empty. */
  readonly modifier: string;
}

/** A folder as its parent lists it. */
export interface DirectoryEntry {
  readonly kind: 'directory';
  readonly name: string;
  readonly id: DirectoryId;
  readonly mode: number;
  /** Modification time, whole seconds since 1970. */
  readonly mtime: number;
}

/** A name in a directory. */
export type Entry = FileEntry | DirectoryEntry;

/** Whether two entries are the same in all that a directory object keeps, the name included. */
export function sameEntry(a: Entry, b: Entry): boolean {
  return (
    a.kind === b.kind &&
    a.id === b.id &&
    a.name === b.name &&
    a.mode === b.mode &&
    a.mtime === b.mtime &&
    (a.kind === 'directory' || (b.kind === 'file' && a.size === b.size && a.modifier === b.modifier))
  );
}
