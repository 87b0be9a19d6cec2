import type { Entry } from '../../seafile/objects/index.ts';
import { DEFAULT_DIRECTORY_MODE, EMPTY_DIRECTORY } from '../../seafile/objects/index.ts';
import {
  formatPath,
  freeName,
  type NameSplit,
  nameOf,
  type Path,
  parentOf,
  type TreeEdit,
} from '../libraries/index.ts';
import type { LibraryRecord } from '../storage/index.ts';
import { fail } from './answers.ts';
import type { Call } from './call.ts';

/** A name in a folder that nothing has yet, in NFC as the server stores all names (seafile-api C.9). */
export function nameIn(edit: TreeEdit, folder: Path, name: string, split: NameSplit = 'web'): string {
  const entries = edit.list(folder) ?? [];
  const free = freeName(name.normalize('NFC'), (candidate) => entries.some((entry) => entry.name === candidate), split);
  if (free === undefined) throw fail(400, 'Too many files with same name.');
  return free;
}

/** Makes a folder; an existing name is never an error, the new folder gets another one. @returns the name it got */
export async function makeFolder(call: Call, library: LibraryRecord, path: Path): Promise<string> {
  const parent = parentOf(path);
  const { value } = await call.site.branches.change(library.id, { author: call.account }, (edit, now) => {
    if (!edit.list(parent)) throw fail(404, `Folder ${formatPath(parent)} not found.`);
    const name = nameIn(edit, parent, nameOf(path));
    const mode = DEFAULT_DIRECTORY_MODE;
    edit.put(parent, { kind: 'directory', name, id: EMPTY_DIRECTORY, mode, mtime: now }, now);
    return { description: `Added directory "${name}"`, value: name };
  });
  return value;
}

/** Renames a file or folder in its folder: times stay as they are (seafile-api E.9). @returns the name it got */
export async function renameEntry(call: Call, library: LibraryRecord, path: Path, newName: string): Promise<string> {
  const parent = parentOf(path);
  const { value } = await call.site.branches.change(library.id, { author: call.account }, (edit) => {
    const entry = edit.get(path);
    if (!entry) throw fail(404, `${formatPath(path)} not found.`);
    const name = nameIn(edit, parent, newName);
    edit.remove(path);
    edit.put(parent, { ...entry, name });
    const what = entry.kind === 'directory' ? 'Renamed directory' : 'Renamed';
    return { description: `${what} "${entry.name}"`, value: name };
  });
  return value;
}

/** `Moved "a"`, `Moved directory "d"`, `Moved "a" and 3 more files` */
export function describeMany(verb: string, folderVerb: string, entries: readonly Entry[]): string {
  const [first] = entries;
  if (!first) return verb;
  if (entries.length > 1) return `${verb} "${first.name}" and ${entries.length - 1} more files`;
  return `${first.kind === 'directory' ? folderVerb : verb} "${first.name}"`;
}
