import { DEFAULT_DIRECTORY_MODE, type DirectoryId, EMPTY_DIRECTORY } from '../../seafile/index.ts';
import type { DirectoryReader } from './directory-reader.ts';
import { Draft, type NewDirectories } from './draft.ts';
import type { Rebased } from './rebase.ts';

type Renamed = Pick<Rebased, 'rootId' | 'objects'>;

/**
 * Renames one directory and does nothing else, so that the tree is the same under the new name.
 *
 * @param from names from the library's root
 * @param to names from the library's root
 * @returns null when there is no such directory, or the new name is taken, or is in a directory that does not exist
 */
export async function renameAlone(
  reader: DirectoryReader,
  root: DirectoryId,
  from: readonly string[],
  to: readonly string[],
): Promise<Renamed | null> {
  const tree = new Draft(root);
  const [source, target] = await Promise.all([
    find(tree, from.slice(0, -1), reader),
    find(tree, to.slice(0, -1), reader),
  ]);
  const oldName = from.at(-1) ?? '';
  const name = to.at(-1) ?? '';
  const entry = source?.entries().get(oldName);
  if (!source || !target || entry?.kind !== 'directory' || target.entries().has(name)) return null;
  const moved = source.open(oldName);
  source.remove(oldName);
  target.setDirectory({ name, mode: entry.mode, mtime: entry.mtime }, moved);
  return seal(tree, reader);
}

/** Makes the directories of a path that are missing; null when none is, or a file is in the way. */
export async function makeDirectories(
  reader: DirectoryReader,
  root: DirectoryId,
  path: readonly string[],
  mtime: number,
): Promise<Renamed | null> {
  const tree = new Draft(root);
  let draft = tree;
  let made = false;
  for (const name of path) {
    await draft.load(reader);
    const entry = draft.entries().get(name);
    if (entry?.kind === 'file') return null;
    if (!entry) {
      made = true;
      draft.setDirectory({ name, mode: DEFAULT_DIRECTORY_MODE, mtime }, new Draft(EMPTY_DIRECTORY));
    }
    draft = draft.open(name);
  }
  return made ? seal(tree, reader) : null;
}

async function find(tree: Draft, path: readonly string[], reader: DirectoryReader): Promise<Draft | null> {
  let draft = tree;
  await draft.load(reader);
  for (const name of path) {
    if (draft.entries().get(name)?.kind !== 'directory') return null;
    draft = draft.open(name);
    await draft.load(reader);
  }
  return draft;
}

function seal(tree: Draft, reader: DirectoryReader): Renamed {
  const made: NewDirectories = { objects: new Map(), directories: new Map() };
  const rootId = tree.seal(made);
  for (const directory of made.directories.values()) reader.add(directory);
  return { rootId, objects: [...made.objects.values()] };
}
