import type { DirectoryEntry, FileEntry } from '../../seafile/index.ts';
import type { Conflict } from '../batch.ts';
import { conflictName, isConflictNameOf } from './conflict-name.ts';
import { Draft } from './draft.ts';
import { type Place, sealed, type Work } from './work.ts';

/**
 * Puts our version of a file beside theirs. When a conflict copy with our content is there already (made by the
 * server's merge, or by this batch before an answer was lost), nothing is added.
 */
export function addFileCopy(place: Place, kind: Conflict['kind'], ours: FileEntry, work: Work): void {
  const { directory, name, path } = place;
  let copy = copyWithId(place, ours);
  if (copy === null) {
    copy = conflictName(name, 'file', work.mark, (taken) => directory.entries().has(taken));
    directory.setFile({ ...ours, name: copy });
  }
  work.conflicts.push({ path, kind, copy });
}

/** Puts our directory beside what they have under its name, unless an equal copy is there already. */
export function addDirectoryCopy(
  place: Place,
  attributes: Pick<DirectoryEntry, 'mode' | 'mtime'>,
  ours: Draft,
  work: Work,
): void {
  const { directory, name, path } = place;
  const id = sealed(ours, work);
  let copy = copyWithId(place, { kind: 'directory', id });
  if (copy === null) {
    copy = conflictName(name, 'directory', work.mark, (taken) => directory.entries().has(taken));
    directory.setDirectory({ ...attributes, name: copy }, new Draft(id));
  }
  work.conflicts.push({ path, kind: 'kind-differs', copy });
}

function copyWithId(place: Place, ours: Pick<FileEntry, 'kind' | 'id'> | Pick<DirectoryEntry, 'kind' | 'id'>) {
  for (const entry of place.directory.entries().values()) {
    if (entry.kind === ours.kind && entry.id === ours.id && isConflictNameOf(entry.name, place.name, ours.kind))
      return entry.name;
  }
  return null;
}
