import type { DirectoryEdit, EntryEdit, Extent, FrozenContent, NewDirectory, NewFile } from '../../library/index.ts';
import { EMPTY_FILE, type FileId } from '../../seafile/index.ts';
import type { Generation } from '../content/generation.ts';
import { Version } from '../content/version.ts';
import { basePathOf, type DirectoryNode, FileNode, type Node, type PendingName } from '../nodes/node.ts';

/** A file that stays open and dirty this long is sent as it is. */
const OPEN_DIRTY_MS = 60_000;

/** What a batch told of one name, to compare with what the server made of it. */
export interface SentName {
  readonly directory: DirectoryNode;
  readonly name: string;
  /** Names from the space's folder, as the batch tells them. */
  readonly path: readonly string[];
  readonly pending: PendingName;
  readonly node: Node | null;
  readonly content: SendingContent | null;
  readonly fileId: FileId;
  readonly mode: number;
  /** Seconds. */
  readonly mtime: number;
}

/** A frozen generation on its way. */
export class SendingContent implements FrozenContent {
  readonly kind = 'staged';
  readonly generation: Generation;
  readonly size: number;
  base: FrozenContent['base'] = null;

  constructor(generation: Generation) {
    generation.freeze();
    this.generation = generation.share();
    this.size = generation.size;
  }

  /** Finds out which blocks of the base can be taken over. */
  async prepare(): Promise<void> {
    const { base } = this.generation;
    if (!(base instanceof Version)) return;
    const dirty: Extent[] = [...this.generation.differences()];
    this.base = { blocks: await base.blocks(), dirty };
  }

  read(offset: number, length: number): Uint8Array | Promise<Uint8Array> {
    return this.generation.read(offset, length);
  }
}

/** Pending changes taken together for sending. */
export interface BuiltBatch {
  readonly edit: DirectoryEdit;
  /** Deepest first. */
  readonly names: readonly SentName[];
  readonly contents: readonly SendingContent[];
}

/**
 * Takes what is pending below the root into a batch. Generations in it are frozen.
 *
 * @param nowMs milliseconds since 1970
 * @param all   also files that are being written right now; else those wait until they are closed, were synced since
 *              the last write, or have been dirty for a minute
 */
export function buildBatch(root: DirectoryNode, nowMs: number, all: boolean): BuiltBatch {
  const names: SentName[] = [];
  const contents: SendingContent[] = [];

  const isHeldBack = (node: FileNode): boolean =>
    !all && node.writers > 0 && hasNewContent(node) && !node.isSynced && nowMs - node.dirtySinceMs < OPEN_DIRTY_MS;

  const files = new Map<FileNode, { now: NewFile; content: SendingContent | null }>();
  // A file with several names is told of under each with the same content.
  const fileOf = (node: FileNode): { now: NewFile; content: SendingContent | null } => {
    const file = files.get(node) ?? newFileOf(node);
    files.set(node, file);
    return file;
  };

  const newFileOf = (node: FileNode): { now: NewFile; content: SendingContent | null } => {
    const { staged } = node;
    const attributes = { kind: 'file' as const, mode: node.mode, mtime: node.mtime.seconds };
    if (staged === null || staged.size === 0) {
      const known = staged === null ? { id: node.fileId, size: node.versionSize } : { id: EMPTY_FILE, size: 0 };
      return { now: { ...attributes, content: { kind: 'known', ...known } }, content: null };
    }
    const content = new SendingContent(staged);
    contents.push(content);
    return { now: { ...attributes, content }, content };
  };

  const directoryOf = (node: DirectoryNode, path: readonly string[]): NewDirectory | null => {
    const edit = node.pending.size === 0 ? null : editOf(node, path);
    const place = node.basePlace;
    const stays = place !== null && 'parent' in place && place.parent === node.parent && place.name === node.name;
    const { entry } = node;
    const isChanged = entry === null || entry.mode !== node.mode || entry.mtime !== node.mtime.seconds;
    if (stays && !isChanged && (edit === null || edit.entries.size === 0)) return null;
    return {
      kind: 'directory',
      base: node.baseId,
      movedFrom: stays ? null : basePathOf(node),
      mode: node.mode,
      mtime: node.mtime.seconds,
      edit: edit === null || edit.entries.size === 0 ? null : edit,
    };
  };

  const editOf = (directory: DirectoryNode, above: readonly string[]): DirectoryEdit => {
    const entries = new Map<string, EntryEdit>();
    for (const [name, pending] of directory.pending) {
      const { node } = pending;
      const path = [...above, name];
      const told = { directory, name, path, pending, node };
      // The old name goes when the new one comes: never in between. Of two that were exchanged as well.
      const moved = pending.movedTo;
      if (moved instanceof FileNode && moved.parent !== null && isHeldBack(moved)) continue;
      if (node === null) {
        entries.set(name, { was: pending.was, sent: pending.sent, now: null });
        names.push({ ...told, content: null, fileId: EMPTY_FILE, mode: 0, mtime: 0 });
        continue;
      }
      if (node.kind === 'directory') {
        const now = directoryOf(node, path);
        if (now === null) continue;
        entries.set(name, { was: pending.was, sent: pending.sent, now });
        names.push({ ...told, content: null, fileId: EMPTY_FILE, mode: now.mode, mtime: now.mtime });
        continue;
      }
      if (isHeldBack(node)) continue;
      const { now, content } = fileOf(node);
      entries.set(name, { was: pending.was, sent: pending.sent, now });
      const fileId = now.content.kind === 'known' ? now.content.id : EMPTY_FILE;
      names.push({ ...told, content, fileId, mode: now.mode, mtime: now.mtime });
    }
    return { entries };
  };

  const edit = editOf(root, []);
  return { edit, names, contents };
}

/** Whether more than a name, bits or times of a file changed; also when it is new, or was cut to nothing. */
function hasNewContent(node: FileNode): boolean {
  return node.staged !== null || node.entry === null || node.entry.id !== node.fileId;
}
