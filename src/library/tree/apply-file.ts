import { EMPTY_DIRECTORY, type FileEntry } from '../../seafile/index.ts';
import type { EntryEdit, NewFile } from '../batch.ts';
import { addFileCopy } from './copy.ts';
import { prune } from './prune.ts';
import type { Place, Work } from './work.ts';

/** Makes a name hold a file, unless the head's version says otherwise. */
export async function applyFile(place: Place, edit: EntryEdit, now: NewFile, work: Work): Promise<void> {
  const { directory, name, path } = place;
  const { was, sent } = edit;
  const ours = newEntry(name, now, work);
  const attributesOnly = was?.kind === 'file' && was.id === ours.id;
  let head = directory.entries().get(name);

  if (head?.kind === 'directory' && (was?.kind === 'directory' || (was === null && sent.includes(EMPTY_DIRECTORY)))) {
    // The directory was deleted here and the file put in its place.
    const below = directory.open(name);
    if (below.unchangedId === was?.id) directory.remove(name);
    else {
      await prune(below, was?.id ?? EMPTY_DIRECTORY, sent, path, work);
      if (below.isEmpty) directory.remove(name);
    }
    head = directory.entries().get(name);
  }

  if (!head) {
    // Deleted there: a changed content comes back, a changed time or mode has nothing to be a property of.
    if (attributesOnly) return;
    directory.setFile(ours);
    if (was?.kind === 'file' && !place.undone) work.conflicts.push({ path, kind: 'deletion-undone', copy: null });
  } else if (head.kind === 'directory') {
    if (!attributesOnly) addFileCopy(place, 'kind-differs', ours, work);
  } else if (head.id === ours.id || isOurs(head, edit)) {
    directory.setFile({ ...ours, ...attributes(head, edit, now, attributesOnly, head.id === ours.id) });
  } else if (attributesOnly) {
    // Their content is newer than the one whose time was set here; a mode is meant for the file whatever it holds.
    if (now.mode !== was.mode) directory.setFile({ ...head, mode: now.mode });
  } else addFileCopy(place, 'both-changed', ours, work);
}

/** Whether the head has the version that was seen when the change was made, or one that was sent from here. */
function isOurs(head: FileEntry, { was, sent }: EntryEdit): boolean {
  return (was?.kind === 'file' && was.id === head.id) || sent.includes(head.id);
}

/** Mode, time and modifier: those that were changed here, and the head's for the rest. */
function attributes(
  head: FileEntry,
  { was, sent }: EntryEdit,
  now: NewFile,
  attributesOnly: boolean,
  sameContent: boolean,
): Partial<FileEntry> {
  // What was sent from here has our attributes of that moment: there is nothing of others to keep.
  const before = was?.kind === 'file' && !sent.includes(head.id) ? was : null;
  return {
    mode: before?.mode === now.mode ? head.mode : now.mode,
    mtime: attributesOnly && before?.mtime === now.mtime ? head.mtime : now.mtime,
    ...(sameContent && { modifier: head.modifier }),
  };
}

function newEntry(name: string, now: NewFile, work: Work): FileEntry {
  const { content, mode, mtime } = now;
  const id = content.kind === 'known' ? content.id : work.files.get(content);
  if (id === undefined) throw new TypeError(`staged content of ${JSON.stringify(name)} was given no id`);
  return { kind: 'file', name, id, mode, mtime, size: content.size, modifier: work.mark.account };
}
