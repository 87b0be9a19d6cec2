import type { CommitOutcome, Conflict, Head, Library } from '../../library/index.ts';
import { type FileId, SeafileError } from '../../seafile/index.ts';
import { VolumeError } from '../errno.ts';
import { volumeErrorOf } from '../errors.ts';
import { type DirectoryNode, FileNode } from '../nodes/node.ts';
import { sentId } from '../pending/arrival.ts';
import { type BuiltBatch, buildBatch, type SentName } from '../pending/batch-builder.ts';
import { type Settling, settleContents, settleNames, unsettle } from '../pending/settle.ts';

/** When pending changes are sent, in milliseconds. */
export interface SendTimes {
  /** After the last change. */
  readonly quietMs: number;
  /** After the first change that was not sent. */
  readonly latestMs: number;
}

export const DEFAULT_SEND_TIMES: SendTimes = { quietMs: 1000, latestMs: 5000 };

/** Waits between tries when the server does not take what is pending. */
const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 60_000;

/** What the sender works on, besides what settling needs. */
export interface Sending extends Settling {
  readonly library: Library;
  readonly folder: readonly string[];
  /**
   * Moves the snapshot to a head that has the batch; in between, before and after are called without waiting.
   *
   * @param started the head that was accepted when the batch was built
   */
  accept(outcome: CommitOutcome, before: () => void, after: () => void, started: Head): Promise<void>;
  conflicted(conflict: Conflict): void;
}

/** How sending goes. */
export interface SendStatus {
  /** When the oldest change that was not sent was made, milliseconds since 1970; null when there is none. */
  readonly pendingSinceMs: number | null;
  readonly isSending: boolean;
  /** Why the last try failed; null after one that did not. */
  readonly lastError: VolumeError | null;
}

/** Sends pending changes in batches: one on its way at a time, callers that wait share it. */
export class Sender {
  readonly #at: Sending;
  readonly #times: SendTimes;
  readonly #now: () => number;
  #timer: NodeJS.Timeout | undefined;
  #firstChangeMs: number | null = null;
  #lastChangeMs = 0;
  #running: Promise<void> | null = null;
  #isRunningAll = false;
  #retryMs = FIRST_RETRY_MS;
  #lastError: VolumeError | null = null;
  #isClosed = false;

  constructor(at: Sending, times: SendTimes, now: () => number) {
    this.#at = at;
    this.#times = times;
    this.#now = now;
  }

  get status(): SendStatus {
    return {
      pendingSinceMs: this.#at.tree.root.pending.size === 0 ? null : (this.#firstChangeMs ?? this.#lastChangeMs),
      isSending: this.#running !== null,
      lastError: this.#lastError,
    };
  }

