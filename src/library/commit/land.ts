import { type Commit, type DirectoryId, SeafileError } from '../../seafile/index.ts';
import type { Conflict } from '../batch.ts';
import { type Change, type ConflictMark, DirectoryReader, folderId, type Put, rebase } from '../tree/index.ts';
import type { Commits } from './commits.ts';
import { correction } from './correction.ts';
import type { CommitterOptions } from './options.ts';
import { type Published, publish } from './publish.ts';
import type { Ticket } from './ticket.ts';

/** A head that keeps moving is followed so often. */
const MOST_ROUNDS = 12;

/** A ticket's change on its way into the head's tree, and what is known of it. */
interface Pending {
  readonly ticket: Ticket;
  readonly change: Change;
  readonly conflicts: readonly Conflict[];
}

/**
 * Puts the batches of tickets, whose blocks are on the server, on top of the newest head, until the head's tree holds
 * what was meant. Answers every ticket, or throws what hit them all.
 *
 * When the server merged, it is not the merged tree that the batches are put on once more (it holds parts of them, which
 * could be taken for changes of others), but the other side of the merge: what comes out is what was meant, and where
 * the merged tree differs from it, that difference is the next change.
 */
export async function land(
  tickets: readonly Ticket[],
  options: CommitterOptions,
  commits: Commits,
  signal?: AbortSignal,
): Promise<void> {
  const reader = new DirectoryReader((ids) => options.readDirectories(ids));
  const mark = { account: options.account, date: new Date(options.now()) };
  const read = async () => commits.read(await options.sync.head(signal), signal);
  const planned = tickets.flatMap((ticket) => [...ticket.planned.values()]);
  let pending: Pending[] = tickets.map((ticket) => ({
    ticket,
    change: { folder: ticket.batch.folder, edit: ticket.batch.edit, files: ticket.files },
    conflicts: [],
  }));
  let onto = await read();
  let sent = false;

  for (let round = 0; round < MOST_ROUNDS && pending.length > 0; round++) {
    const rebased = await put(reader, onto.rootId, pending, mark);
    for (const { ticket, failure } of rebased.failed) ticket.fail(failure);
    pending = rebased.pending;
    if (pending.length === 0) return;
    if (rebased.rootId === onto.rootId) {
      return finish(pending, onto, sent ? 'merged' : 'unchanged', reader);
    }
    options.onStored?.({ directories: rebased.objects, files: planned });
    const published = await publish(
      options,
      commits,
      {
        onto,
        rootId: rebased.rootId,
        description: describe(pending),
        objects: [...planned.map(({ object }) => object), ...rebased.objects],
        blockIds: planned.flatMap(({ blocks }) => blocks.map(({ id }) => id)),
      },
      signal,
    );
    const { landed } = published;
    if (landed?.how === 'head') return finish(pending, published.ours, sent ? 'merged' : 'fast-forward', reader);
    const head = await commits.read(published.head, signal);
    if (landed?.how === 'ancestor') return finish(pending, head, 'merged', reader);
    if (landed) {
      sent = true;
      const corrected = await corrections(landed, pending, { reader, mark, commits, signal });
      await finish(corrected.done, head, 'merged', reader);
      pending = corrected.left;
    }
    onto = head;
  }
  if (pending.length > 0) {
    throw new SeafileError(
      'server-failed',
      `Others changed library ${options.sync.library} ${MOST_ROUNDS} times while a change was sent. It will be sent again.`,
    );
  }
}

interface Tools {
  readonly reader: DirectoryReader;
  readonly mark: ConflictMark;
  readonly commits: Commits;
  readonly signal: AbortSignal | undefined;
}

async function put(reader: DirectoryReader, root: DirectoryId, pending: readonly Pending[], mark: ConflictMark) {
  const { rootId, objects, puts } = await rebase(
    reader,
    root,
    pending.map(({ change }) => change),
    mark,
  );
  const failed: { readonly ticket: Ticket; readonly failure: SeafileError }[] = [];
  const done: (Pending & Put)[] = [];
  for (const [index, one] of pending.entries()) {
    const result = puts[index];
    if (result instanceof SeafileError) failed.push({ ticket: one.ticket, failure: result });
    else if (result) done.push({ ...one, ...result, conflicts: joined(one.conflicts, result.conflicts) });
  }
  return { rootId, objects, failed, pending: done };
}

/** What the server's merge left to be done for each ticket. */
async function corrections(
  { merge, theirs }: Extract<NonNullable<Published['landed']>, { how: 'merged' }>,
  pending: readonly Pending[],
  { reader, mark, commits, signal }: Tools,
): Promise<{ done: Pending[]; left: Pending[] }> {
  const other = await commits.read(theirs, signal);
  const fresh = pending.map((one) => ({ ...one, conflicts: [] }));
  const meant = await put(reader, other.rootId, fresh, mark);
  const done: Pending[] = [];
  const left: Pending[] = [];
  for (const one of pending) {
    const wanted = meant.pending.find(({ ticket }) => ticket === one.ticket);
    const merged = await folderId(reader, merge.rootId, one.change.folder);
    // They deleted the folder: what the merge kept of it is all there can be.
    if (!wanted || !merged) {
      done.push(one);
      continue;
    }
    const { edit, conflicts } = await correction(reader, merged, wanted.folderId, wanted.conflicts);
    const next = { ...one, conflicts: joined(one.conflicts, conflicts) };
    if (edit) left.push({ ...next, change: { folder: one.change.folder, edit, files: new Map() } });
    else done.push(next);
  }
  return { done, left };
}

async function finish(
  pending: readonly Pending[],
  commit: Commit,
  how: 'fast-forward' | 'merged' | 'unchanged',
  reader: DirectoryReader,
): Promise<void> {
  const head = { commitId: commit.id, rootId: commit.rootId, ctime: commit.ctime };
  await Promise.all(
    pending.map(async ({ ticket, change, conflicts }) => {
      const folder = await folderId(reader, commit.rootId, change.folder);
      if (folder) ticket.succeed({ head, folderId: folder, how, files: ticket.files, conflicts });
      else {
        ticket.fail(
          new SeafileError(
            'not-found',
            `The folder ${change.folder.join('/')} was deleted while a change was sent to it.`,
          ),
        );
      }
    }),
  );
}

function describe(pending: readonly Pending[]): string {
  const [first] = pending;
  const description = first?.ticket.batch.description ?? '';
  return pending.length > 1 ? `${description} (and changes in ${pending.length - 1} more folders)` : description;
}

/** Conflicts of several rounds, each path and kind once: the latest is the one that stands. */
function joined(before: readonly Conflict[], after: readonly Conflict[]): Conflict[] {
  const key = ({ path, kind }: Conflict) => `${kind} ${path.join('/')}`;
  const all = new Map(before.map((conflict) => [key(conflict), conflict]));
  for (const conflict of after) all.set(key(conflict), conflict);
  return [...all.values()];
}
