import type { Commit, FileEntry } from '../../seafile/objects/index.ts';
import type { LibraryRecord } from '../storage/index.ts';
import type { Libraries } from './libraries.ts';
import type { Path } from './paths.ts';

/** The commits of a library, the newest first, along the first parents. */
export function* commitsOf(libraries: Libraries, library: LibraryRecord, from?: Commit): Generator<Commit> {
  let commit: Commit | undefined = from ?? libraries.head(library);
  while (commit) {
    yield commit;
    commit = commit.parentId === null ? undefined : libraries.commits.read(library.id, commit.parentId);
  }
}

/** A version of a file and the commit that made it. */
export interface Revision {
  readonly commit: Commit;
  readonly file: FileEntry;
}

/** The versions of the file at a path, the newest first: each commit that gave it other content than its parent has. */
export function* revisionsOf(
  libraries: Libraries,
  library: LibraryRecord,
  path: Path,
  from?: Commit,
): Generator<Revision> {
  const trees = libraries.trees(library);
  let newer: Revision | undefined;
  for (const commit of commitsOf(libraries, library, from)) {
    const entry = trees.find(commit.rootId, path);
    const file = entry?.kind === 'file' ? entry : undefined;
    if (newer && file?.id !== newer.file.id) yield newer;
    newer = file && { commit, file };
  }
  if (newer) yield newer;
}