  /** Something is pending. */
  changed(): void {
    this.#lastChangeMs = this.#now();
    this.#firstChangeMs ??= this.#lastChangeMs;
    if (this.#timer === undefined && this.#running === null && this.#lastError === null) this.#waitForQuiet();
  }

  /**
   * Sends everything that is pending now.
   *
   * @throws VolumeError why the server did not take it; it stays pending
   */
  async flush(): Promise<void> {
    // What is on its way may have been taken before the caller's change, or left files out: a batch that starts now
    // has all.
    if (this.#running !== null) await this.#running.catch(ignoreTold);
    while (this.#running !== null && !this.#isRunningAll) await this.#running.catch(ignoreTold);
    if (this.#at.tree.root.pending.size === 0) return;
    // The journal is closed too: nothing may be sent of which it could not be recorded what became of it.
    if (this.#isClosed)
      throw new VolumeError('EINTR', 'the volume was closed before everything was sent; the rest is kept');
    await this.#run(true);
  }

  /** Stops sending by itself. What is on its way arrives or fails first. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#running?.catch(ignoreTold);
  }

  #waitForQuiet(): void {
    this.#wait(Math.min(this.#times.quietMs, this.#times.latestMs));
  }

  #wait(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#due();
    }, delayMs);
    // A program that has nothing else to do may end: what is pending is in the journal.
    this.#timer.unref();
  }

  #due(): void {
    if (this.#isClosed || this.#running !== null || this.#at.tree.root.pending.size === 0) return;
    const now = this.#now();
    const quietInMs = this.#lastChangeMs + this.#times.quietMs - now;
    const latestInMs = (this.#firstChangeMs ?? now) + this.#times.latestMs - now;
    if (quietInMs > 0 && latestInMs > 0 && this.#lastError === null) {
      this.#wait(Math.min(quietInMs, latestInMs));
      return;
    }
    this.#run(false).catch(ignoreTold);
  }

  /** Joins the batch that is being built, or starts one. */
  #run(all: boolean): Promise<void> {
    if (this.#running !== null) return this.#running;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isRunningAll = all;
    const running = this.#send(all).finally(() => {
      this.#running = null;
      if (this.#at.tree.root.pending.size === 0) this.#firstChangeMs = null;
      else if (!this.#isClosed) this.#lastError === null ? this.#waitForQuiet() : this.#wait(this.#retryMs);
    });
    this.#running = running;
    return running;
  }

  async #send(all: boolean): Promise<void> {
    // Whatever else this turn of the event loop changes goes along.
    await Promise.resolve();
    const batch = buildBatch(this.#at.tree.root, this.#now(), all);
    if (batch.names.length === 0) {
      this.#clearEmpty();
      return;
    }
    this.#firstChangeMs = null;
    for (const { pending } of batch.names) pending.inFlight = true;
    const started = this.#at.tree.head;
    try {
      for (const content of batch.contents) await content.prepare();
      const outcome = await this.#at.library.commit({
        folder: this.#at.folder,
        edit: batch.edit,
        description: describe(batch),
        beforePublish: (files) => this.#recordSent(batch, files),
      });
      await this.#at.accept(
        outcome,
        () => settleContents(this.#at, batch, outcome),
        () => {
          settleNames(this.#at, batch, outcome);
          // With the names, so that nobody sees nothing pending and yet a failure.
          this.#lastError = null;
        },
        started,
      );
      for (const conflict of outcome.conflicts) this.#at.conflicted(conflict);
      this.#retryMs = FIRST_RETRY_MS;
    } catch (error) {
      throw this.#failed(batch, error);
    } finally {
      for (const { generation } of batch.contents) generation.release();
    }
  }

  /** Pending names below which nothing differs any more. */
  #clearEmpty(): void {
    const { tree, journal } = this.#at;
    const clear = (directory: typeof tree.root): void => {
      for (const [name, { node }] of [...directory.pending]) {
        if (node?.kind !== 'directory') continue;
        clear(node);
        if (node.pending.size > 0 || node.entry === null) continue;
        if (node.mode !== node.entry.mode || node.mtime.seconds !== node.entry.mtime) continue;
        directory.pending.delete(name);
        journal.dropNode(node.ino);
        journal.noteName(directory, name);
        tree.table.settle(node);
      }
    };
    clear(tree.root);
    journal.commit();
  }

  /** So that a later process, or the next try, knows its own changes when the answer to this one is lost. */
  async #recordSent(batch: BuiltBatch, files: ReadonlyMap<object, FileId>): Promise<void> {
    const { journal } = this.#at;
    for (const sent of batch.names) {
      const id = sentId(sent, files as CommitOutcome['files']);
      if (id === null) continue;
      const { directory, name, pending } = placeOf(this.#at.tree.root, sent);
      if (pending.sent.includes(id)) continue;
      pending.sent.push(id);
      if (directory.pending.get(name) === pending) journal.noteName(directory, name);
    }
    journal.commit();
    await journal.flush();
  }

  #failed(batch: BuiltBatch, error: unknown): VolumeError {
    unsettle(this.#at, batch);
    const isForbidden = error instanceof SeafileError && error.kind === 'forbidden';
    const failure = isForbidden
      ? new VolumeError(
          'EACCES',
          `sending what is pending: ${error.message} What was written is kept on this machine.`,
          {
            cause: error,
          },
        )
      : volumeErrorOf(error, 'sending what is pending');
    this.#lastError = failure;
    this.#firstChangeMs ??= this.#now();
    this.#retryMs = Math.min(LAST_RETRY_MS, this.#retryMs * 2);
    // An unreachable server is waited for; what the server refused concerns whoever wrote the file.
    const isRefusal = !(error instanceof SeafileError) || error.kind !== 'unreachable';
    if (isRefusal) for (const { node } of batch.names) if (node instanceof FileNode) node.error = failure;
    return failure;
  }
}

/**
 * The pending name that a sent file is told of: its own, or, when a folder above it was removed or replaced meanwhile,
 * that folder's.
 */
function placeOf(root: DirectoryNode, sent: SentName): Pick<SentName, 'directory' | 'name' | 'pending'> {
  let directory = root;
  for (const name of sent.path) {
    const pending = directory.pending.get(name);
    if (pending === undefined || pending === sent.pending) break;
    if (pending.node?.kind !== 'directory') return { directory, name, pending };
    directory = pending.node;
  }
  return sent;
}

function ignoreTold(): void {
  // The failure is kept in the status, told by fsync and close of the files concerned, and tried again.
}

function describe(batch: BuiltBatch): string {
  const first = batch.names.find(({ node }) => node?.kind !== 'directory') ?? batch.names[0];
  const rest = batch.names.length - 1;
  const verb = first?.node === null ? 'Removed' : first?.pending.was === null ? 'Added' : 'Modified';
  const named = `${verb} "${first?.name ?? ''}"`;
  return rest > 0 ? `${named} and ${rest} more` : named;
}
