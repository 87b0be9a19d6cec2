import { type DirectoryId, EMPTY_DIRECTORY } from '../../seafile/index.ts';
import type { Draft } from './draft.ts';
import type { Work } from './work.ts';

/**
 * Deletes a tree that others may have changed meanwhile: what is as it was goes, what they made or changed stays and
 * is reported. Whether something changed is a matter of content: a new time alone keeps nothing alive.
 *
 * @param draft what the head has
 * @param was the tree that was deleted here
 * @param sent ids of files of ours that go too
 * @param path of the tree, below the space's folder
 */
export async function prune(
  draft: Draft,
  was: DirectoryId,
  sent: readonly string[],
  path: readonly string[],
  work: Work,
): Promise<void> {
  const [before] = await Promise.all([work.reader.read(was), draft.load(work.reader)]);
  await Promise.all(
    [...draft.entries()].map(async ([name, entry]) => {
      const old = before.entries.get(name);
      if (entry.kind === 'directory' && (old?.kind === 'directory' || sent.length > 0)) {
        const below = draft.open(name);
        const base = old?.kind === 'directory' ? old.id : EMPTY_DIRECTORY;
        if (below.unchangedId === base && old) return draft.remove(name);
        // An empty directory that they made is theirs, though nothing in it is.
        if (!old && below.unchangedId === EMPTY_DIRECTORY && !sent.includes(EMPTY_DIRECTORY)) return keep();
        await prune(below, base, sent, [...path, name], work);
        if (below.isEmpty) draft.remove(name);
        return;
      }
      if (entry.kind === 'file' && (sent.includes(entry.id) || (old?.kind === 'file' && old.id === entry.id)))
        return draft.remove(name);
      keep();

      function keep(): void {
        work.conflicts.push({ path: [...path, name], kind: 'deletion-refused', copy: null });
      }
    }),
  );
}
