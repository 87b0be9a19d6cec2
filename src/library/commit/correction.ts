import type { DirectoryId } from '../../seafile/index.ts';
import type { Conflict, DirectoryEdit, EntryEdit } from '../batch.ts';
import { type DirectoryReader, diff, isConflictNameOf } from '../tree/index.ts';

/** What the server's merge left undone, and what the conflicts it solved are called in its tree. */
export interface Correction {
  /** Null when nothing is missing. */
  readonly edit: DirectoryEdit | null;
  readonly conflicts: readonly Conflict[];
}

/**
 * Compares what the server's merge made of a folder with what was meant. Its merge knows content ids only: it drops
 * times and modes when contents are equal, and knows no renames. A conflict copy it made itself is left as it is.
 *
 * @param merged the folder in the merged tree
 * @param meant the folder as it should be
 * @param conflicts of the tree that was meant
 */
export async function correction(
  reader: DirectoryReader,
  merged: DirectoryId,
  meant: DirectoryId,
  conflicts: readonly Conflict[],
): Promise<Correction> {
  const edit = await diff(reader, merged, meant);
  const names = new Map<string, string>();
  return {
    edit: edit && withoutRenamedCopies(edit, [], names),
    conflicts: conflicts.map((conflict) => {
      const directory = conflict.path.slice(0, -1);
      const copy = conflict.copy === null ? null : (names.get(key([...directory, conflict.copy])) ?? conflict.copy);
      return { ...conflict, copy };
    }),
  };
}

/** Takes out of an edit that the server's conflict copies be replaced by our equal ones; tells their names. */
function withoutRenamedCopies(
  edit: DirectoryEdit,
  path: readonly string[],
  names: Map<string, string>,
): DirectoryEdit | null {
  const entries = new Map(edit.entries);
  for (const [name, { was, now }] of edit.entries) {
    if (was !== null || now?.kind !== 'file' || now.content.kind !== 'known') continue;
    const original = name.replace(/ \(SFConflict .*\)/, '');
    const id = now.content.id;
    const theirs = [...entries].find(
      ([other, change]) =>
        change.now === null && change.was?.id === id && isConflictNameOf(other, original, 'file') && original !== name,
    );
    if (!theirs) continue;
    entries.delete(name);
    entries.delete(theirs[0]);
    names.set(key([...path, name]), theirs[0]);
  }
  for (const [name, entry] of entries) {
    if (entry.now?.kind !== 'directory' || !entry.now.edit) continue;
    const nested = withoutRenamedCopies(entry.now.edit, [...path, name], names);
    const now = { ...entry.now, edit: nested };
    if (nested || changesAttributes({ ...entry, now })) entries.set(name, { ...entry, now });
    else entries.delete(name);
  }
  return entries.size > 0 ? { entries } : null;
}

function changesAttributes({ was, now }: EntryEdit): boolean {
  return !was || !now || was.mode !== now.mode || was.mtime !== now.mtime;
}

function key(path: readonly string[]): string {
  return path.join('/');
}
