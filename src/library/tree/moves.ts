import type { DirectoryId, Entry } from '../../seafile/index.ts';
import type { DirectoryEdit, EntryEdit, NewDirectory } from '../batch.ts';
import type { Draft } from './draft.ts';
import type { Work } from './work.ts';

interface Move {
  readonly edit: EntryEdit;
  readonly now: NewDirectory;
  readonly from: readonly string[];
  readonly to: readonly string[];
}

/**
 * Takes every directory that the edit renames out of its old place, so that the edit finds the old name free and can
 * put the tree, with whatever others changed in it, under the new one. All sources are found before any is taken: names
 * may be swapped, and a directory may come out of one that is itself renamed or deleted.
 *
 * A move that the head has already is not made again.
 */
export async function takeMoved(folder: Draft, edit: DirectoryEdit, work: Work): Promise<void> {
  const takes = await Promise.all([...movesOf(edit, [])].map((move) => findSource(folder, move, work)));
  for (const take of takes) take?.();
}

function* movesOf(edit: DirectoryEdit, path: readonly string[]): Generator<Move> {
  for (const [name, entry] of edit.entries) {
    if (entry.now?.kind !== 'directory') continue;
    const to = [...path, name];
    if (entry.now.movedFrom) yield { edit: entry, now: entry.now, from: entry.now.movedFrom, to };
    if (entry.now.edit) yield* movesOf(entry.now.edit, to);
  }
}

/** @returns takes the tree; null when there is none to take */
async function findSource(folder: Draft, move: Move, work: Work): Promise<(() => void) | null> {
  const name = move.from.at(-1);
  if (name === undefined) throw new TypeError('the folder of the space itself cannot be renamed in it');
  const [source, target] = await Promise.all([
    openAt(folder, move.from, work),
    openAt(folder, move.to, work).then((found) => found?.draft),
  ]);
  if (!source) return null;
  const { was } = move.edit;
  const targetAsSeen = was?.kind === 'directory' && target?.unchangedId === was.id;
  if (target && !targetAsSeen && (await arrivedAlready(target, source.draft, move.now, work))) return null;
  return () => {
    source.parent.remove(name);
    const left = work.left.get(source.parent) ?? new Set();
    work.left.set(source.parent, left.add(name));
    work.moved.set(move.now, source.draft);
  };
}

/** The directory at a path, with the one it is in; null when there is none. */
async function openAt(
  folder: Draft,
  path: readonly string[],
  work: Work,
): Promise<{ readonly parent: Draft; readonly draft: Draft } | null> {
  let parent = folder;
  let draft = folder;
  for (const name of path) {
    parent = draft;
    await parent.load(work.reader);
    if (parent.entries().get(name)?.kind !== 'directory') return null;
    draft = parent.open(name);
  }
  return { parent, draft };
}

/**
 * Where a renamed tree is when the head has directories at both places: one of them is not it. Decided by which is more
 * like what was meant, since others may have changed either.
 */
async function arrivedAlready(target: Draft, source: Draft, now: NewDirectory, work: Work): Promise<boolean> {
  const base = await work.reader.read(now.base);
  await Promise.all([target.load(work.reader), source.load(work.reader)]);
  return isLiker(
    likeness(target.entries(), meant(base.entries, now, work)),
    likeness(source.entries(), wanted(base.entries)),
  );
}

/** Whether the head's directory is rather what the edit makes of the name than what stood there before. */
export async function holdsAlready(head: Draft, now: NewDirectory, was: DirectoryId, work: Work): Promise<boolean> {
  const [base, before] = await Promise.all([work.reader.read(now.base), work.reader.read(was), head.load(work.reader)]);
  return isLiker(
    likeness(head.entries(), meant(base.entries, now, work)),
    likeness(head.entries(), wanted(before.entries)),
  );
}

function isLiker(after: number, before: number): boolean {
  return after > before || after === 1;
}

/** Names with the ids they should have; null where only the kind is known. */
type Wanted = Map<string, { readonly kind: Entry['kind']; readonly id: string | null }>;

function wanted(entries: ReadonlyMap<string, Entry>): Wanted {
  return new Map(entries);
}

/** What the directory holds once the edit is put on its base. */
function meant(base: ReadonlyMap<string, Entry>, { edit }: NewDirectory, work: Work): Wanted {
  const entries = wanted(base);
  for (const [name, { now }] of edit?.entries ?? []) {
    if (now === null) entries.delete(name);
    else if (now.kind === 'directory') entries.set(name, { kind: 'directory', id: now.edit ? null : now.base });
    else {
      const { content } = now;
      entries.set(name, {
        kind: 'file',
        id: content.kind === 'known' ? content.id : (work.files.get(content) ?? null),
      });
    }
  }
  return entries;
}

/** Share of the wanted entries that are there: 0 to 1. */
function likeness(entries: ReadonlyMap<string, Entry>, want: Wanted): number {
  if (want.size === 0) return entries.size === 0 ? 1 : 0;
  let found = 0;
  for (const [name, { kind, id }] of want) {
    const entry = entries.get(name);
    if (entry?.kind === kind && (id === null || id === entry.id)) found++;
  }
  return found / want.size;
}
