import { VolumeError } from '../errno.ts';
import { andThen } from '../maybe.ts';
import { isNamed, type Node } from '../nodes/node.ts';
import type { Tree } from '../nodes/tree.ts';
import {
  checkWritable,
  fileOf,
  localAttributes,
  nodeOf,
  recorded,
  settled,
  timestamp,
  type VolumeState,
} from '../state.ts';
import type { AttributeChanges, Attributes, MaybePromise, Timestamp, VolumeNode } from '../volume.ts';
import { nameAgain } from './left-behind.ts';
import { partWithLent } from './lending.ts';

/** As on ext4: programs that copy what they take for a file must not find a folder empty and be content. */
const DIRECTORY_BYTES = 4096;

export function getattr(tree: Tree, node: Node): Attributes {
  const { mtime, local } = node;
  return {
    ino: node.ino,
    kind: node.kind,
    permissions: node.permissions,
    nlink: linksOf(tree, node),
    device: node.kind === 'directory' ? 0 : (node.special?.device ?? 0),
    size: sizeOf(node),
    mtime,
    ctime: local?.ctime ?? mtime,
    atime: local?.atime ?? mtime,
    birthtime: mtime,
  };
}

/** A folder has its own name, its `.`, and a `..` in each folder in it; one where those cannot be counted at once. */
function linksOf(tree: Tree, node: Node): number {
  if (!isNamed(node) && node.id !== 1) return 0;
  if (node.kind !== 'directory') return node.special?.names ?? 1 + node.links.length;
  const folders = tree.foldersIn(node);
  return folders === null ? 1 : 2 + folders;
}

function sizeOf(node: Node): number {
  if (node.kind === 'directory') return DIRECTORY_BYTES;
  const target = node.special?.target ?? (node.kind === 'symlink' ? node.target : null);
  return target === null ? node.size : Buffer.byteLength(target);
}

export function setattr(state: VolumeState, held: VolumeNode, changes: AttributeChanges): MaybePromise<Attributes> {
  checkWritable(state);
  const node = nodeOf(held);
  if (changes.size === undefined) return settled(state, setTimesAndBits(state, node, changes));
  if (changes.size < 0 || !Number.isSafeInteger(changes.size)) {
    throw new VolumeError('EINVAL', `"${node.name}" cannot have ${changes.size} bytes`);
  }
  return andThen(resize(state, node, changes.size), () => settled(state, setTimesAndBits(state, node, changes)));
}

/** Cuts or extends a file, and sets its times as POSIX wants them after that. */
export function resize(state: VolumeState, held: VolumeNode, size: number): MaybePromise<void> {
  const file = fileOf(held);
  const resized = andThen(nameAgain(state, file), () =>
    andThen(partWithLent(state, file), () => state.contents.resize(file, size)),
  );
  return andThen(resized, () => {
    contentChanged(state, file);
    recorded(state);
    state.events.tell({ kind: 'content', node: file, remote: false });
  });
}

/** Notes that a file's content changed: its times, and that it is pending. */
export function contentChanged(state: VolumeState, file: ReturnType<typeof fileOf>): void {
  const nowMs = state.nowMs();
  const attributes = localAttributes(file);
  attributes.mtime = timestamp(nowMs);
  attributes.ctime = attributes.mtime;
  // Other bytes than those of the link that it was; whether they are those of another shows when it is read anew.
  file.target = null;
  file.isNewLink = false;
  file.isExamined = true;
  file.isSynced = false;
  if (file.dirtySinceMs === 0) file.dirtySinceMs = nowMs;
  // Without a name nothing is to be sent, nor kept beyond the last close.
  if (file.parent === null) return;
  const pending = file.links.length === 0 ? file.parent.pending.get(file.name) : undefined;
  // A write after a write: the journal knows the generation, and the staged file its size and time.
  if (pending?.recorded && file.staged !== null && file.recordedGeneration === file.staged && !file.isTimeSet) return;
  file.isTimeSet = false;
  file.recordedGeneration = file.staged;
  state.tree.markPath(file);
  state.journal.noteNode(file);
}

function setTimesAndBits(state: VolumeState, node: Node, changes: AttributeChanges): Attributes {
  const { permissions, mtime, atime } = changes;
  if (permissions === undefined && mtime === undefined && atime === undefined) return getattr(state.tree, node);
  const now = timestamp(state.nowMs());
  const resolve = (time: Timestamp | 'now'): Timestamp => (time === 'now' ? now : time);
  const attributes = localAttributes(node);
  if (permissions !== undefined) attributes.permissions = permissions & 0o777;
  if (mtime !== undefined) {
    attributes.mtime = resolve(mtime);
    if (node.kind !== 'directory') node.isTimeSet = true;
  }
  if (atime !== undefined) attributes.atime = resolve(atime);
  attributes.ctime = now;
  if (isNamed(node)) {
    state.tree.markPath(node);
    state.journal.noteNode(node);
    recorded(state);
  }
  state.events.tell({ kind: 'attributes', node, remote: false });
  return getattr(state.tree, node);
}
