import type { Entry } from '../../seafile/objects/index.ts';
import { isInside, type Path } from '../libraries/index.ts';
import type { LibraryRecord } from '../storage/index.ts';
import { fail } from './answers.ts';
import type { Call } from './call.ts';
import { describeMany, nameIn } from './operations.ts';

/** Entries of one folder. */
export interface Source {
  readonly library: LibraryRecord;
  readonly folder: Path;
  readonly names: readonly string[];
}

export interface Target {
  readonly library: LibraryRecord;
  readonly folder: Path;
}

/**
 * Moves entries into a folder; names that are taken there get a number. Within one library it is one commit that keeps
 * ids and times (seafile-api D.4).
 *
 * A folder is never moved into itself: servers up to version 10 lose it (seafile-api L 3).
 *
 * @returns the names the entries got
 */
export async function moveEntries(call: Call, from: Source, to: Target): Promise<string[]> {
  if (from.library.id !== to.library.id) return moveAcross(call, from, to);
  for (const name of from.names) {
    if (isInside(to.folder, [...from.folder, name])) {
      throw fail(400, `Can not move directory ${name} to its subdirectory`);
    }
  }
  const { value } = await call.site.branches.change(to.library.id, { author: call.account }, (edit, now) => {
    const moved: Entry[] = [];
    for (const name of from.names) {
      const entry = edit.get([...from.folder, name]);
      if (!entry) continue;
      // The free name is looked for before the entry leaves: moving within a folder makes `name (1)` (seafile-api L 30).
      const free = nameIn(edit, to.folder, name);
      const taken = edit.remove([...from.folder, name], now);
      if (taken) edit.put(to.folder, withModifier({ ...taken, name: free }, call.account), now);
      moved.push({ ...entry, name: free });
    }
    const description = moved.length > 0 ? describeMany('Moved', 'Moved directory', moved) : null;
    return { description, value: moved.map((entry) => entry.name) };
  });
  return value;
}

/** Copies entries into a folder; names that are taken there get a number. @returns the names the copies got */
export async function copyEntries(call: Call, from: Source, to: Target): Promise<string[]> {
  const { libraries, usage } = call.site;
  // Blocks are encrypted with their library's key.
  const keys = [from.library, to.library].filter(({ encryption }) => encryption !== undefined);
  if (keys.length > 0 && from.library.id !== to.library.id) throw fail(403, 'lib_need_decrypt');
  const root = libraries.head(from.library).rootId;
  const trees = libraries.trees(from.library);
  const entries = from.names.flatMap((name) => trees.find(root, [...from.folder, name]) ?? []);
  if (from.library.id === to.library.id && call.site.features.refuseDotDot) {
    for (const name of from.names) {
      if (isInside(to.folder, [...from.folder, name]))
        throw fail(400, `Can not copy directory ${name} to its subdirectory`);
    }
  }
  const bytes = entries.reduce((sum, entry) => sum + libraries.sizeOf(from.library, entry), 0);
  if (!usage.allows(to.library.owner, bytes)) throw fail(443, 'Out of quota.');
  const fromStore = libraries.storeOf(from.library);
  const toStore = libraries.storeOf(to.library);
  if (fromStore !== toStore) for (const entry of entries) libraries.copyObjects(fromStore, toStore, entry);
  const { value } = await call.site.branches.change(to.library.id, { author: call.account }, (edit, now) => {
    const copies: Entry[] = [];
    for (const entry of entries) {
      const copy = withModifier({ ...entry, name: nameIn(edit, to.folder, entry.name) }, call.account);
      edit.put(to.folder, copy, now);
      copies.push(copy);
    }
    const description = copies.length > 0 ? describeMany('Added', 'Added directory', copies) : null;
    return { description, value: copies.map((entry) => entry.name) };
  });
  return value;
}

/** Between libraries: a copy there, then a removal here; two commits, as on the real server. */
async function moveAcross(call: Call, from: Source, to: Target): Promise<string[]> {
  const names = await copyEntries(call, from, to);
  await call.site.branches.change(from.library.id, { author: call.account }, (edit, now) => {
    const removed = from.names.flatMap((name) => edit.remove([...from.folder, name], now) ?? []);
    const description = removed.length > 0 ? describeMany('Deleted', 'Removed directory', removed) : null;
    return { description, value: undefined };
  });
  return names;
}

/** Who moves or copies a file becomes its modifier (seafile-api D.4). */
function withModifier(entry: Entry, account: string): Entry {
  return entry.kind === 'file' ? { ...entry, modifier: account } : entry;
}
