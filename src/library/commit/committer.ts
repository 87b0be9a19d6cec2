import { eachInParallel, SeafileError } from '../../seafile/index.ts';
import type { Batch, CommitOutcome } from '../batch.ts';
import { bytesToCut, planFile } from '../blocks/index.ts';
import { land } from './land.ts';
import { renameSharedFolders } from './shared-renames.ts';
import { Ticket } from './ticket.ts';
import { Commits, type CommitterOptions } from './wire.ts';

/** Files cut and hashed at one time: each holds a block in memory. */
const PARALLEL_FILES = 4;
/** Tries after the server lost blocks that were stored (a garbage collection ran). */
const ATTEMPTS = 4;

/**
 * Sends batches to one library: one commit at a time, and all batches that wait when a commit starts go in it together,
 * so a thousand writers make one commit a round trip, not a thousand. A batch that fails for a reason of its own does
 * not fail the others.
 */
export class Committer {
  readonly #options: CommitterOptions;
  readonly #commits: Commits;
  #waiting: Ticket[] = [];
  #running: Promise<void> | null = null;
  #closed = false;

  constructor(options: CommitterOptions, commits: Commits = new Commits(options.sync)) {
    this.#options = options;
    this.#commits = commits;
  }

  commit(batch: Batch, signal?: AbortSignal): Promise<CommitOutcome> {
    const ticket = new Ticket(batch, signal);
    if (this.#closed) ticket.fail(closed());
    this.#waiting.push(ticket);
    this.#running ??= this.#run();
    return ticket.outcome;
  }

  /** Lets the commit that is under way end; what waits is refused. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const ticket of this.#waiting) ticket.fail(closed());
    await this.#running;
  }

  async #run(): Promise<void> {
    // Callers of this turn of the event loop share the first commit, too.
    await new Promise(setImmediate);
    while (this.#waiting.length > 0) {
      const group = this.#waiting.filter(({ settled }) => !settled);
      this.#waiting = [];
      await this.#send(group);
    }
    this.#running = null;
  }

  /** Answers every ticket. */
  async #send(tickets: readonly Ticket[]): Promise<void> {
    const aborter = new AbortController();
    const abortWhenNobodyWaits = () => {
      if (tickets.every(({ settled }) => settled)) aborter.abort();
    };
    for (const ticket of tickets) ticket.onSettled(abortWhenNobodyWaits);
    for (let attempt = 1; tickets.some(({ settled }) => !settled); attempt++) {
      try {
        await this.#attempt(tickets, aborter.signal);
        return;
      } catch (error) {
        const waiting = tickets.filter(({ settled }) => !settled);
        if (isLostBlocks(error) && attempt < ATTEMPTS) continue;
        if (waiting.length > 1 && mayBeOfOne(error)) {
          for (const ticket of waiting) await this.#send([ticket]);
        } else for (const ticket of waiting) ticket.fail(error);
        return;
      }
    }
  }

  /** The steps of sending, in the order that loses nothing whenever it ends. */
  async #attempt(tickets: readonly Ticket[], signal: AbortSignal): Promise<void> {
    const { sync, blocks } = this.#options;
    const waiting = () => tickets.filter(({ settled }) => !settled);
    let bytes = 0;
    for (const ticket of waiting()) {
      failAlone(ticket, () => {
        for (const content of ticket.contents) bytes += bytesToCut(content);
      });
    }
    await Promise.all([sync.permissionCheck('upload', signal), bytes > 0 && sync.quotaCheck(bytes, signal)]);

    await this.#plan(waiting(), signal);
    const failures = await blocks.send(
      waiting().flatMap(({ planned }) => [...planned.values()]),
      signal,
    );
    for (const ticket of waiting()) {
      const failed = [...ticket.contents].find((content) => failures.has(content));
      if (failed) ticket.fail(failures.get(failed));
      else if (!ticket.announced) {
        failAlone(ticket, () => ticket.batch.beforePublish?.(ticket.files));
        ticket.announced = true;
      }
    }
    if (waiting().length === 0) return;
    if (this.#options.sharedFolders) {
      await renameSharedFolders(waiting(), this.#options, this.#commits, signal);
    }
    await land(waiting(), this.#options, this.#commits, signal);
  }

  async #plan(tickets: readonly Ticket[], signal: AbortSignal): Promise<void> {
    const { cutPolicy } = this.#options;
    const files = tickets.flatMap((ticket) => [...ticket.contents].map((content) => ({ ticket, content })));
    await eachInParallel(files, PARALLEL_FILES, async ({ ticket, content }) => {
      if (ticket.settled || ticket.planned.has(content)) return;
      try {
        ticket.planned.set(content, await planFile(content, { ...(cutPolicy ? { policy: cutPolicy } : {}), signal }));
      } catch (error) {
        // The batch's own bytes cannot be read; the others go on.
        ticket.fail(error);
      }
    });
  }
}

function failAlone(ticket: Ticket, work: () => void): void {
  try {
    work();
  } catch (error) {
    ticket.fail(error);
  }
}

function isLostBlocks(error: unknown): boolean {
  return error instanceof SeafileError && (error.kind === 'blocks-missing' || error.kind === 'gc-conflict');
}

/** Whether a failure of a shared commit may be due to one batch: then each is sent alone. */
function mayBeOfOne(error: unknown): boolean {
  if (!(error instanceof SeafileError)) return true;
  return ['quota', 'too-large', 'rejected', 'blocks-missing', 'gc-conflict', 'corrupt-answer', 'not-found'].includes(
    error.kind,
  );
}

function closed(): SeafileError {
  return new SeafileError('aborted', 'The library was closed before the change was sent.');
}
