import { Agent, type Dispatcher } from 'undici';
import { SeafileError } from '../errors.ts';
import { AddressBook } from './address-book.ts';
import { RequestBudget } from './budget.ts';
import { type Clock, systemClock } from './clock.ts';
import { AnswerTooLarge, type Deadlines, exchange, ReceiverFailed } from './exchange.ts';
import { aborted, failureOfAnswer, failureOfConnection, unexpectedAnswer } from './failures.ts';
import { redirected } from './redirects.ts';
import { attemptsForStatus, backOff, defaultRepeatPolicy, neverSent, type RepeatPolicy, retryAfter } from './repeat.ts';
import type { HttpAnswer, HttpRequest } from './request.ts';
import { newCounters, type TransportStats } from './stats.ts';

export interface TransportOptions {
  /** Connections to one host at most. Default 16. */
  readonly connections?: number;
  /** Default 10 s. */
  readonly connectTimeoutMs?: number;
  /** Until the answer's header. Default 60 s. */
  readonly headersTimeoutMs?: number;
  /** Between two pieces of an answer: a file server that cannot read a block just stops (seafile-api D.6). Default 30 s. */
  readonly idleBodyTimeoutMs?: number;
  /** Requests to the web application in a minute. Default 3,000. */
  readonly requestsPerMinute?: number;
  readonly repeat?: Partial<RepeatPolicy>;
  /** Sends the requests instead of a pool of the transport's own; not closed by it. */
  readonly dispatcher?: Dispatcher;
  readonly clock?: Clock;
  /** Jitter: gives numbers from 0 up to 1. */
  readonly random?: () => number;
  /** Sent as `User-Agent`. */
  readonly userAgent?: string;
}

/**
 * One connection to a server: pool, deadlines, repetition, budget and counters.
 *
 * Gives an answer with a 2xx status (or one the request accepts) or rejects with `SeafileError`.
 */
export class Transport {
  readonly #dispatcher: Dispatcher;
  readonly #owned: Agent | null;
  readonly #deadlines: Deadlines;
  readonly #policy: RepeatPolicy;
  readonly #budget: RequestBudget;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #userAgent: string;
  readonly #counters = newCounters();

  constructor(options: TransportOptions = {}) {
    this.#owned = options.dispatcher
      ? null
      : new Agent({
          connections: options.connections ?? 16,
          connect: { timeout: options.connectTimeoutMs ?? 10_000, lookup: new AddressBook().lookup },
          // Polls come every few seconds and should not greet anew each time; a server that closes earlier says so.
          keepAliveTimeout: 20_000,
        });
    this.#dispatcher = options.dispatcher ?? (this.#owned as Agent); // one of the two is there
    this.#deadlines = {
      headersMs: options.headersTimeoutMs ?? 60_000,
      idleBodyMs: options.idleBodyTimeoutMs ?? 30_000,
    };
    this.#policy = { ...defaultRepeatPolicy, ...options.repeat };
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#budget = new RequestBudget(options.requestsPerMinute ?? 3000, this.#clock);
    this.#userAgent = options.userAgent ?? 'seamount';
  }

  /** What was sent and received so far. */
  get stats(): TransportStats {
    return { ...this.#counters };
  }

  /** For those who must speak HTTP themselves (OpenID Connect) over the same pool. */
  get dispatcher(): Dispatcher {
    return this.#dispatcher;
  }

  async request(request: HttpRequest): Promise<HttpAnswer> {
    try {
      return await this.#attempt(request);
    } catch (error) {
      if (error instanceof SeafileError) throw error;
      // The receiver's own failure: nothing of it is the server's.
      if (error instanceof ReceiverFailed) throw error.cause;
      if (request.signal?.aborted) throw aborted(request, request.signal.reason);
      throw failureOfConnection(request, error);
    }
  }

  async #attempt(request: HttpRequest): Promise<HttpAnswer> {
    let current = request;
    for (let attempt = 1, hops = 0; ; attempt += 1) {
      if (attempt - hops > 1) this.#counters.repetitions += 1;
      if (request.side === 'web') await this.#budget.acquire(request.signal);
      let answer: HttpAnswer;
      try {
        answer = await exchange(this.#dispatcher, current, this.#headers(request), this.#deadlines, this.#counters);
      } catch (error) {
        if (request.signal?.aborted) throw aborted(request, request.signal.reason);
        if (error instanceof AnswerTooLarge) throw tooLarge(request, error);
        if (error instanceof ReceiverFailed) throw error;
        if (attempt >= this.#policy.attempts || !(request.repeatable || neverSent(error))) throw error;
        await this.#clock.sleep(backOff(this.#policy, attempt, this.#random), request.signal);
        continue;
      }
      if ((answer.status >= 200 && answer.status < 300) || request.accept?.includes(answer.status)) return answer;
      const next = hops < 3 ? redirected(current, answer) : null;
      if (next) {
        current = next;
        hops += 1;
        continue;
      }
      const wait = this.#waitBeforeRepeat(request, answer, attempt);
      if (wait === null) throw failureOfAnswer(request, answer);
      await this.#clock.sleep(wait, request.signal);
    }
  }

  /** @returns milliseconds to wait before the request is sent again, or null when it failed for good */
  #waitBeforeRepeat(request: HttpRequest, answer: HttpAnswer, attempt: number): number | null {
    const asked = retryAfter(answer, this.#clock.date());
    if (answer.status === 429) {
      // Refused before anything was done, so any request may be sent again.
      const wait = asked ?? 1000;
      this.#counters.throttled += 1;
      if (request.side === 'web') this.#budget.refused(wait);
      if (attempt >= this.#policy.attempts || wait > this.#policy.longestThrottleMs) return null;
      return wait + this.#random() * 250;
    }
    if (!request.repeatable || attempt >= attemptsForStatus(answer.status, this.#policy)) return null;
    const pause = backOff(this.#policy, attempt, this.#random);
    return asked === null ? pause : Math.max(pause, Math.min(asked, this.#policy.longestThrottleMs));
  }

  #headers(request: HttpRequest): Record<string, string> {
    return {
      accept: '*/*',
      // Servers translate their messages; English keeps logs readable (seafile-api 0.3).
      'accept-language': 'en',
      'user-agent': this.#userAgent,
      ...request.headers,
    };
  }

  /** Closes the connections; requests under way are cut off. */
  async close(): Promise<void> {
    await this.#owned?.destroy();
  }
}

function tooLarge(request: HttpRequest, error: AnswerTooLarge): SeafileError {
  return unexpectedAnswer(
    request,
    { status: 200, header: () => null, body: new Uint8Array() },
    `more than it should (${error.message})`,
    error,
  );
}
