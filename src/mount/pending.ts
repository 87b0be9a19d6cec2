import { judge } from './interruption.ts';
import type { Operation } from './operation.ts';

/** How often callers who got a signal that was no reason to let them go are looked at again. */
const LOOK_AGAIN_MS = 100;

/** A request whose answer has to wait for something. */
export interface PendingRequest {
  readonly operation: Operation<unknown>;
  readonly opcode: number;
  readonly unique: number;
  readonly uniqueLow: number;
  readonly uniqueHigh: number;
  readonly pid: number;
  /** Nodes that the kernel locks until the answer. */
  readonly nodes: readonly number[];
  /** The slot that holds data the operation still needs, or -1. */
  readonly slot: number;
  readonly abort: AbortController | null;
  /** The caller has been let go: what the operation comes to is for nobody. */
  answered: boolean;
}

/**
 * The requests that wait, and which of their callers are to be let go before they are done.
 *
 * The kernel tells a request's first signal only. A later SIGKILL comes without a message; so callers that had one
 * signal are looked at until they are answered, and so are those of FLUSH, which closes the files of a process on its
 * way out and cannot be killed any more.
 */
export class PendingRequests {
  readonly #requests = new Map<number, PendingRequest>();
  readonly #watched = new Set<PendingRequest>();
  readonly #letGo: (request: PendingRequest) => void;
  #timer: NodeJS.Timeout | null = null;

  /** @param letGo answers a request with EINTR */
  constructor(letGo: (request: PendingRequest) => void) {
    this.#letGo = letGo;
  }

  get size(): number {
    return this.#requests.size;
  }

  add(request: PendingRequest, watch: boolean): void {
    this.#requests.set(request.unique, request);
    if (watch) this.#watch(request);
  }

  delete(request: PendingRequest): void {
    this.#requests.delete(request.unique);
    this.#unwatch(request);
  }

  /** The kernel tells that the caller of a request got a signal. */
  interrupt(unique: number): void {
    const request = this.#requests.get(unique);
    // Answered meanwhile.
    if (request === undefined || request.answered) return;
    if (!this.#decide(request)) this.#watch(request);
  }

  /** The connection is over. */
  close(): void {
    for (const request of this.#requests.values()) request.abort?.abort();
    this.#watched.clear();
    this.#stopTimer();
  }

  #decide(request: PendingRequest): boolean {
    const verdict = judge(request.pid);
    // A change may happen although its caller was told EINTR: only those who will not see it are let go.
    if (verdict === 'waits' || (verdict === 'asked' && request.operation.changes)) return false;
    this.#unwatch(request);
    this.#letGo(request);
    return true;
  }

  #watch(request: PendingRequest): void {
    this.#watched.add(request);
    this.#timer ??= setInterval(() => {
      for (const watched of [...this.#watched]) this.#decide(watched);
    }, LOOK_AGAIN_MS).unref();
  }

  #unwatch(request: PendingRequest): void {
    this.#watched.delete(request);
    if (this.#watched.size === 0) this.#stopTimer();
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }
}
