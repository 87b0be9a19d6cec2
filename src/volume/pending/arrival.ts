import type { CommitOutcome } from '../../library/index.ts';
import { type DirectoryId, EMPTY_DIRECTORY, EMPTY_FILE, type Entry, type FileId } from '../../seafile/index.ts';
import type { DirectoryStore } from '../directories/directory-store.ts';
import type { BuiltBatch, SentName } from './batch-builder.ts';

/** What the server has under a name after a batch. */
export interface Arrival {
  /** It is what was sent, and nothing of others came to it. */
  readonly isOurs: boolean;
  /** Ids of the files that were sent for the name and below it. */
  readonly ids: readonly string[];
}

/**
 * Compares what a name holds after a batch with what was sent for it.
 *
 * @param now what the server has under the name
 */
export function arrivalOf(
  { directories }: { readonly directories: DirectoryStore },
  batch: BuiltBatch,
  sent: SentName,
  { files }: CommitOutcome,
  now: Entry | null,
): Arrival {
  const { node } = sent;
  if (node === null) return { isOurs: now === null, ids: [] };
  if (node.kind !== 'directory') {
    const id = sentFile(sent, files);
    return { isOurs: now?.kind === 'file' && now.id === id, ids: [id] };
  }
  // While the folder is still there, what others made in it is shown in it, and nothing of it is taken for ours.
  if (sent.pending.node === node) return { isOurs: now?.kind === 'directory', ids: [] };
  const below = new Map<string, FileId | null>();
  const ids: string[] = [];
  for (const other of batch.names) {
    if (!isBelow(other.path, sent.path) || other.node === null) continue;
    below.set(other.path.join('/'), other.node.kind === 'directory' ? null : sentFile(other, files));
    const id = sentId(other, files);
    if (id !== null) ids.push(id);
  }
  const was = sent.pending.was;
  const isOurs =
    now?.kind === 'directory' &&
    holdsOnly(directories, now.id, was?.kind === 'directory' ? was.id : EMPTY_DIRECTORY, sent.path, below);
  return { isOurs, ids };
}

/** The id of a file as it was sent. */
export function sentFile(sent: SentName, files: CommitOutcome['files']): FileId {
  return sent.content === null ? sent.fileId : (files.get(sent.content) ?? EMPTY_FILE);
}

/** By what a name is known again that was sent, when the answer is lost; null when it is known anyway. */
export function sentId(sent: SentName, files: CommitOutcome['files']): string | null {
  if (sent.node === null) return null;
  if (sent.node.kind !== 'directory') return sentFile(sent, files);
  return sent.pending.was === null ? EMPTY_DIRECTORY : null;
}

/** Whether a tree holds nothing but what another one has and what was sent. What is not at hand counts as foreign. */
function holdsOnly(
  directories: DirectoryStore,
  tree: DirectoryId,
  known: DirectoryId,
  path: readonly string[],
  sent: ReadonlyMap<string, FileId | null>,
): boolean {
  if (tree === known || tree === EMPTY_DIRECTORY) return true;
  const now = directories.getLocal(tree);
  const before = directories.getLocal(known);
  if (now === undefined || before === undefined) return false;
  for (const [name, entry] of now.entries) {
    const old = before.entries.get(name);
    if (old?.kind === entry.kind && old.id === entry.id) continue;
    const at = [...path, name];
    const ours = sent.get(at.join('/'));
    if (entry.kind === 'file') {
      if (ours !== entry.id) return false;
    } else if (old?.kind !== 'directory' && ours !== null) return false;
    else if (!holdsOnly(directories, entry.id, old?.kind === 'directory' ? old.id : EMPTY_DIRECTORY, at, sent)) {
      return false;
    }
  }
  return true;
}

function isBelow(path: readonly string[], above: readonly string[]): boolean {
  return path.length > above.length && above.every((name, depth) => path[depth] === name);
}
