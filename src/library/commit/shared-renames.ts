import type { Commit } from '../../seafile/index.ts';
import type { DirectoryEdit } from '../batch.ts';
import { DirectoryReader, makeDirectories, renameAlone } from '../tree/index.ts';
import type { Commits } from './commits.ts';
import type { CommitterOptions } from './options.ts';
import { publish } from './publish.ts';
import type { Ticket } from './ticket.ts';

/** A rename in an edit, with paths from the library's root. */
interface Rename {
  readonly from: readonly string[];
  readonly to: readonly string[];
}

/**
 * Renames folders that are shared, or hold shared ones, each in a commit of its own with the tree as the head has it:
 * when the path of a shared folder vanishes, the server deletes the share unless it sees just that. What else the
 * batches change there follows with the rest of them, which find the rename done.
 */
export async function renameSharedFolders(
  tickets: readonly Ticket[],
  options: CommitterOptions,
  commits: Commits,
  signal?: AbortSignal,
): Promise<void> {
  const renames = tickets.flatMap(({ batch }) => [...renamesOf(batch.edit, batch.folder, [])]);
  if (renames.length === 0) return;
  const shared = (await options.sharedFolders?.(signal)) ?? [];
  const reader = new DirectoryReader((ids) => options.readDirectories(ids));
  const mtime = Math.floor(options.now() / 1000);
  for (const { from, to } of renames) {
    if (!shared.some((path) => from.every((name, depth) => path[depth] === name))) continue;
    const description = `Renamed "${from.join('/')}" to "${to.join('/')}"`;
    const parent = await commits.read(await options.sync.head(signal), signal);
    await send(parent, await makeDirectories(reader, parent.rootId, to.slice(0, -1), mtime), description);
    const onto = await commits.read(await options.sync.head(signal), signal);
    await send(onto, await renameAlone(reader, onto.rootId, from, to), description);
  }

  async function send(onto: Commit, tree: Awaited<ReturnType<typeof renameAlone>>, description: string): Promise<void> {
    if (!tree) return;
    options.onStored?.({ directories: tree.objects, files: [] });
    // Merged or not: the batch that follows is put on whatever the head is then.
    await publish(options, commits, { onto, ...tree, description, blockIds: [] }, signal);
  }
}

/** Renames to places whose folders are not renamed themselves: those have to wait for the rest of the batch. */
function* renamesOf(edit: DirectoryEdit, space: readonly string[], path: readonly string[]): Generator<Rename> {
  for (const [name, { was, now }] of edit.entries) {
    if (now?.kind !== 'directory') continue;
    const to = [...path, name];
    if (now.movedFrom) {
      if (was === null) yield { from: [...space, ...now.movedFrom], to: [...space, ...to] };
    } else if (now.edit) yield* renamesOf(now.edit, space, to);
  }
}
