import type { ObjectKind, ObjectStore } from '../storage/index.ts';
import { withData } from './offline.ts';
import { addReachable, nothingYet, type Reachable } from './reachable.ts';

/** What a collection removed. */
export interface CollectReport {
  readonly removedObjects: number;
  readonly removedBytes: number;
  readonly keptObjects: number;
}

export interface CollectOptions {
  /**
   * Objects younger than this stay in any case: they may belong to an upload whose commit is still to come. A day by
   * default, in milliseconds.
   */
  readonly graceMs?: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

const DAY_MS = 86_400_000;
const KINDS: readonly ObjectKind[] = ['commits', 'fs', 'blocks'];

/**
 * Removes the objects that no library needs any more: nothing that its head, the history it keeps, a share or the trash
 * refers to. A library that is damaged is left alone.
 *
 * @throws when there is no data, a server uses it
 */
export function collectGarbage(folder: string, options: CollectOptions = {}): Promise<CollectReport> {
  const now = options.now ?? Date.now;
  const youngest = now() - (options.graceMs ?? DAY_MS);
  return withData(folder, now, async ({ objects, libraries, tables, database }) => {
    const needed = new Map<string, Reachable>();
    const damaged = new Set<string>();
    for (const [, library] of tables.libraries.entries()) {
      const store = libraries.storeOf(library);
      const found = nothingYet();
      addReachable(libraries, library, found, Math.floor(now() / 1000), () => damaged.add(store));
      // Commits lie with the library itself, everything else with the store it uses.
      add(needed, library.id, { ...nothingYet(), commits: found.commits });
      add(needed, store, { ...found, commits: new Set() });
    }
    // Counted first: a commit whose blocks are being removed must not be taken.
    for (const [, library] of [...tables.libraries.entries()]) {
      if (!damaged.has(libraries.storeOf(library))) libraries.countCollection(library);
    }
    await database.written();
    const report = { removedObjects: 0, removedBytes: 0, keptObjects: 0 };
    for (const kind of KINDS) {
      for (const store of objects.stores(kind)) {
        if (damaged.has(store)) continue;
        sweep(objects, kind, store, needed.get(store) ?? nothingYet(), youngest, report);
      }
    }
    return report;
  });
}

function add(needed: Map<string, Reachable>, store: string, found: Reachable): void {
  const known = needed.get(store);
  if (!known) {
    needed.set(store, found);
    return;
  }
  for (const id of found.commits) known.commits.add(id);
  for (const id of found.directories) known.directories.add(id);
  for (const id of found.files) known.files.add(id);
  for (const id of found.blocks) known.blocks.add(id);
}

function sweep(
  objects: ObjectStore,
  kind: ObjectKind,
  store: string,
  needed: Reachable,
  youngest: number,
  report: { removedObjects: number; removedBytes: number; keptObjects: number },
): void {
  const sets: readonly ReadonlySet<string>[] =
    kind === 'commits' ? [needed.commits] : kind === 'fs' ? [needed.directories, needed.files] : [needed.blocks];
  for (const id of objects.ids(kind, store)) {
    const { size, mtimeMs } = objects.stat(kind, store, id);
    if (sets.some((set) => set.has(id)) || mtimeMs > youngest) {
      report.keptObjects += 1;
      continue;
    }
    objects.remove(kind, store, id);
    report.removedObjects += 1;
    report.removedBytes += size;
  }
}
