import { EMPTY_DIRECTORY } from '../../seafile/index.ts';
import type { DirectoryEdit, EntryEdit } from '../batch.ts';
import { applyDirectory } from './apply-directory.ts';
import { applyFile } from './apply-file.ts';
import type { Draft } from './draft.ts';
import { prune } from './prune.ts';
import type { Place, Work } from './work.ts';

/**
 * Puts an edit on a directory of the head, name by name. Where the head is as it was when the change was made, the
 * change is made; where it has the change already, nothing is; where others changed the name too, neither side's
 * content is lost, and it is reported.
 *
 * @param path of the directory, below the space's folder
 * @param undone see {@link Place}
 */
export async function applyEdit(
  draft: Draft,
  edit: DirectoryEdit,
  path: readonly string[],
  work: Work,
  undone: boolean,
): Promise<void> {
  await draft.load(work.reader);
  await Promise.all(
    [...edit.entries].map(([name, entry]) =>
      applyEntry({ directory: draft, name, path: [...path, name], undone }, entry, work),
    ),
  );
}

function applyEntry(place: Place, wanted: EntryEdit, work: Work): Promise<void> {
  // What was seen here went elsewhere, and is looked after there: whatever takes the name now is new.
  const edit = work.left.get(place.directory)?.has(place.name) ? { ...wanted, was: null } : wanted;
  const { now } = edit;
  if (now === null) return applyDeletion(place, edit, work);
  if (now.kind === 'file') return applyFile(place, edit, now, work);
  return applyDirectory(place, edit, now, work, applyEdit);
}

async function applyDeletion(place: Place, { was, sent }: EntryEdit, work: Work): Promise<void> {
  const { directory, name, path } = place;
  const head = directory.entries().get(name);
  // Nothing to delete, or never sent: what is there now is none of ours.
  if (!head || (was === null && sent.length === 0)) return;
  if (head.kind === 'directory' && (was?.kind === 'directory' || was === null)) {
    const below = directory.open(name);
    if (was && below.unchangedId === was.id) return directory.remove(name);
    await prune(below, was?.id ?? EMPTY_DIRECTORY, sent, path, work);
    if (below.isEmpty) directory.remove(name);
  } else if (head.kind === 'file' && ((was?.kind === 'file' && head.id === was.id) || sent.includes(head.id)))
    directory.remove(name);
  else work.conflicts.push({ path, kind: 'deletion-refused', copy: null });
}
