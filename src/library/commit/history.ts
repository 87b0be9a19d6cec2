import type { Commit, CommitId } from '../../seafile/index.ts';

/** Where a commit of ours is in the history of a head. */
export type Landed =
  /** It is the head. */
  | { readonly how: 'head' }
  /** The head was built on it. */
  | { readonly how: 'ancestor' }
  /** The server merged it into a head that had moved. */
  | { readonly how: 'merged'; readonly merge: Commit; readonly theirs: CommitId };

/** More commits than others make in a library between two of our requests. */
const MOST_COMMITS = 300;

/**
 * Looks for a commit in the history of a head, newest first.
 *
 * @param parent the commit it was built on: history before that is not looked at
 * @param read reads a commit
 * @returns null when it is not there
 */
export async function findInHistory(
  ours: CommitId,
  parent: CommitId,
  head: CommitId,
  read: (id: CommitId) => Promise<Commit>,
): Promise<Landed | null> {
  if (head === ours) return { how: 'head' };
  const seen = new Set<CommitId>([parent]);
  const queue: CommitId[] = [head];
  for (let id = queue.shift(); id !== undefined && seen.size < MOST_COMMITS; id = queue.shift()) {
    if (seen.has(id)) continue;
    seen.add(id);
    const commit = await read(id);
    if (commit.secondParentId === ours && commit.parentId) {
      return { how: 'merged', merge: commit, theirs: commit.parentId };
    }
    if (commit.parentId === ours) return { how: 'ancestor' };
    for (const before of [commit.parentId, commit.secondParentId]) if (before) queue.push(before);
  }
  return null;
}
