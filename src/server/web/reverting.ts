import { DEFAULT_DIRECTORY_MODE, DEFAULT_FILE_MODE, type Entry } from '../../seafile/objects/index.ts';
import { formatPath, nameOf, type Path, parentOf } from '../libraries/index.ts';
import type { LibraryRecord } from '../storage/index.ts';
import type { Call } from './call.ts';
import { nameIn } from './operations.ts';

/** What was brought back, and where. */
export interface Restored {
  readonly path: Path;
  readonly entry: Entry;
}

/**
 * Brings a file or folder back as it was in a commit (seafile-api J, E.9: its old time, the default mode).
 *
 * A file takes the place of one that is there now; everything else that is there stays, and what is brought back gets a
 * number. Where the folder it was in is gone, it comes to the root.
 *
 * @returns why it was not brought back
 */
export async function restoreAt(
  call: Call,
  library: LibraryRecord,
  path: Path,
  commitId: string,
): Promise<Restored | string> {
  const { branches, libraries } = call.site;
  const commit = libraries.commit(library, commitId);
  if (!commit) return 'No such commit';
  const entry = libraries.trees(library).find(commit.rootId, path);
  if (!entry) return `${formatPath(path)} not found.`;
  const { value } = await branches.change(library.id, { author: call.account }, (edit, now) => {
    const folder = edit.list(parentOf(path)) ? parentOf(path) : [];
    const there = edit.get([...folder, nameOf(path)]);
    if (there?.id === entry.id && there.kind === entry.kind)
      return { description: null, value: [...folder, entry.name] };
    const replaces = entry.kind === 'file' && there?.kind === 'file';
    const name = replaces ? entry.name : nameIn(edit, folder, entry.name);
    edit.put(folder, { ...entry, name, mode: defaultMode(entry) }, now);
    const date = new Date(commit.ctime * 1000).toISOString().slice(0, 19).replace('T', ' ');
    const description =
      entry.kind === 'directory'
        ? `Recovered deleted directory "${entry.name}"`
        : `Reverted file "${entry.name}" to status at ${date}.`;
    return { description, value: [...folder, name] };
  });
  return { path: value, entry };
}

const defaultMode = (entry: Entry): number => (entry.kind === 'file' ? DEFAULT_FILE_MODE : DEFAULT_DIRECTORY_MODE);
