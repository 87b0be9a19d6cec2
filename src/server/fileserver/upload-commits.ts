import { type CommitId, DEFAULT_FILE_MODE, type FileEntry, isObjectId } from '../../seafile/objects/index.ts';
import {
  freeName,
  isStorableName,
  NoCommitError,
  nameOf,
  type Path,
  parentOf,
  type TreeEdit,
} from '../libraries/index.ts';
import type { Site } from '../site.ts';
import type { LibraryRecord } from '../storage/index.ts';
import { uploadError } from './answers.ts';
import type { UploadedFile } from './upload-form.ts';

/** Uploaded files that are to be put into a folder. */
export interface Placement {
  readonly library: LibraryRecord;
  readonly author: string;
  readonly folder: Path;
  /** Folders below it, made when they are missing. */
  readonly relative: Path;
  readonly files: readonly UploadedFile[];
  /** Whether a file takes the place of an entry of its name; else it gets a number. */
  readonly replace: boolean;
  /** Text of the field `last_modify`. */
  readonly lastModify: string | undefined;
  /** Whether shares are told; false for block commits (seafile-api E.5). */
  readonly propagate?: boolean;
  /** Whether the commit's text ends with a dot, as that of plain uploads does. */
  readonly dot?: boolean;
}

/** Puts files into a folder: one commit for all of them. @returns the files under the names they got */
export async function placeFiles(site: Site, placement: Placement): Promise<UploadedFile[]> {
  const { library, author, relative, files } = placement;
  const options = { author, propagate: placement.propagate ?? true };
  for (const name of [...relative, ...files.map((file) => file.name)]) {
    if (!isStorableName(name, site.features)) throw uploadError(500, 'Internal server error');
  }
  const folder = [...placement.folder, ...relative.map((name) => name.normalize('NFC'))];
  if (relative.length > 0) {
    await site.branches.change(library.id, options, (edit, now) => {
      const made = edit.makeFolders(folder, now);
      return { description: made ? `Added directory "${relative.join('/')}"` : null, value: undefined };
    });
  }
  const { value } = await site.branches.change(library.id, options, (edit, now) => {
    refuseCollected(site, library);
    if (!edit.list(folder)) throw uploadError(400, "Parent dir doesn't exist.");
    const mtime = modifyTime(site, placement.lastModify) ?? now;
    const placed: UploadedFile[] = [];
    for (const file of files) {
      const name = placeName(edit, folder, file.name.normalize('NFC'), placement.replace);
      edit.put(folder, fileEntry(name, file, mtime, author), now);
      placed.push({ ...file, name });
    }
    // The text names the files as they were sent, also where they got a number.
    return { description: describeAdded(files, placement.dot ?? true), value: placed };
  });
  return value;
}

/**
 * The name a file gets. A file never takes a folder's place, though the real server lets it (seafile-api E.3, L 2): the
 * folder and all below it would be lost.
 */
function placeName(edit: TreeEdit, folder: Path, name: string, replace: boolean): string {
  const entries = edit.list(folder) ?? [];
  const same = entries.find((entry) => entry.name === name);
  if (replace && same?.kind !== 'directory') return name;
  if (replace) throw uploadError(400, 'A folder of this name exists.');
  const free = freeName(name, (candidate) => entries.some((entry) => entry.name === candidate), 'fileserver');
  if (free === undefined) throw uploadError(400, 'Too many files with same name.');
  return free;
}

function describeAdded(files: readonly UploadedFile[], dot: boolean): string {
  const [first] = files;
  if (files.length > 1) return `Added "${first?.name}" and ${files.length - 1} more files.`;
  return `Added "${first?.name}"${dot ? '.' : ''}`;
}

function fileEntry(name: string, file: UploadedFile, mtime: number, modifier: string): FileEntry {
  return { kind: 'file', name, id: file.id, mode: DEFAULT_FILE_MODE, mtime, size: file.size, modifier };
}

/** Seconds since 1970 of a `last_modify`; undefined when it is not taken or not valid (seafile-api E.2). */
export function modifyTime(site: Site, text: string | undefined): number | undefined {
  if (!site.features.lastModify || text === undefined) return undefined;
  const isRfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i.test(text);
  const seconds = isRfc3339 ? Math.floor(Date.parse(text) / 1000) : Number.NaN;
  return seconds > 0 ? seconds : undefined;
}

/** @throws FileServerError 409 when garbage was collected since the upload began: its blocks may be gone (version 12) */
function refuseCollected(site: Site, asOfBegin: LibraryRecord): void {
  if (!site.features.refuseCollected) return;
  if (site.libraries.get(asOfBegin.id).collections !== asOfBegin.collections) throw uploadError(409, 'GC Conflict.');
}

/** New content for a file that exists. */
export interface Update {
  readonly library: LibraryRecord;
  readonly author: string;
  readonly path: Path;
  readonly file: UploadedFile;
  readonly lastModify: string | undefined;
  /** Commit the new content is based on: another than the head is merged, never refused (seafile-api E.4). */
  readonly base: string | undefined;
}

/** Gives a file new content; equal content makes no commit. */
export async function updateFile(site: Site, update: Update): Promise<void> {
  const { library, author, path, file } = update;
  if (update.base !== undefined && !isObjectId(update.base)) throw uploadError(500, 'Internal error');
  const base = update.base as CommitId | undefined; // Its form was just checked.
  const folder = parentOf(path);
  try {
    await site.branches.change(library.id, { author, ...(base ? { base } : {}) }, (edit, now) => {
      refuseCollected(site, library);
      if (!edit.list(folder)) throw uploadError(400, "Parent dir doesn't exist.");
      const entry = edit.get(path);
      if (!entry) throw uploadError(441, 'File does not exist.');
      if (entry.kind === 'directory') throw uploadError(400, 'A folder of this name exists.');
      if (entry.id === file.id) return { description: null, value: undefined };
      const mtime = modifyTime(site, update.lastModify) ?? now;
      edit.put(folder, fileEntry(entry.name, file, mtime, author), now);
      return { description: `Modified "${nameOf(path)}"`, value: undefined };
    });
  } catch (error) {
    if (error instanceof NoCommitError) throw uploadError(500, 'Internal error');
    throw error;
  }
}
