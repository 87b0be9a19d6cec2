import type {
  Batch,
  DirectoryEdit,
  EntryEdit,
  FrozenContent,
  Library,
  NewDirectory,
  NewFile,
} from '../../src/library/index.ts';
import {
  type DirectoryId,
  EMPTY_DIRECTORY,
  type Entry,
  type FileEntry,
  S_IFDIR,
  S_IFREG,
} from '../../src/seafile/index.ts';
import { MemoryContent } from './blocks/contents.ts';

/** Edits and batches in short, and trees of a library to compare with. */
export const FILE = S_IFREG | 0o640;
export const DIRECTORY = S_IFDIR | 0o750;

export function text(content: string): MemoryContent {
  return new MemoryContent(Buffer.from(content));
}

export function batch(entries: Readonly<Record<string, EntryEdit>>): Batch {
  return { folder: [], edit: edits(entries), description: 'test' };
}

function edits(entries: Readonly<Record<string, EntryEdit>>): DirectoryEdit {
  return { entries: new Map(Object.entries(entries)) };
}

export function edit(was: Entry | null, now: EntryEdit['now']): EntryEdit {
  return { was, sent: [], now };
}

export const made = (now: NewFile | NewDirectory): EntryEdit => edit(null, now);

export function file(content: FrozenContent, attributes: { mode?: number; mtime?: number } = {}): NewFile {
  return { kind: 'file', content, mode: attributes.mode ?? FILE, mtime: attributes.mtime ?? 1_600_000_000 };
}

export function known(entry: FileEntry, attributes: { mode?: number; mtime?: number } = {}): NewFile {
  const { id, size, mode, mtime } = entry;
  return { kind: 'file', content: { kind: 'known', id, size }, mode, mtime, ...attributes };
}

export function folder(
  entries: Readonly<Record<string, EntryEdit>>,
  attributes: Partial<Omit<NewDirectory, 'kind'>> = {},
): NewDirectory {
  return {
    kind: 'directory',
    base: EMPTY_DIRECTORY,
    movedFrom: null,
    mode: DIRECTORY,
    mtime: 1_500_000_000,
    edit: Object.keys(entries).length > 0 ? edits(entries) : null,
    ...attributes,
  };
}

/** A folder that was seen, with changes below it. */
export function within(was: Extract<Entry, { kind: 'directory' }>, entries: Readonly<Record<string, EntryEdit>>) {
  return edit(was, folder(entries, { base: was.id, mode: was.mode, mtime: was.mtime }));
}

export async function tree(library: Library, id: DirectoryId): Promise<ReadonlyMap<string, Entry>> {
  return (await library.readDirectories([id])).get(id)?.entries ?? new Map();
}

export function fileAt(entries: ReadonlyMap<string, Entry>, name: string): FileEntry {
  const entry = entries.get(name);
  if (entry?.kind !== 'file') throw new Error(`no file ${name}`);
  return entry;
}

export function directoryAt(entries: ReadonlyMap<string, Entry>, name: string) {
  const entry = entries.get(name);
  if (entry?.kind !== 'directory') throw new Error(`no directory ${name}`);
  return entry;
}

export async function contentOf(library: Library, { id }: FileEntry): Promise<string> {
  const blocks = await library.blocks(id);
  return Buffer.concat(await Promise.all(blocks.map((block) => library.readBlock(block.id)))).toString();
}

export interface Shape {
  readonly [name: string]: string | Shape;
}

/** A tree in short: contents and folders by name. */
export async function shape(library: Library, id: DirectoryId): Promise<Shape> {
  const entries = await tree(library, id);
  return Object.fromEntries(
    await Promise.all(
      [...entries].map(async ([name, entry]) => [
        name,
        entry.kind === 'file' ? await contentOf(library, entry) : await shape(library, entry.id),
      ]),
    ),
  );
}
