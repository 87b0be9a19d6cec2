import { createHash } from 'node:crypto';
import type { DirectoryEdit, EntryEdit, FrozenContent, NewDirectory, NewFile } from '../../../src/library/index.ts';
import { type Change, DirectoryReader, type Rebased, rebase } from '../../../src/library/tree/index.ts';
import {
  type Directory,
  type DirectoryId,
  decodeDirectory,
  EMPTY_DIRECTORY,
  type Entry,
  encodeDirectory,
  type FileId,
  S_IFDIR,
  S_IFREG,
} from '../../../src/seafile/index.ts';

export const FILE_MODE = S_IFREG | 0o644;
export const DIRECTORY_MODE = S_IFDIR | 0o755;
export const THEN = 1_700_000_000;
export const NOW = 1_800_000_000;
export const MARK = { account: 'jo@example.org', date: new Date(2026, 10, 22, 9, 5, 7) };
export const CONFLICT = '(SFConflict jo@example.org 2026-11-22-09-05-07)';

/** A tree in short: a file is a text (its content), a directory an object. */
export interface Shape {
  readonly [name: string]: string | Shape;
}

/** The id a content has here: files are equal when their texts are. */
export function idOf(content: string): FileId {
  return createHash('sha1').update(`file ${content}`).digest('hex') as FileId;
}

/** Directory objects in memory. */
export class Trees {
  readonly #objects = new Map<DirectoryId, Uint8Array>();
  readonly #contents = new Map<FileId, string>();
  /** Ids of each read, in order. */
  readonly reads: DirectoryId[][] = [];

  readonly readDirectories = async (ids: readonly DirectoryId[]): Promise<Map<DirectoryId, Directory>> => {
    this.reads.push([...ids]);
    return new Map(ids.map((id) => [id, this.directory(id)]));
  };

  directory(id: DirectoryId): Directory {
    if (id === EMPTY_DIRECTORY) return { id, entries: new Map() };
    const text = this.#objects.get(id);
    if (!text) throw new Error(`no directory ${id}`);
    return decodeDirectory(id, text);
  }

  /** Stores a tree, and returns its id. */
  store(shape: Shape, mtime = THEN): DirectoryId {
    return this.storeEntries(
      Object.entries(shape).map(([name, below]) =>
        typeof below === 'string'
          ? this.file(name, below, { mtime })
          : { kind: 'directory', name, id: this.store(below, mtime), mode: DIRECTORY_MODE, mtime },
      ),
    );
  }

  storeEntries(entries: readonly Entry[]): DirectoryId {
    const { id, text } = encodeDirectory(entries);
    if (text.byteLength > 0) this.#objects.set(id, text);
    return id;
  }

  file(name: string, content: string, attributes: { mode?: number; mtime?: number } = {}): Entry {
    const id = idOf(content);
    this.#contents.set(id, content);
    return {
      kind: 'file',
      name,
      id,
      mode: attributes.mode ?? FILE_MODE,
      mtime: attributes.mtime ?? THEN,
      size: content.length,
      modifier: 'them@example.org',
    };
  }

  /** The tree of an id, in short. */
  show(id: DirectoryId): Shape {
    const shape: Record<string, string | Shape> = {};
    for (const [name, entry] of this.directory(id).entries) {
      shape[name] = entry.kind === 'directory' ? this.show(entry.id) : (this.#contents.get(entry.id) ?? entry.id);
    }
    return shape;
  }

  /** The entry at a path. */
  at(root: DirectoryId, ...path: string[]): Entry {
    let entry: Entry | undefined;
    let id = root;
    for (const name of path) {
      entry = this.directory(id).entries.get(name);
      if (!entry) throw new Error(`nothing at ${path.join('/')}`);
      if (entry.kind === 'directory') id = entry.id;
    }
    if (!entry) throw new Error('the root has no entry');
    return entry;
  }

  /** What is at a path, or null. */
  find(root: DirectoryId, ...path: string[]): Entry | null {
    try {
      return this.at(root, ...path);
    } catch {
      // Nothing there.
      return null;
    }
  }

  /** Remembers what a content is, for {@link show}. */
  know(content: string): FileId {
    const id = idOf(content);
    this.#contents.set(id, content);
    return id;
  }

  /** Puts changes on a tree and keeps the new directories. */
  async rebase(root: DirectoryId, changes: readonly Change[], reader = this.reader()): Promise<Rebased> {
    const rebased = await rebase(reader, root, changes, MARK);
    for (const { id, text } of rebased.objects) this.#objects.set(id, text);
    return rebased;
  }

  reader(): DirectoryReader {
    return new DirectoryReader(this.readDirectories);
  }

  /** Puts one edit of the whole library on a tree. */
  async put(root: DirectoryId, edit: DirectoryEdit, files: Change['files'] = new Map()) {
    const { rootId, objects, puts } = await this.rebase(root, [{ folder: [], edit, files }]);
    const [put] = puts;
    if (!put || put instanceof Error) throw put ?? new Error('no outcome');
    return { root: rootId, shape: this.show(rootId), conflicts: put.conflicts, objects };
  }
}

type Now = NewFile | NewDirectory | null;

export function edits(entries: Readonly<Record<string, EntryEdit>>): DirectoryEdit {
  return { entries: new Map(Object.entries(entries)) };
}

export function edit(was: Entry | null, now: Now, sent: readonly string[] = []): EntryEdit {
  return { was, sent, now };
}

/** A content of known id. */
export function known(trees: Trees, content: string, attributes: { mode?: number; mtime?: number } = {}): NewFile {
  return {
    kind: 'file',
    content: { kind: 'known', id: trees.know(content), size: content.length },
    mode: attributes.mode ?? FILE_MODE,
    mtime: attributes.mtime ?? NOW,
  };
}

/** A staged content, and what its id will be. */
export function staged(trees: Trees, content: string): { now: NewFile; files: Map<FrozenContent, FileId> } {
  const frozen: FrozenContent = {
    kind: 'staged',
    size: content.length,
    base: null,
    read: (offset, length) => Buffer.from(content).subarray(offset, offset + length),
  };
  return {
    now: { kind: 'file', content: frozen, mode: FILE_MODE, mtime: NOW },
    files: new Map([[frozen, trees.know(content)]]),
  };
}

export function directory(attributes: Partial<Omit<NewDirectory, 'kind'>> = {}): NewDirectory {
  return {
    kind: 'directory',
    base: EMPTY_DIRECTORY,
    movedFrom: null,
    mode: DIRECTORY_MODE,
    mtime: NOW,
    edit: null,
    ...attributes,
  };
}

/** A seen directory with changes below and nothing else. */
export function within(was: Entry, edit: DirectoryEdit): EntryEdit {
  if (was.kind !== 'directory') throw new TypeError('not a directory');
  return { was, sent: [], now: directory({ base: was.id, mode: was.mode, mtime: was.mtime, edit }) };
}
