import type { Directory } from '../../seafile/index.ts';
import { VolumeError } from '../errno.ts';
import { andThen, type MaybePromise } from '../maybe.ts';
import { newName } from '../nodes/names.ts';
import { type DirectoryNode, type FileNode, isWithin, type Node } from '../nodes/node.ts';
import { checkAlive } from '../nodes/tree.ts';
import {
  checkWritable,
  localAttributes,
  recorded,
  settled,
  timestamp,
  touchDirectory,
  type VolumeState,
} from '../state.ts';
import type { RenameFlags } from '../volume.ts';

/** A directory and what is known of it, ready for a change that must not wait in between. */
interface Place {
  readonly directory: DirectoryNode;
  readonly base: Directory;
  readonly name: string;
  readonly node: Node | null;
}

/** Loads what a change of a name needs to know. */
function place(state: VolumeState, directory: DirectoryNode, name: string): MaybePromise<Place> {
  return andThen(state.tree.child(directory, name), (found) =>
    andThen(state.tree.base(directory), (base) => {
      // The directory may have been fetched meanwhile, and changed: look again, now without waiting.
      const node =
        directory.children.get(found?.name ?? name) ?? state.tree.childIn(directory, base, found?.name ?? name);
      return { directory, base, name: node?.name ?? name, node };
    }),
  );
}

function existing(at: Place): Node {
  if (at.node === null) throw new VolumeError('ENOENT', `there is no "${at.name}"`);
  return at.node;
}

export function makeDirectory(
  state: VolumeState,
  parent: DirectoryNode,
  wanted: string,
  permissions: number,
): MaybePromise<DirectoryNode> {
  checkWritable(state);
  const name = newName(wanted);
  return andThen(place(state, parent, name), (at) => {
    checkAlive(state.tree, parent);
    if (at.node !== null) throw new VolumeError('EEXIST', `"${name}" exists`);
    const node = state.tree.table.directory(parent, name, state.tree.numbers.assign(parent.ino, name));
    return settled(state, added(state, at, node, permissions));
  });
}

/**
 * Makes a file where there is none.
 *
 * @param fill gives the new file its content, so that file and content are recorded as one
 */
export function makeFile(
  state: VolumeState,
  parent: DirectoryNode,
  wanted: string,
  permissions: number,
  fill: (node: FileNode) => void = () => undefined,
): MaybePromise<{ readonly node: Node; readonly isNew: boolean }> {
  checkWritable(state);
  const name = newName(wanted);
  return andThen(place(state, parent, name), (at) => {
    checkAlive(state.tree, parent);
    if (at.node !== null) return { node: at.node, isNew: false };
    const node = state.tree.table.file(parent, name, state.tree.numbers.assign(parent.ino, name));
    node.dirtySinceMs = state.nowMs();
    fill(node);
    return { node: added(state, at, node, permissions), isNew: true };
  });
}

function added<T extends Node>(state: VolumeState, at: Place, node: T, permissions: number): T {
  const now = timestamp(state.nowMs());
  node.local = { permissions: permissions & 0o777, mtime: now, ctime: now, atime: now };
  state.tree.setName(at.directory, at.base, node.name, node);
  state.journal.noteName(at.directory, node.name);
  state.journal.noteNode(node);
  touchDirectory(state, at.directory);
  recorded(state);
  state.events.tell({ kind: 'entry', parent: at.directory, name: node.name, node: null, remote: false });
  return node;
}

export function unlink(state: VolumeState, parent: DirectoryNode, name: string): MaybePromise<void> {
  checkWritable(state);
  return andThen(place(state, parent, name), (at) => {
    const node = existing(at);
    if (node.kind === 'directory') throw new VolumeError('EISDIR', `"${name}" is a folder`);
    removed(state, at, node);
    return settled(state, undefined);
  });
}

export function removeDirectory(state: VolumeState, parent: DirectoryNode, name: string): MaybePromise<void> {
  checkWritable(state);
  return andThen(place(state, parent, name), (first) => {
    const node = existing(first);
    if (node.kind !== 'directory') throw new VolumeError('ENOTDIR', `"${name}" is a file`);
    return andThen(state.tree.isEmpty(node), (isEmpty) =>
      andThen(place(state, parent, name), (at) => {
        if (at.node !== node) throw new VolumeError('ENOENT', `"${name}" was removed meanwhile`);
        if (!isEmpty) throw new VolumeError('ENOTEMPTY', `folder "${name}" is not empty`);
        removed(state, at, node);
        return settled(state, undefined);
      }),
    );
  });
}

