import type { CommitId, LibraryId } from '../../seafile/index.ts';

/** Timers as the poll needs them, so that tests decide when they fire. */
export interface Timers {
  /** @returns stops it */
  after(ms: number, work: () => void): () => void;
}

/** Real ones, that keep no process alive. */
export const systemTimers: Timers = {
  after(ms, work) {
    const timer = setTimeout(work, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

export interface HeadPollOptions {
  /** Heads of many libraries in one request. */
  readonly readHeads: (
    libraries: readonly LibraryId[],
    signal: AbortSignal,
  ) => Promise<ReadonlyMap<LibraryId, CommitId>>;
  /** Time between an answer and the next question. */
  readonly intervalMs?: number;
  readonly timers?: Timers;
}

export const POLL_INTERVAL_MS = 2000;
/** A server that does not answer is asked less and less often, at least so often. */
const LONGEST_INTERVAL_MS = 60_000;

/** Asks for the heads of all watched libraries in one request, again and again. Asks nothing while none is watched. */
export class HeadPoll {
  readonly #options: HeadPollOptions;
  readonly #intervalMs: number;
  readonly #timers: Timers;
  readonly #watches = new Map<LibraryId, Set<(head: CommitId) => void>>();
  #failures = 0;
  #stopTimer: (() => void) | null = null;
  #asking: AbortController | null = null;
  #closed = false;

  constructor(options: HeadPollOptions) {
    this.#options = options;
    this.#intervalMs = options.intervalMs ?? POLL_INTERVAL_MS;
    this.#timers = options.timers ?? systemTimers;
  }

  /**
   * @param onHead is called with what each poll finds, changed or not
   * @returns stops the watching
   */
  watch(library: LibraryId, onHead: (head: CommitId) => void): () => void {
    const listeners = this.#watches.get(library) ?? new Set();
    this.#watches.set(library, listeners.add(onHead));
    this.#schedule();
    return () => {
      listeners.delete(onHead);
      if (listeners.size === 0 && this.#watches.get(library) === listeners) this.#watches.delete(library);
      if (this.#watches.size === 0) this.#stop();
    };
  }

  /** Asks at once, for example when a notification came or the network is back. */
  pollNow(): void {
    this.#failures = 0;
    this.#stopTimer?.();
    this.#stopTimer = null;
    void this.#poll();
  }

  close(): void {
    this.#closed = true;
    this.#watches.clear();
    this.#stop();
  }

  #stop(): void {
    this.#stopTimer?.();
    this.#stopTimer = null;
    this.#asking?.abort();
  }

  #schedule(): void {
    if (this.#closed || this.#watches.size === 0 || this.#stopTimer || this.#asking) return;
    const ms = Math.min(this.#intervalMs * 2 ** this.#failures, Math.max(LONGEST_INTERVAL_MS, this.#intervalMs));
    this.#stopTimer = this.#timers.after(ms, () => {
      this.#stopTimer = null;
      void this.#poll();
    });
  }

  async #poll(): Promise<void> {
    if (this.#closed || this.#asking || this.#watches.size === 0) return;
    const asking = new AbortController();
    this.#asking = asking;
    try {
      const heads = await this.#options.readHeads([...this.#watches.keys()], asking.signal);
      this.#failures = 0;
      for (const [library, head] of heads) {
        for (const tell of this.#watches.get(library) ?? []) tell(head);
      }
    } catch {
      // Whatever it was (offline, a restart, too many requests): asked again later, and whoever needs the server meets
      // the failure itself.
      this.#failures++;
    } finally {
      this.#asking = null;
      this.#schedule();
    }
  }
}
