import type { Directory } from '../../seafile/index.ts';
import { VolumeError } from '../errno.ts';
import type { LinkedPlace, LinkGroup } from '../links/hard-links.ts';
import { andThen, type MaybePromise } from '../maybe.ts';
import { newName } from '../nodes/names.ts';
import {
  type DirectoryNode,
  type FileNode,
  hasPendingName,
  isNamed,
  isWithin,
  type Node,
  type Special,
} from '../nodes/node.ts';
import { checkAlive, type Tree } from '../nodes/tree.ts';
import {
  checkWritable,
  fileOf,
  localAttributes,
  recorded,
  settled,
  timestamp,
  touchDirectory,
  type VolumeState,
} from '../state.ts';
import type { RenameFlags, VolumeNode } from '../volume.ts';

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
      const stored = found === null || directory.children.get(name) === found ? name : name.normalize('NFC');
      const node = directory.children.get(stored) ?? state.tree.childIn(directory, base, stored);
      return { directory, base, name: stored, node };
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

/** Makes what lives on this machine only. */
export function makeSpecial(
  state: VolumeState,
  parent: DirectoryNode,
  wanted: string,
  special: Omit<Special, 'names'>,
  permissions: number,
): MaybePromise<FileNode> {
  checkWritable(state);
  const name = newName(wanted);
  return andThen(place(state, parent, name), (at) => {
    checkAlive(state.tree, parent);
    if (at.node !== null) throw new VolumeError('EEXIST', `"${name}" exists`);
    const node = state.tree.table.nameless(state.tree.numbers.unused(), { ...special, names: 0 });
    node.name = name;
    return settled(state, added(state, at, node, permissions));
  });
}

