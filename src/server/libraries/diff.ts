import type { DirectoryId, Entry } from '../../seafile/objects/index.ts';
import type { Path } from './paths.ts';
import type { Trees } from './trees.ts';

/** A path whose entry differs between two trees. */
export interface Difference {
  readonly path: Path;
  readonly before: Entry | undefined;
  readonly after: Entry | undefined;
}

/**
 * Walks two trees together, only where ids differ: its cost is that of the difference, not of the trees.
 *
 * A folder that exists on one side only is told and walked; one that exists on both is walked, and told only when its
 * own entry differs in more than the id and the time.
 */
export function* diffTrees(
  trees: Trees,
  before: DirectoryId | undefined,
  after: DirectoryId | undefined,
  at: Path = [],
): Generator<Difference> {
  if (before === after) return;
  const old = new Map((before === undefined ? [] : trees.entries(before)).map((entry) => [entry.name, entry]));
  const names = new Set<string>();
  for (const entry of after === undefined ? [] : trees.entries(after)) {
    names.add(entry.name);
    yield* diffEntry(trees, old.get(entry.name), entry, [...at, entry.name]);
  }
  for (const [name, entry] of old) if (!names.has(name)) yield* diffEntry(trees, entry, undefined, [...at, name]);
}

function* diffEntry(
  trees: Trees,
  before: Entry | undefined,
  after: Entry | undefined,
  path: Path,
): Generator<Difference> {
  const bothFolders = before?.kind === 'directory' && after?.kind === 'directory';
  if (!bothFolders && (before?.id !== after?.id || before?.kind !== after?.kind)) yield { path, before, after };
  const oldFolder = before?.kind === 'directory' ? before.id : undefined;
  const newFolder = after?.kind === 'directory' ? after.id : undefined;
  if (oldFolder !== newFolder) yield* diffTrees(trees, oldFolder, newFolder, path);
}
