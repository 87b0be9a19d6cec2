import type { Conflict, Library } from '../library/index.ts';
import type { ChangeEvents } from './changes.ts';
import type { ContentCache } from './content/cache.ts';
import type { Contents } from './content/contents.ts';
import type { SiblingReadAhead } from './content/sibling-read-ahead.ts';
import type { DirectoryStore } from './directories/directory-store.ts';
import type { ListingPrefetch } from './directories/listing-prefetch.ts';
import { VolumeError } from './errno.ts';
import type { Journal } from './journal/journal.ts';
import { DirectoryNode, FileNode, type Node } from './nodes/node.ts';
import type { Tree } from './nodes/tree.ts';
import type { Sender } from './send/sender.ts';
import type { Timestamp, VolumeNode } from './volume.ts';

/** What `fsync` and `close` wait for. */
export type Durability = 'staged' | 'committed';

/** The parts of an open volume, as its operations use them. */
export interface VolumeState {
  readonly library: Library;
  readonly tree: Tree;
  readonly directories: DirectoryStore;
  readonly prefetch: ListingPrefetch;
  readonly siblings: SiblingReadAhead;
  readonly cache: ContentCache;
  readonly contents: Contents;
  readonly journal: Journal;
  readonly sender: Sender;
  readonly events: ChangeEvents;
  /** Both sides changed something: is told of it. */
  readonly conflicted: (conflict: Conflict) => void;
  readonly readOnly: boolean;
  readonly durability: Durability;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
}

export function timestamp(ms: number): Timestamp {
  const seconds = Math.floor(ms / 1000);
  return { seconds, nanoseconds: Math.round((ms - seconds * 1000) * 1e6) };
}

/** @throws VolumeError EROFS */
export function checkWritable(state: VolumeState): void {
  if (state.readOnly) throw new VolumeError('EROFS', 'this space is open for reading only');
}

/** @throws VolumeError ENOTDIR */
export function directoryOf(node: VolumeNode): DirectoryNode {
  if (node instanceof DirectoryNode) return node;
  throw new VolumeError('ENOTDIR', node instanceof FileNode ? `"${node.name}" is a file` : 'not a node of this volume');
}

/** @throws VolumeError EISDIR */
export function fileOf(node: VolumeNode): FileNode {
  if (node instanceof FileNode) return node;
  throw new VolumeError(
    'EISDIR',
    node instanceof DirectoryNode ? `"${node.name}" is a folder` : 'not a node of this volume',
  );
}

/** A node as the volume knows it. */
export function nodeOf(node: VolumeNode): Node {
  return node.kind === 'directory' ? directoryOf(node) : fileOf(node);
}

/** Attributes of a node that can be changed: those it shows now, when none were changed before. */
export function localAttributes(node: Node): NonNullable<Node['local']> {
  node.local ??= { permissions: node.permissions, mtime: node.mtime, ctime: node.mtime, atime: node.mtime };
  return node.local;
}

/** A directory's names changed: its times say so, and no other directory's. */
export function touchDirectory(state: VolumeState, directory: DirectoryNode): void {
  const now = timestamp(state.nowMs());
  const attributes = localAttributes(directory);
  attributes.mtime = now;
  attributes.ctime = now;
  state.tree.markPath(directory);
  state.journal.noteNode(directory);
}

/** Ends a change: it is recorded, and will be sent. */
export function recorded(state: VolumeState): void {
  state.journal.commit();
  state.sender.changed();
}

/** Waits until a change is where the caller wants it to be when the operation returns. */
export function settled<T>(state: VolumeState, value: T): T | Promise<T> {
  return state.durability === 'committed' ? state.sender.flush().then(() => value) : value;
}
