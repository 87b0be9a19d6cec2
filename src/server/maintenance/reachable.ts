import type { BlockId, Commit, CommitId, DirectoryId, FileId } from '../../seafile/objects/index.ts';
import { EMPTY_DIRECTORY, EMPTY_FILE } from '../../seafile/objects/index.ts';
import { type Libraries, MissingObjectError, type Trees } from '../libraries/index.ts';
import type { LibraryRecord } from '../storage/index.ts';

const DAY_S = 86_400;

/** What a library's history is made of. */
export interface Reachable {
  readonly commits: Set<CommitId>;
  readonly directories: Set<DirectoryId>;
  readonly files: Set<FileId>;
  readonly blocks: Set<BlockId>;
}

export const nothingYet = (): Reachable => ({
  commits: new Set(),
  directories: new Set(),
  files: new Set(),
  blocks: new Set(),
});

/** An object that something refers to and that is not there or cannot be read. */
export type Damage = (what: string) => void;

/**
 * Adds what a library needs: the commits it keeps, with all that is in them, and the state a virtual library was last
 * merged in.
 *
 * @param now seconds since 1970
 */
export function addReachable(
  libraries: Libraries,
  library: LibraryRecord,
  found: Reachable,
  now: number,
  damage: Damage,
): void {
  const trees = libraries.trees(library);
  const oldest = library.historyDays < 0 ? Number.NEGATIVE_INFINITY : now - library.historyDays * DAY_S;
  const waiting: CommitId[] = [library.head];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (found.commits.has(id)) continue;
    const commit = readCommit(libraries, library, id, damage);
    if (!commit) continue;
    if (id !== library.head && commit.ctime < oldest) continue;
    found.commits.add(id);
    addDirectory(trees, commit.rootId, found, damage);
    for (const parent of [commit.parentId, commit.secondParentId]) if (parent) waiting.push(parent);
  }
  if (library.virtual) addDirectory(trees, library.virtual.base, found, damage);
}

function readCommit(libraries: Libraries, library: LibraryRecord, id: CommitId, damage: Damage): Commit | undefined {
  try {
    const commit = libraries.commits.read(library.id, id);
    // A history that was cut off ends with a commit that is not there any more.
    if (!commit && (id === library.head || library.historyDays < 0)) damage(`commit ${id}`);
    return commit;
  } catch (error) {
    damage(`commit ${id} cannot be read: ${reason(error)}`);
    return undefined;
  }
}

function addDirectory(trees: Trees, root: DirectoryId, found: Reachable, damage: Damage): void {
  const waiting: DirectoryId[] = [root];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (id === EMPTY_DIRECTORY || found.directories.has(id)) continue;
    found.directories.add(id);
    for (const entry of reading(() => trees.entries(id), 'directory', id, damage) ?? []) {
      if (entry.kind === 'directory') waiting.push(entry.id);
      else addFile(trees, entry.id, found, damage);
    }
  }
}

function addFile(trees: Trees, id: FileId, found: Reachable, damage: Damage): void {
  if (id === EMPTY_FILE || found.files.has(id)) return;
  found.files.add(id);
  for (const block of reading(() => trees.file(id), 'file', id, damage)?.blockIds ?? []) found.blocks.add(block);
}

function reading<Result>(read: () => Result, what: string, id: string, damage: Damage): Result | undefined {
  try {
    return read();
  } catch (error) {
    damage(error instanceof MissingObjectError ? `${what} ${id}` : `${what} ${id} cannot be read: ${reason(error)}`);
    return undefined;
  }
}

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));
