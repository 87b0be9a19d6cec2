import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type Entry, S_IFDIR, S_IFMT } from './entry.ts';
import { type DirectoryId, directoryId, EMPTY_DIRECTORY, fileId } from './ids.ts';
import { jsonString } from './json.ts';

/** A directory object: its id and its entries, by name. Immutable. */
export interface Directory {
  readonly id: DirectoryId;
  readonly entries: ReadonlyMap<string, Entry>;
  /**
   * Entries whose name an earlier one has, where there are any: the server's merge makes such (seafile-api E.4). Nobody
   * sees them, but who rewrites the directory must write them again, or what they hold is lost.
   */
  readonly duplicates?: readonly Entry[];
}

/** An object ready to be stored: its id and the text the id was made of. */
export interface EncodedObject<Id extends string> {
  readonly id: Id;
  /** Uncompressed UTF-8 JSON; empty for the zero id, which is never stored. */
  readonly text: Uint8Array;
}

/** Names are sorted descending by their UTF-8 bytes: merge and diff on the server need it (seafile-api F.2). */
function compareDescending(a: Entry, b: Entry): number {
  // Comparing UTF-16 units orders like UTF-8 unless surrogates meet U+E000..U+FFFF; only then are bytes compared.
  if (a.name === b.name) return 0;
  if (SURROGATE.test(a.name) || SURROGATE.test(b.name)) return Buffer.compare(Buffer.from(b.name), Buffer.from(a.name));
  return a.name < b.name ? 1 : -1;
}
const SURROGATE = /[\ud800-\udfff]/;

/**
 * Encodes a directory object. The result's id equals what a real server and the official clients give.
 *
 * @param entries in any order; of entries with one name the order is kept
 * @returns id {@link EMPTY_DIRECTORY} and an empty text when there are no entries
 */
export function encodeDirectory(entries: Iterable<Entry>): EncodedObject<DirectoryId> {
  const sorted = [...entries].sort(compareDescending);
  if (sorted.length === 0) return { id: EMPTY_DIRECTORY, text: new Uint8Array() };
  const dirents = sorted.map((entry) =>
    entry.kind === 'file'
      ? `{"id": "${entry.id}", "mode": ${entry.mode}, "modifier": ${jsonString(entry.modifier)}, "mtime": ${entry.mtime}, "name": ${jsonString(entry.name)}, "size": ${entry.size}}`
      : `{"id": "${entry.id}", "mode": ${entry.mode}, "mtime": ${entry.mtime}, "name": ${jsonString(entry.name)}}`,
  );
  const text = Buffer.from(`{"dirents": [${dirents.join(', ')}], "type": 3, "version": 1}`);
  return { id: createHash('sha1').update(text).digest('hex') as DirectoryId, text };
}

const direntOnWire = z.object({
  id: z.string(),
  mode: z.number().int(),
  mtime: z.number(),
  name: z.string(),
  modifier: z.string().optional(),
  size: z.number().optional(),
});

const directoryOnWire = z.object({ type: z.literal(3), dirents: z.array(direntOnWire) });

/**
 * Decodes a directory object, whatever its key order and spacing. Entries are given as stored, duplicates and names a
 * filesystem cannot show included: who shows them decides ({@link Directory} keeps the first of equal names).
 *
 * @param text uncompressed JSON
 * @throws TypeError when the text is no directory object
 */
export function decodeEntries(text: Uint8Array): Entry[] {
  const parsed = directoryOnWire.safeParse(
    JSON.parse(Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString('utf8')),
  );
  if (!parsed.success) throw new TypeError(`not a directory object: ${parsed.error.issues[0]?.message}`);
  return parsed.data.dirents.map((dirent): Entry => {
    if ((dirent.mode & S_IFMT) === S_IFDIR) {
      return {
        kind: 'directory',
        name: dirent.name,
        id: directoryId(dirent.id),
        mode: dirent.mode,
        mtime: Math.trunc(dirent.mtime),
      };
    }
    return {
      kind: 'file',
      name: dirent.name,
      id: fileId(dirent.id),
      mode: dirent.mode,
      mtime: Math.trunc(dirent.mtime),
      size: dirent.size ?? 0,
      modifier: dirent.modifier ?? '',
    };
  });
}

/** Decodes a directory object and indexes it by name; of entries with one name the first counts. */
export function decodeDirectory(id: DirectoryId, text: Uint8Array): Directory {
  const entries = new Map<string, Entry>();
  const duplicates: Entry[] = [];
  for (const entry of decodeEntries(text)) {
    if (entries.has(entry.name)) duplicates.push(entry);
    else entries.set(entry.name, entry);
  }
  return duplicates.length > 0 ? { id, entries, duplicates } : { id, entries };
}

/** The directory without entries. */
export const emptyDirectory: Directory = { id: EMPTY_DIRECTORY, entries: new Map() };
