import { SeafileError } from '../../seafile/index.ts';
import type { Batch, CommitOutcome } from '../batch.ts';
import { overlaps } from '../tree/index.ts';
import { Commits } from './commits.ts';
import { land } from './land.ts';
import type { CommitterOptions } from './options.ts';
import { bytesOf, prepare } from './prepare.ts';
import { renameSharedFolders } from './shared-renames.ts';
import { Ticket } from './ticket.ts';

/** A batch with more bytes to send goes on its own, so that nobody else's small change waits for them. */
const LARGE_BYTES = 16 * 1024 * 1024;
/** Large batches whose bytes are sent at one time. */
const PARALLEL_LARGE = 2;
/** Tries after the server lost blocks that were stored (a garbage collection ran). */
const ATTEMPTS = 4;

/**
 * Sends batches to one library. First a batch is prepared: its bytes go to the server, which may take long. Then it is
 * published, and there is never more than one commit under way: all batches that are ready when one starts go in it
 * together, so a thousand writers make one commit a round trip, not a thousand. A batch that fails for a reason of its
 * own does not fail the others. Batches of folders within each other keep their order.
 */
export class Committer {
  readonly #options: CommitterOptions;
  readonly #commits: Commits;
  #waiting: Ticket[] = [];
  /** Being prepared or published. */
  readonly #active = new Set<Ticket>();
  #ready: Ticket[] = [];
  #preparingSmall = false;
  #preparingLarge = 0;
  #publishing = false;
  #closed = false;
  #idle: (() => void)[] = [];

  constructor(options: CommitterOptions, commits: Commits = new Commits(options.sync)) {
    this.#options = options;
    this.#commits = commits;
  }

  commit(batch: Batch, signal?: AbortSignal): Promise<CommitOutcome> {
    const ticket = new Ticket(batch, signal);
    if (this.#closed) ticket.fail(closed());
    // Callers of this turn of the event loop share a commit.
    if (this.#waiting.length === 0) setImmediate(() => this.#startWaiting());
    this.#waiting.push(ticket);
    return ticket.outcome;
  }

  /** Lets what is under way end; what waits is refused. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const ticket of this.#waiting) ticket.fail(closed());
    if (this.#active.size > 0) await new Promise<void>((idle) => this.#idle.push(idle));
  }

  /** Takes what may start: small batches together, large ones a few at a time. */
  #startWaiting(): void {
    const small: Ticket[] = [];
    const held: Ticket[] = [];
    for (const ticket of this.#waiting) {
      if (ticket.settled) continue;
      const large = bytesOf(ticket) > LARGE_BYTES;
      const full = large ? this.#preparingLarge >= PARALLEL_LARGE : this.#preparingSmall;
      const follows = (other: Ticket) => overlaps(other.batch.folder, ticket.batch.folder);
      if (full || held.some(follows) || [...this.#active].some(follows) || (large && small.some(follows))) {
        held.push(ticket);
      } else if (large) void this.#prepare([ticket], 'large');
      else small.push(ticket);
    }
    this.#waiting = held;
    if (small.length > 0) void this.#prepare(small, 'small');
  }

  async #prepare(tickets: readonly Ticket[], size: 'small' | 'large'): Promise<void> {
    for (const ticket of tickets) this.#active.add(ticket);
    if (size === 'large') this.#preparingLarge++;
    else this.#preparingSmall = true;
    await this.#each(tickets, (some, signal) => prepare(some, this.#options, signal));
    if (size === 'large') this.#preparingLarge--;
    else this.#preparingSmall = false;
    this.#ready.push(...tickets);
    this.#startWaiting();
    await this.#publishReady();
  }

  async #publishReady(): Promise<void> {
    if (this.#publishing) return;
    this.#publishing = true;
    while (this.#ready.length > 0) {
      const tickets = this.#ready;
      this.#ready = [];
      await this.#each(tickets, (some, signal) => this.#publish(some, signal));
      for (const ticket of tickets) this.#active.delete(ticket);
      this.#startWaiting();
    }
    this.#publishing = false;
    if (this.#active.size === 0) for (const idle of this.#idle.splice(0)) idle();
  }

  async #publish(tickets: readonly Ticket[], signal: AbortSignal): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const waiting = tickets.filter(({ settled }) => !settled);
      try {
        if (this.#options.sharedFolders) await renameSharedFolders(waiting, this.#options, this.#commits, signal);
        return await land(waiting, this.#options, this.#commits, signal);
      } catch (error) {
        if (!isLostBlocks(error) || attempt >= ATTEMPTS) throw error;
        await prepare(waiting, this.#options, signal);
      }
    }
  }

  /** Does one stage for tickets together; for each alone when together they fail for what may be one's own reason. */
  async #each(
    tickets: readonly Ticket[],
    stage: (tickets: readonly Ticket[], signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const waiting = tickets.filter(({ settled }) => !settled);
    if (waiting.length === 0) return;
    const aborter = new AbortController();
    const abortWhenNobodyWaits = () => {
      if (waiting.every(({ settled }) => settled)) aborter.abort();
    };
    for (const ticket of waiting) ticket.onSettled(abortWhenNobodyWaits);
    try {
      await stage(waiting, aborter.signal);
    } catch (error) {
      const left = waiting.filter(({ settled }) => !settled);
      if (left.length > 1 && mayBeOfOne(error)) {
        for (const ticket of left) await this.#each([ticket], stage);
      } else for (const ticket of left) ticket.fail(error);
    }
  }
}

function isLostBlocks(error: unknown): boolean {
  return error instanceof SeafileError && (error.kind === 'blocks-missing' || error.kind === 'gc-conflict');
}

function mayBeOfOne(error: unknown): boolean {
  if (!(error instanceof SeafileError)) return true;
  return ['quota', 'too-large', 'rejected', 'blocks-missing', 'gc-conflict', 'corrupt-answer', 'not-found'].includes(
    error.kind,
  );
}

function closed(): SeafileError {
  return new SeafileError('aborted', 'The library was closed before the change was sent.');
}
