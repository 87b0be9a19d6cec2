import type { Commit, CommitId, DirectoryId, Entry } from '../../seafile/objects/index.ts';
import type { LibraryRecord } from '../storage/index.ts';
import { commitsOf } from './history.ts';
import type { Libraries } from './libraries.ts';
import type { Path } from './paths.ts';
import type { Trees } from './trees.ts';

/** Something that was deleted and can be brought back. */
export interface Deleted {
  readonly path: Path;
  /** As it was last. */
  readonly entry: Entry;
  /** The last commit that still has it. */
  readonly commit: CommitId;
  /** Seconds since 1970. */
  readonly deletedAt: number;
}

export interface DeletedPage {
  readonly items: readonly Deleted[];
  /** Where to go on; null when the history is at its end. */
  readonly next: CommitId | null;
}

/** Commits that one request looks through. */
const COMMITS_AT_ONCE = 1000;

/**
 * What was deleted below a folder and is not there now, the newest deletion first (seafile-api J). A folder that was
 * deleted stands for all that was in it.
 *
 * @param since deletions before this second are not shown
 */
export function deletedBelow(
  libraries: Libraries,
  library: LibraryRecord,
  folder: Path,
  since: number,
  from?: Commit,
): DeletedPage {
  const trees = libraries.trees(library);
  const now = libraries.head(library).rootId;
  const seen = new Set<string>();
  const items: Deleted[] = [];
  let newer: Commit | undefined;
  let looked = 0;
  for (const commit of commitsOf(libraries, library, from)) {
    if (newer) {
      if (newer.ctime < since) return { items, next: null };
      if (looked >= COMMITS_AT_ONCE) return { items, next: newer.id };
      looked += 1;
      const before = trees.findDirectory(commit.rootId, folder);
      const after = trees.findDirectory(newer.rootId, folder);
      for (const { path, entry } of deletions(trees, before, after, folder)) {
        const key = path.join('/');
        if (seen.has(key) || trees.find(now, path)) continue;
        seen.add(key);
        items.push({ path, entry, commit: commit.id, deletedAt: newer.ctime });
      }
    }
    newer = commit;
  }
  return { items, next: null };
}

/** Entries that one tree has and the other has not; not what was in them. */
function* deletions(
  trees: Trees,
  before: DirectoryId | undefined,
  after: DirectoryId | undefined,
  at: Path,
): Generator<{ path: Path; entry: Entry }> {
  if (before === undefined || before === after) return;
  const left = new Map((after === undefined ? [] : trees.entries(after)).map((entry) => [entry.name, entry]));
  for (const entry of trees.entries(before)) {
    const path = [...at, entry.name];
    const now = left.get(entry.name);
    if (!now) yield { path, entry };
    else if (entry.kind === 'directory' && now.kind === 'directory') yield* deletions(trees, entry.id, now.id, path);
  }
}
