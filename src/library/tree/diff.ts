import type { DirectoryId, Entry } from '../../seafile/index.ts';
import type { DirectoryEdit, EntryEdit, NewDirectory, NewFile } from '../batch.ts';
import type { DirectoryReader } from './directory-reader.ts';

/**
 * The edit that makes one tree of another. Walks both together, only where ids differ, one round trip a level.
 *
 * @returns null when the trees are the same
 */
export async function diff(reader: DirectoryReader, from: DirectoryId, to: DirectoryId): Promise<DirectoryEdit | null> {
  if (from === to) return null;
  const [before, after] = await Promise.all([reader.read(from), reader.read(to)]);
  const names = new Set([...before.entries.keys(), ...after.entries.keys()]);
  const edits = await Promise.all(
    [...names].map(async (name): Promise<[string, EntryEdit] | null> => {
      const was = before.entries.get(name) ?? null;
      const now = await change(reader, was, after.entries.get(name) ?? null);
      return now === undefined ? null : [name, { was, sent: [], now }];
    }),
  );
  const entries = new Map(edits.filter((edit) => edit !== null));
  return entries.size > 0 ? { entries } : null;
}

/** @returns undefined when nothing a batch can say differs */
async function change(
  reader: DirectoryReader,
  was: Entry | null,
  now: Entry | null,
): Promise<NewFile | NewDirectory | null | undefined> {
  if (!now) return was ? null : undefined;
  const sameAttributes = was?.mode === now.mode && was.mtime === now.mtime;
  const { mode, mtime } = now;
  if (now.kind === 'file') {
    if (was?.kind === 'file' && was.id === now.id && sameAttributes) return undefined;
    return { kind: 'file', content: { kind: 'known', id: now.id, size: now.size }, mode, mtime };
  }
  if (was?.kind !== 'directory') return { kind: 'directory', base: now.id, movedFrom: null, mode, mtime, edit: null };
  const edit = await diff(reader, was.id, now.id);
  if (!edit && sameAttributes) return undefined;
  return { kind: 'directory', base: was.id, movedFrom: null, mode, mtime, edit };
}
