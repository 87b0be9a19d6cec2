import { type DirectoryId, type EncodedObject, type FileId, SeafileError } from '../../seafile/index.ts';
import type { Batch, Conflict } from '../batch.ts';
import type { FrozenContent } from '../content.ts';
import { applyEdit } from './apply.ts';
import type { ConflictMark } from './conflict-name.ts';
import type { DirectoryReader } from './directory-reader.ts';
import { Draft, type NewDirectories } from './draft.ts';
import { takeMoved } from './moves.ts';

/** A change to put on a tree. */
export interface Change extends Pick<Batch, 'folder' | 'edit'> {
  /** Ids given to the staged contents in the edit. */
  readonly files: ReadonlyMap<FrozenContent, FileId>;
}

/** What became of one change. */
export interface Put {
  readonly folderId: DirectoryId;
  readonly conflicts: readonly Conflict[];
}

/** A tree with changes on it. */
export interface Rebased {
  readonly rootId: DirectoryId;
  /** Directory objects of the new tree that the old one had not; also known to the reader now. */
  readonly objects: readonly EncodedObject<DirectoryId>[];
  /** One for each change; a failure when its folder is not in the tree. */
  readonly puts: readonly (Put | SeafileError)[];
}

/**
 * Puts changes on a tree: the outcome is as if one came after the other. Pure but for the reading.
 *
 * Only directories on the way to what changes are read, those of one depth together, and each that differs is encoded
 * once, however many changes touch it.
 *
 * @param root the tree of a head
 * @param mark names the conflict copies and the modifier of new versions
 */
export async function rebase(
  reader: DirectoryReader,
  root: DirectoryId,
  changes: readonly Change[],
  mark: ConflictMark,
): Promise<Rebased> {
  const made: NewDirectories = { objects: new Map(), directories: new Map() };
  const tree = new Draft(root);
  const done = new Map<Change, { readonly folder: Draft; readonly conflicts: Conflict[] }>();
  for (const round of rounds(changes)) {
    await Promise.all(
      round.map(async (change) => {
        const folder = await findFolder(tree, change.folder, reader);
        if (!folder) return;
        const conflicts: Conflict[] = [];
        const work = { reader, mark, files: change.files, moved: new Map(), left: new Map(), made, conflicts };
        await takeMoved(folder, change.edit, work);
        await applyEdit(folder, change.edit, [], work, false);
        done.set(change, { folder, conflicts });
      }),
    );
  }
  const rootId = tree.seal(made);
  for (const directory of made.directories.values()) reader.add(directory);
  return {
    rootId,
    objects: [...made.objects.values()],
    puts: changes.map((change) => {
      const put = done.get(change);
      return put ? { folderId: put.folder.seal(made), conflicts: put.conflicts } : folderMissing(change.folder);
    }),
  };
}

/**
 * Changes that may be put at once, round after round: those of separate folders do not see each other; one to a folder
 * that an earlier change is in, or around, must find what that one made.
 */
function rounds(changes: readonly Change[]): Change[][] {
  const all: Change[][] = [];
  let left = [...changes];
  while (left.length > 0) {
    const later: Change[] = [];
    const round: Change[] = [];
    for (const change of left) {
      const waits = [...round, ...later].some(({ folder }) => overlaps(folder, change.folder));
      (waits ? later : round).push(change);
    }
    all.push(round);
    left = later;
  }
  return all;
}

/** Whether one of two folders is in the other, or they are the same. */
export function overlaps(a: readonly string[], b: readonly string[]): boolean {
  const depth = Math.min(a.length, b.length);
  for (let level = 0; level < depth; level++) if (a[level] !== b[level]) return false;
  return true;
}

/** Id of the directory at a path; null when there is none. */
export async function folderId(
  reader: DirectoryReader,
  root: DirectoryId,
  path: readonly string[],
): Promise<DirectoryId | null> {
  return (await findFolder(new Draft(root), path, reader))?.origin ?? null;
}

async function findFolder(tree: Draft, path: readonly string[], reader: DirectoryReader): Promise<Draft | null> {
  let draft = tree;
  for (const name of path) {
    await draft.load(reader);
    if (draft.entries().get(name)?.kind !== 'directory') return null;
    draft = draft.open(name);
  }
  return draft;
}

function folderMissing(folder: readonly string[]): SeafileError {
  return new SeafileError(
    'not-found',
    `The folder ${JSON.stringify(folder.join('/'))} is not in the library any more. ` +
      'It was deleted or renamed elsewhere; restore it from the library’s trash to save what was changed here.',
  );
}
