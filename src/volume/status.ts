import type { Conflict } from '../library/index.ts';
import type { DirectoryNode, FileNode } from './nodes/node.ts';
import type { SendStatus } from './send/sender.ts';

/** Changes that the server does not have, file by file. */
export interface PendingItem {
  /** Names from the root. */
  readonly path: readonly string[];
  readonly change: 'added' | 'modified' | 'removed';
  /** Bytes staged here; 0 for what has no content. */
  readonly bytes: number;
  /** Milliseconds since 1970; null when not known. */
  readonly sinceMs: number | null;
  /** Why the server did not take it; null when it was not refused. */
  readonly error: string | null;
}

export interface VolumeStatus {
  readonly sending: SendStatus;
  readonly pending: readonly PendingItem[];
  readonly conflicts: readonly Conflict[];
  readonly nodes: number;
}

/** Everything pending below a directory; folders only where they are new. */
export function* pendingBelow(directory: DirectoryNode, path: readonly string[] = []): Generator<PendingItem> {
  for (const [name, pending] of directory.pending) {
    const { node } = pending;
    const at = [...path, name];
    if (node === null) yield { path: at, change: 'removed', bytes: 0, sinceMs: null, error: null };
    else if (node.kind === 'directory') {
      if (pending.was === null) yield { path: at, change: 'added', bytes: 0, sinceMs: null, error: null };
      yield* pendingBelow(node, at);
    } else yield pendingFile(node, at, pending.was === null);
  }
}

function pendingFile(node: FileNode, path: readonly string[], isNew: boolean): PendingItem {
  return {
    path,
    change: isNew ? 'added' : 'modified',
    bytes: node.staged?.size ?? 0,
    sinceMs: node.dirtySinceMs > 1 ? node.dirtySinceMs : null,
    error: node.error?.message ?? null,
  };
}