/** Makes a file without a name. */
export function makeUnnamed(state: VolumeState, parent: DirectoryNode, permissions: number): FileNode {
  checkWritable(state);
  checkAlive(state.tree, parent);
  const now = timestamp(state.nowMs());
  const node = state.tree.table.nameless(state.tree.numbers.unused(), null);
  node.isUnnamed = true;
  node.local = { permissions: permissions & 0o777, mtime: now, ctime: now, atime: now };
  return node;
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
  state.tree.hardLinks.remove(at.directory.ino, at.name);
  letGo(state, at, node);
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

/** A node lost a name. With its last one nothing of it is to be sent any more; who has it open keeps it. */
function letGo(state: VolumeState, at: Pick<Place, 'directory' | 'name'>, node: Node): void {
  state.tree.unname(at.directory, at.name, node);
  if (node.local !== null) localAttributes(node).ctime = timestamp(state.nowMs());
  if (isNamed(node)) {
    localAttributes(node).ctime = timestamp(state.nowMs());
    if (hasPendingName(node) || (node.kind !== 'directory' && node.special !== null)) state.journal.noteNode(node);
    else state.journal.dropNode(node.ino);
    return;
  }
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
  state.tree.table.settle(node);
}

/** Gives a file another name. */
export function link(
  state: VolumeState,
  held: VolumeNode,
  parent: DirectoryNode,
  wanted: string,
): MaybePromise<FileNode> {
  checkWritable(state);
  const name = newName(wanted);
  if (held.kind === 'directory') throw new VolumeError('EPERM', `a folder has one name: "${name}" cannot be another`);
  const node = fileOf(held);
  return andThen(place(state, parent, name), (at) => {
    checkAlive(state.tree, parent);
    if (at.node !== null) throw new VolumeError('EEXIST', `"${name}" exists`);
    linked(state, node, at);
    return settled(state, node);
  });
}

function linked(state: VolumeState, node: FileNode, at: Place): void {
  const { tree, journal } = state;
  if (!isNamed(node) && !node.isUnnamed) throw new VolumeError('ENOENT', `"${node.name}" was removed`);
  if (node.special === null && node.parent !== null) {
    const group = node.group ?? tree.hardLinks.begin(node, linkedPlace(tree, node.parent, node.name));
    tree.hardLinks.add(group, linkedPlace(tree, at.directory, at.name));
  } else if (node.special === null) {
    tree.numbers.restore(at.directory.ino, at.name, node.ino);
    node.dirtySinceMs = state.nowMs();
  }
  node.isUnnamed = false;
  tree.setName(at.directory, at.base, at.name, node);
  localAttributes(node).ctime = timestamp(state.nowMs());
  journal.noteName(at.directory, at.name);
  journal.noteNode(node);
  touchDirectory(state, at.directory);
  recorded(state);
  state.events.tell({ kind: 'entry', parent: at.directory, name: at.name, node: null, remote: false });
  state.events.tell({ kind: 'attributes', node, remote: false });
}

function linkedPlace(tree: Tree, directory: DirectoryNode, name: string): LinkedPlace {
  return { directory: directory.ino, name, path: tree.pathOf(directory) ?? [] };
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
  if (flags.exchange) {
    exchanged(state, from, { ...to, node: existing(to) });
    return;
  }
  if (over === node) return;
  if (over !== null && flags.noReplace) throw new VolumeError('EEXIST', `"${to.name}" exists`);
  checkOutside(to, node, 'EINVAL');
  if (over !== null) checkOutside(from, over, 'ENOTEMPTY');
  if (over !== null) checkReplaceable(node, over, targetIsEmpty);
  const numbered = unnumbered(state, from);
  if (over !== null) {
    inheritSent(to, over);
    state.tree.hardLinks.remove(to.directory.ino, to.name);
    state.tree.specials.remove(to.directory.ino, to.name);
    letGo(state, to, over);
  }
  const left = state.tree.setName(from.directory, from.base, from.name, null);
  if (left !== null) left.movedTo = node;
  state.journal.noteName(from.directory, from.name);
  state.tree.unname(from.directory, from.name, node);
  give(state, to, node, numbered, from);
  touchDirectory(state, from.directory);
  if (to.directory !== from.directory) touchDirectory(state, to.directory);
  recorded(state);
  state.events.tell({ kind: 'entry', parent: from.directory, name: from.name, node, remote: false });
  state.events.tell({ kind: 'entry', parent: to.directory, name: to.name, node: over, remote: false });
}

/** Two names take each other's place, for others in one commit. */
function exchanged(state: VolumeState, one: Place, other: Place & { readonly node: Node }): void {
  const node = existing(one);
  if (other.node === node) return;
  checkOutside(other, node, 'EINVAL');
  checkOutside(one, other.node, 'EINVAL');
  const numbered = unnumbered(state, one);
  const otherNumbered = unnumbered(state, other);
  state.tree.unname(one.directory, one.name, node);
  state.tree.unname(other.directory, other.name, other.node);
  give(state, other, node, numbered, one);
  give(state, one, other.node, otherNumbered, other);
  for (const [at, left] of [[one, node] as const, [other, other.node] as const]) {
    const pending = at.directory.pending.get(at.name);
    if (pending !== undefined && (left.kind === 'directory' || left.special === null)) pending.movedTo = left;
    state.journal.noteName(at.directory, at.name);
  }
  touchDirectory(state, one.directory);
  if (other.directory !== one.directory) touchDirectory(state, other.directory);
  recorded(state);
  state.events.tell({ kind: 'entry', parent: one.directory, name: one.name, node, remote: false });
  state.events.tell({ kind: 'entry', parent: other.directory, name: other.name, node: other.node, remote: false });
}

/** Takes away what makes a name's number stay; null when it is not remembered with others. */
function unnumbered({ tree }: VolumeState, { directory, name }: Place): LinkGroup | null {
  if (tree.specials.at(directory.ino, name) !== null) return null;
  const group = tree.hardLinks.take(directory.ino, name);
  if (group === null) tree.numbers.remove(directory.ino, name);
  return group;
}

/** Gives a node that had another name this one. */
function give(state: VolumeState, to: Place, node: Node, group: LinkGroup | null, from: Place): void {
  const { tree, journal } = state;
  tree.setName(to.directory, to.base, to.name, node);
  journal.noteName(to.directory, to.name);
  localAttributes(node).ctime = timestamp(state.nowMs());
  if (group === null && (node.kind === 'directory' || node.special === null)) {
    tree.numbers.restore(to.directory.ino, to.name, node.ino);
  } else if (group !== null) {
    tree.hardLinks.add(group, linkedPlace(tree, to.directory, to.name));
  }
  journal.noteNode(node);
  if (node.kind !== 'directory') return;
  const below = tree.pathOf(node);
  const above = tree.pathOf(from.directory);
  if (below !== null && above !== null) tree.hardLinks.folderMoved([...above, from.name], below);
}

/** @throws VolumeError when a folder would come to stand in itself, or to replace what it stands in */
function checkOutside(to: Place, node: Node, code: 'EINVAL' | 'ENOTEMPTY'): void {
  if (node.kind === 'directory' && isWithin(to.directory, node)) {
    throw new VolumeError(code, `"${to.name}" stands in the folder "${node.name}", or would come to do so`);
  }
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
