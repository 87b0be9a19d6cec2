import { addDirectoryCopy, addFileCopy } from './copy.ts';
import type { Draft } from './draft.ts';
import type { Work } from './work.ts';

/**
 * Puts the entries of our directory into theirs, where both made one of the same name. Nothing of either is lost:
 * theirs keep their names.
 *
 * @param path of both, below the space's folder
 */
export async function mergeInto(theirs: Draft, ours: Draft, path: readonly string[], work: Work): Promise<void> {
  await Promise.all([theirs.load(work.reader), ours.load(work.reader)]);
  await Promise.all(
    [...ours.entries()].map(async ([name, entry]) => {
      const there = theirs.entries().get(name);
      const place = { directory: theirs, name, path: [...path, name], undone: false };
      if (entry.kind === 'file') {
        if (!there) theirs.setFile(entry);
        else if (there.kind === 'directory') addFileCopy(place, 'kind-differs', entry, work);
        else if (there.id !== entry.id) addFileCopy(place, 'both-changed', entry, work);
        return;
      }
      const below = ours.open(name);
      if (!there) theirs.setDirectory(entry, below);
      else if (there.kind === 'file') addDirectoryCopy(place, entry, below, work);
      else if (!sameTree(theirs.open(name), below)) await mergeInto(theirs.open(name), below, place.path, work);
    }),
  );
}

function sameTree(a: Draft, b: Draft): boolean {
  return a.unchangedId !== null && a.unchangedId === b.unchangedId;
}
