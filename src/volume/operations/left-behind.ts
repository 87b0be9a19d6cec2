import { conflictName } from '../../library/index.ts';
import type { Directory } from '../../seafile/index.ts';
import { VolumeError } from '../errno.ts';
import { andThen, type MaybePromise } from '../maybe.ts';
import type { DirectoryNode, FileNode } from '../nodes/node.ts';
import { checkAlive } from '../nodes/tree.ts';
import { localAttributes, touchDirectory, type VolumeState } from '../state.ts';

/**
 * Before a file is written: one that others changed or deleted while it was open here gets a name again, so that what
 * is written to it is kept as any change of both sides is: beside their version, or again where they deleted it.
 *
 * One that lost its name here keeps none.
 *
 * @throws VolumeError ESTALE when its folder is gone too
 */
export function nameAgain(state: VolumeState, file: FileNode): MaybePromise<void> {
  const left = file.leftAt;
  if (file.parent !== null || left === null) return;
  return andThen(state.tree.base(left.directory), (base) => {
    if (file.parent === null && file.leftAt === left) putBeside(state, file, left.directory, base, left.name);
  });
}

function putBeside(state: VolumeState, file: FileNode, directory: DirectoryNode, base: Directory, name: string): void {
  const { tree, journal, events, library } = state;
  try {
    checkAlive(tree, directory);
  } catch (cause) {
    throw new VolumeError('ESTALE', `"${name}" was deleted elsewhere, with its folder, while it was open`, { cause });
  }
  const isTaken = (wanted: string): boolean => {
    const pending = directory.pending.get(wanted);
    return pending === undefined ? base.entries.has(wanted) : pending.node !== null;
  };
  const mark = { account: library.account, date: new Date(state.nowMs()) };
  const copy = isTaken(name) ? conflictName(name, 'file', mark, isTaken) : null;
  localAttributes(file);
  file.entry = null;
  file.leftAt = null;
  // The number belongs to the version that has the name now.
  tree.table.renumber(file, tree.numbers.assign(directory.ino, copy ?? name));
  tree.setName(directory, base, copy ?? name, file);
  journal.noteName(directory, copy ?? name);
  touchDirectory(state, directory);
  events.tell({ kind: 'entry', parent: directory, name: copy ?? name, node: null, remote: false });
  const path = [...(tree.pathOf(directory) ?? []), name];
  state.conflicted({ path, kind: copy === null ? 'deletion-undone' : 'both-changed', copy });
}
