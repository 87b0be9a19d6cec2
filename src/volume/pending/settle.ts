import type { CommitOutcome, Conflict } from '../../library/index.ts';
import { EMPTY_FILE, type Entry } from '../../seafile/index.ts';
import type { ChangeEvents } from '../changes.ts';
import type { ContentCache } from '../content/cache.ts';
import type { Contents } from '../content/contents.ts';
import type { DirectoryStore } from '../directories/directory-store.ts';
import type { Journal } from '../journal/journal.ts';
import { FileNode, hasPendingName, isOfKind, type Node, setEntry } from '../nodes/node.ts';
import type { Tree } from '../nodes/tree.ts';
import { arrivalOf, sentFile } from './arrival.ts';
import type { BuiltBatch, SendingContent, SentName } from './batch-builder.ts';

/** Bytes of an edit that are put into the content cache when only the edit was staged. */
const CACHED_EDIT_BYTES = 64 * 2 ** 20;

/** What settling works on. */
export interface Settling {
  readonly tree: Tree;
  readonly directories: DirectoryStore;
  readonly contents: Contents;
  readonly cache: ContentCache;
  readonly journal: Journal;
  readonly events: ChangeEvents;
}

/**
 * Before the snapshot moves to the head that has the batch: staged contents become versions, and what was renamed
 * stands in the snapshot where it was sent.
 */
export function settleContents(at: Settling, batch: BuiltBatch, outcome: CommitOutcome): void {
  const conflictAt = conflictsByPlace(outcome);
  const settled: SendingContent[] = [];
  for (const sent of batch.names) {
    const { node, content } = sent;
    if (node?.kind === 'directory') {
      node.basePlace = { parent: sent.directory, name: conflictAt(sent)?.copy ?? sent.name };
    }
    if (!(node instanceof FileNode)) continue;
    if (content === null) {
      // An empty file was sent as such; if it still is empty, nothing has to be staged for it.
      if (node.staged?.size === 0 && sent.fileId === EMPTY_FILE) {
        at.contents.discard(node);
        node.fileId = EMPTY_FILE;
        node.versionSize = 0;
      }
      continue;
    }
    const id = outcome.files.get(content);
    if (id === undefined) throw new Error(`the commit does not tell the id of ${sent.name}`);
    const { generation, size } = content;
    const version = at.contents.version(id, size, node);
    if (node.staged === generation) {
      node.staged = null;
      node.fileId = id;
      node.versionSize = size;
      at.journal.dropGeneration(generation);
      if (node.parent !== null) at.journal.noteNode(node);
      settled.push(content);
    } else if (node.staged?.base === generation) {
      // Written again meanwhile: the newer generation stands on the committed version from now on.
      node.fileId = id;
      node.versionSize = size;
      node.staged.base = version;
      at.journal.noteGeneration(node.staged);
      at.journal.dropGeneration(generation);
      if (node.parent !== null) at.journal.noteNode(node);
      settled.push(content);
    }
  }
  // Before the staged files are let go of: no record may tell of one that is not there.
  at.journal.commit();
  for (const content of settled) {
    const id = outcome.files.get(content);
    if (id !== undefined) keepLocally(at, content, id);
    content.generation.release();
  }
}

/** What was just sent need not be fetched again. */
function keepLocally(at: Settling, content: SendingContent, id: Parameters<ContentCache['adopt']>[0]): void {
  const { generation, size } = content;
  if (generation.base === null && !generation.adopted) {
    generation.adopted = true;
    at.cache.adopt(id, size, generation.path);
    return;
  }
  let bytes = 0;
  for (const extent of generation.dirty) {
    bytes += extent.length;
    if (bytes > CACHED_EDIT_BYTES) return;
    const read = generation.read(extent.offset, extent.length);
    if (!(read instanceof Promise)) at.cache.write(id, size, extent.offset, read);
  }
}

/**
 * After the snapshot moved: a name whose state is the one that was sent is pending no more; one that was changed since
 * is pending over what the server has now.
 */
export function settleNames(at: Settling, batch: BuiltBatch, outcome: CommitOutcome): void {
  const conflictAt = conflictsByPlace(outcome);
  for (const sent of batch.names) {
    const { directory, name, pending, node } = sent;
    pending.inFlight = false;
    if (directory.pending.get(name) !== pending) continue;
    const base = at.directories.getLocal(directory.baseId);
    const now = base?.entries.get(name) ?? null;
    const conflict = conflictAt(sent);
    if (conflict !== undefined && conflict.kind !== 'deletion-undone') {
      yieldName(at, sent, conflict);
      continue;
    }
    const arrival = arrivalOf(at, batch, sent, outcome, now);
    if (isSettled(sent, outcome)) {
      directory.pending.delete(name);
      if (node !== null) {
        forgetPending(at, node);
        takeEntry(at, sent, now, arrival.isOurs);
      }
    } else {
      // What others made of it meanwhile was not seen when it was changed once more: that is a conflict to come.
      if (arrival.isOurs) pending.was = now;
      pending.sent = arrival.isOurs ? [] : [...new Set([...pending.sent, ...arrival.ids])];
      if (pending.node === null && pending.was === null && pending.sent.length === 0) directory.pending.delete(name);
      if (node !== null && pending.node === node && arrival.isOurs && now !== null) {
        setEntry(node, directory, name, now);
      }
      if (pending.node !== null) at.journal.noteNode(pending.node);
    }
    at.journal.noteName(directory, name);
  }
  at.journal.commit();
}

