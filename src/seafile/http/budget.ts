import type { Clock } from './clock.ts';

const WINDOW_MS = 60_000;

/**
 * Keeps the requests of one account below what the web application allows in a minute (seafile-api A.6: 3,000, shared
 * by all programs that use the account, so the real share is only learnt from refusals).
 *
 * A refusal stops everybody until the time the server told, and takes the budget down to a little less than what was
 * sent in the last minute; each minute without one brings a twentieth of the full budget back.
 */
export class RequestBudget {
  readonly #clock: Clock;
  readonly #most: number;
  readonly #sentAt: number[] = [];
  #budget: number;
  #closedUntil = Number.NEGATIVE_INFINITY;
  #raiseAt = 0;

  /** @param perMinute requests a minute at most */
  constructor(perMinute: number, clock: Clock) {
    this.#most = perMinute;
    this.#budget = perMinute;
    this.#clock = clock;
  }

  /** Requests a minute allowed at present. */
  get perMinute(): number {
    return this.#budget;
  }

  /** Waits for a place in the budget. Rejects with the signal's reason when it fires. */
  async acquire(signal?: AbortSignal): Promise<void> {
    for (;;) {
      signal?.throwIfAborted();
      const wait = this.#wait();
      if (wait <= 0) {
        this.#sentAt.push(this.#clock.now());
        return;
      }
      await this.#clock.sleep(wait, signal);
    }
  }

  /** The server refused a request and asked to wait. */
  refused(waitMs: number): void {
    const now = this.#clock.now();
    this.#forget(now);
    this.#closedUntil = Math.max(this.#closedUntil, now + waitMs);
    this.#budget = Math.max(Math.ceil(this.#most / 50), Math.min(this.#budget, Math.floor(this.#sentAt.length * 0.9)));
    this.#raiseAt = now + WINDOW_MS;
  }

  /** Milliseconds until a request may be sent; 0 when now. */
  #wait(): number {
    const now = this.#clock.now();
    this.#forget(now);
    if (this.#budget < this.#most && now >= this.#raiseAt) {
      const minutes = 1 + Math.floor((now - this.#raiseAt) / WINDOW_MS);
      this.#budget = Math.min(this.#most, this.#budget + Math.ceil((minutes * this.#most) / 20));
      this.#raiseAt = now + WINDOW_MS;
    }
    if (now < this.#closedUntil) return this.#closedUntil - now;
    const oldest = this.#sentAt[this.#sentAt.length - this.#budget];
    return oldest === undefined ? 0 : oldest + WINDOW_MS - now;
  }

  #forget(now: number): void {
    let gone = 0;
    while (gone < this.#sentAt.length && (this.#sentAt[gone] ?? 0) <= now - WINDOW_MS) gone += 1;
    if (gone > 0) this.#sentAt.splice(0, gone);
  }
}