function removed(state: VolumeState, at: Place, node: Node): void {
  inheritSent(at, node);
  state.tree.setName(at.directory, at.base, at.name, null);
  state.journal.noteName(at.directory, at.name);
  letGo(state, node);
  state.tree.numbers.remove(at.directory.ino, at.name);
  touchDirectory(state, at.directory);
  recorded(state);
  state.events.tell({ kind: 'entry', parent: at.directory, name: at.name, node, remote: false });
}

/** What was sent below a folder and may be on the server goes with the folder. */
function inheritSent(at: Place, node: Node): void {
  const pending = at.directory.pending.get(at.name);
  if (node.kind !== 'directory' || pending === undefined) return;
  for (const below of node.pending.values()) pending.sent.push(...below.sent);
}

/** A node lost its name: nothing of it is to be sent any more; who has it open keeps it. */
function letGo(state: VolumeState, node: Node): void {
  state.journal.dropNode(node.ino);
  if (node.kind === 'directory') {
    for (const name of [...node.pending.keys()]) {
      node.pending.delete(name);
      state.journal.noteName(node, name);
    }
  } else {
    if (node.staged !== null) state.journal.dropGeneration(node.staged);
    if (node.opens === 0) state.contents.discard(node);
  }
  if (node.local !== null) localAttributes(node).ctime = timestamp(state.nowMs());
  state.tree.detach(node);
}

export function rename(
  state: VolumeState,
  parent: DirectoryNode,
  name: string,
  newParent: DirectoryNode,
  wanted: string,
  flags: RenameFlags,
): MaybePromise<void> {
  checkWritable(state);
  const newerName = newName(wanted);
  return andThen(place(state, parent, name), () =>
    andThen(place(state, newParent, newerName), (target) => {
      const over = target.node;
      const isEmpty = over?.kind === 'directory' ? state.tree.isEmpty(over) : true;
      return andThen(isEmpty, (targetIsEmpty) =>
        // Both places once more, without waiting: nothing may have come in between.
        andThen(place(state, parent, name), (from) =>
          andThen(place(state, newParent, newerName), (to) => {
            checkAlive(state.tree, newParent);
            moved(state, from, to, targetIsEmpty, flags);
            return settled(state, undefined);
          }),
        ),
      );
    }),
  );
}

function moved(state: VolumeState, from: Place, to: Place, targetIsEmpty: boolean, flags: RenameFlags): void {
  const node = existing(from);
  const over = to.node;
  if (flags.exchange) throw new VolumeError('EINVAL', 'two names cannot be exchanged in one step');
  if (over === node) return;
  if (over !== null && flags.noReplace) throw new VolumeError('EEXIST', `"${to.name}" exists`);
  if (node.kind === 'directory' && isWithin(to.directory, node)) {
    throw new VolumeError('EINVAL', `folder "${from.name}" cannot be moved into itself`);
  }
  if (over?.kind === 'directory' && isWithin(from.directory, over)) {
    throw new VolumeError('ENOTEMPTY', `"${from.name}" stands in the folder "${to.name}", which it cannot replace`);
  }
  if (over !== null) checkReplaceable(node, over, targetIsEmpty);
  if (over !== null) {
    inheritSent(to, over);
    to.directory.children.delete(to.name);
    letGo(state, over);
  }
  const left = state.tree.setName(from.directory, from.base, from.name, null);
  if (left !== null) left.movedTo = node;
  state.journal.noteName(from.directory, from.name);
  state.tree.setName(to.directory, to.base, to.name, node);
  state.journal.noteName(to.directory, to.name);
  const ctime = timestamp(state.nowMs());
  localAttributes(node).ctime = ctime;
  state.tree.numbers.rename(
    node.ino,
    { parentIno: from.directory.ino, name: from.name },
    { parentIno: to.directory.ino, name: to.name },
  );
  state.journal.noteNode(node);
  touchDirectory(state, from.directory);
  if (to.directory !== from.directory) touchDirectory(state, to.directory);
  recorded(state);
  state.events.tell({ kind: 'entry', parent: from.directory, name: from.name, node, remote: false });
  state.events.tell({ kind: 'entry', parent: to.directory, name: to.name, node: over, remote: false });
}

function checkReplaceable(node: Node, over: FileNode | DirectoryNode, targetIsEmpty: boolean): void {
  if (node.kind === 'directory' && over.kind !== 'directory') {
    throw new VolumeError('ENOTDIR', `"${over.name}" is a file and cannot be replaced by a folder`);
  }
  if (node.kind !== 'directory' && over.kind === 'directory') {
    throw new VolumeError('EISDIR', `"${over.name}" is a folder and cannot be replaced by a file`);
  }
  if (!targetIsEmpty) throw new VolumeError('ENOTEMPTY', `folder "${over.name}" is not empty`);
}