/** Finds the conflict that a sent name met. */
function conflictsByPlace({ conflicts }: CommitOutcome): (sent: SentName) => Conflict | undefined {
  const byPath = new Map(conflicts.map((conflict) => [conflict.path.join('/'), conflict]));
  return ({ path }) => byPath.get(path.join('/'));
}

/** Whether a name still is what was sent. */
function isSettled(sent: SentName, { files }: CommitOutcome): boolean {
  const { pending, node } = sent;
  if (pending.node !== node) return false;
  if (node === null) return true;
  if (node.mode !== sent.mode || node.mtime.seconds !== sent.mtime) return false;
  if (node.kind === 'directory') return node.pending.size === 0;
  if (node.staged !== null) return false;
  // It may have been emptied, or given another file's content, while it was on its way.
  return node.fileId === sentFile(sent, files);
}

/** A node whose name is pending no more is what the server has, unless others made it something else meanwhile. */
function takeEntry(at: Settling, sent: SentName, now: Entry | null, isOurs: boolean): void {
  const { directory, name, node } = sent;
  if (node === null) return;
  if (now === null || !isOfKind(now, node) || (node.kind !== 'directory' && !isOurs)) {
    at.tree.leave(directory, name, node);
    at.events.tell({ kind: 'entry', parent: directory, name, node, remote: true });
    return;
  }
  setEntry(node, directory, name, now);
  // Others may have changed bits or times where only the rest was changed here: theirs are seen from now on.
  if (now.mode === sent.mode && now.mtime === sent.mtime) return;
  node.local = null;
  at.events.tell({ kind: 'attributes', node, remote: true });
}

function forgetPending(at: Settling, node: Node): void {
  // Under another of its names there is more to tell.
  if (hasPendingName(node)) return;
  at.journal.dropNode(node.ino);
  if (node.kind !== 'directory') {
    node.dirtySinceMs = 0;
    node.isNewLink = false;
    node.error = null;
  }
  at.tree.table.settle(node);
}

/** The server's side kept the name: what was here has the name of a copy, or is gone. */
function yieldName(at: Settling, sent: SentName, conflict: Conflict): void {
  const { directory, name, pending } = sent;
  const node = pending.node;
  directory.pending.delete(name);
  at.journal.noteName(directory, name);
  if (node !== null && node.kind !== 'directory' && node.links.length > 0) {
    // Under its other names it stays what it is; the copy is a file of its own.
    at.tree.hardLinks.remove(directory.ino, name);
    at.tree.detach(directory, name, node);
    forgetPending(at, node);
  } else if (node !== null) {
    directory.children.delete(name);
    at.journal.dropNode(node.ino);
    const copy =
      conflict.copy === null ? undefined : at.directories.getLocal(directory.baseId)?.entries.get(conflict.copy);
    if (copy !== undefined && isOfKind(copy, node) && !directory.children.has(copy.name)) {
      node.name = copy.name;
      directory.children.set(copy.name, node);
      if (node.kind !== 'directory' && copy.kind === 'file') node.entry = copy;
      if (node.kind === 'directory' && copy.kind === 'directory') {
        node.entry = copy;
        node.basePlace = { parent: directory, name: copy.name };
      }
      if (node.kind === 'directory' ? node.pending.size > 0 : node.staged !== null) {
        at.tree.markPath(node);
        at.journal.noteNode(node);
      }
      at.events.tell({ kind: 'entry', parent: directory, name: copy.name, node: null, remote: true });
    } else {
      at.tree.leave(directory, name, node);
    }
  }
  at.events.tell({ kind: 'entry', parent: directory, name, node, remote: true });
}

/** A batch that came to nothing: its names wait for the next one. */
export function unsettle(at: Settling, batch: BuiltBatch): void {
  for (const { directory, name, pending } of batch.names) {
    pending.inFlight = false;
    if (directory.pending.get(name) !== pending) continue;
    if (pending.node !== null || pending.was !== null || pending.sent.length > 0) continue;
    directory.pending.delete(name);
    at.journal.noteName(directory, name);
  }
  at.journal.commit();
}
