import { type DirectoryEntry, EMPTY_DIRECTORY } from '../../seafile/index.ts';
import type { DirectoryEdit, EntryEdit, NewDirectory } from '../batch.ts';
import { addDirectoryCopy } from './copy.ts';
import { Draft } from './draft.ts';
import { mergeInto } from './merge.ts';
import { holdsAlready } from './moves.ts';
import { prune } from './prune.ts';
import type { Place, Work } from './work.ts';

/** Puts a nested edit on a draft. */
export type ApplyEdit = (
  draft: Draft,
  edit: DirectoryEdit,
  path: readonly string[],
  work: Work,
  undone: boolean,
) => Promise<void>;

/** Makes a name hold a directory with the changes below it, unless the head's version says otherwise. */
export async function applyDirectory(
  place: Place,
  edit: EntryEdit,
  now: NewDirectory,
  work: Work,
  applyEdit: ApplyEdit,
): Promise<void> {
  const { directory, name, path } = place;
  const was = edit.was?.kind === 'directory' ? edit.was : null;
  const taken = work.moved.get(now) ?? null;
  /** The directory is the one that was seen here, with changes below; otherwise another one took the name. */
  const same = was !== null && was.id === now.base && now.movedFrom === null;
  /** It was renamed to here by an earlier commit of this batch, or the old place is gone. */
  const arrived = now.movedFrom !== null && taken === null;

  if (was && !same) await removeReplaced(place, was, edit, now, arrived, work);
  const head = directory.entries().get(name);

  const startsEmpty = taken === null && now.base === EMPTY_DIRECTORY;
  if (head?.kind === 'directory' && (same || arrived || startsEmpty)) {
    const below = directory.open(name);
    if (now.edit) await applyEdit(below, now.edit, path, work, place.undone);
    directory.setDirectory({ name, ...attributes(head, same ? was : null, now) }, below);
    return;
  }

  // Ours, to be put where nothing stands in the way. Of a directory deleted there only what changed here comes back.
  const ours = taken ?? new Draft(same ? EMPTY_DIRECTORY : now.base);
  if (now.edit) await applyEdit(ours, now.edit, path, work, same || place.undone);
  if (same && !(await holdsSomething(ours, work))) return;

  if (head?.kind === 'directory') {
    const below = directory.open(name);
    await mergeInto(below, ours, path, work);
    directory.setDirectory({ name, mode: now.mode, mtime: now.mtime }, below);
  } else if (!head || isSeenFile(head.id, edit)) {
    directory.setDirectory({ name, mode: now.mode, mtime: now.mtime }, ours);
    if ((same || arrived) && !place.undone) work.conflicts.push({ path, kind: 'deletion-undone', copy: null });
  } else addDirectoryCopy(place, now, ours, work);
}

async function holdsSomething(draft: Draft, work: Work): Promise<boolean> {
  await draft.load(work.reader);
  return !draft.isEmpty;
}

/** Deletes the directory whose name another one took here; what others changed in it stays. */
async function removeReplaced(
  place: Place,
  was: DirectoryEntry,
  edit: EntryEdit,
  now: NewDirectory,
  arrived: boolean,
  work: Work,
): Promise<void> {
  const { directory, name, path } = place;
  if (directory.entries().get(name)?.kind !== 'directory') return;
  const below = directory.open(name);
  const asSeen = below.unchangedId === was.id;
  if (asSeen && !arrived) return directory.remove(name);
  // What is there now may be ours: it arrived, or an answer was lost. It may even equal what it replaced.
  if ((arrived && !asSeen) || (await holdsAlready(below, now, was.id, work))) return;
  if (asSeen) return directory.remove(name);
  await prune(below, was.id, edit.sent, path, work);
  if (below.isEmpty) directory.remove(name);
}

function isSeenFile(headId: string, { was, sent }: EntryEdit): boolean {
  return (was?.kind === 'file' && was.id === headId) || sent.includes(headId);
}

/** Mode and time: those that were changed here, and the head's for the rest. */
function attributes(
  head: DirectoryEntry,
  was: DirectoryEntry | null,
  now: NewDirectory,
): Pick<DirectoryEntry, 'mode' | 'mtime'> {
  return {
    mode: was?.mode === now.mode ? head.mode : now.mode,
    mtime: was?.mtime === now.mtime ? head.mtime : now.mtime,
  };
}
