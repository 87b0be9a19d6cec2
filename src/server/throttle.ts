import { LRUCache } from 'lru-cache';

/** How many requests the web API takes (seafile-api A.6). */
export interface ThrottleOptions {
  /** Of one account in a minute: 3000 on a real server. */
  readonly accountPerMinute: number;
  /** Of one address that does not say who it is, in a minute: 60 on a real server. */
  readonly anonymousPerMinute: number;
}

const WINDOW_MS = 60_000;
/** Callers whose requests are remembered; those heard of longest ago are forgotten first. */
const MAX_CALLERS = 65_536;

/** Counts requests in a window that slides; one that is refused does not count. */
export class Throttle {
  readonly #options: ThrottleOptions;
  readonly #now: () => number;
  readonly #times = new LRUCache<string, number[]>({ max: MAX_CALLERS });

  /** @param now milliseconds since 1970 */
  constructor(options: ThrottleOptions, now: () => number) {
    this.#options = options;
    this.#now = now;
  }

  /** @returns undefined when the request may pass, or after how many whole seconds to come again */
  account(account: string): number | undefined {
    return this.#count(`account ${account}`, this.#options.accountPerMinute);
  }

  /** As {@link account}, by address. */
  anonymous(address: string): number | undefined {
    return this.#count(`address ${address}`, this.#options.anonymousPerMinute);
  }

  #count(key: string, limit: number): number | undefined {
    const now = this.#now();
    const times = (this.#times.get(key) ?? []).filter((time) => time > now - WINDOW_MS);
    this.#times.set(key, times);
    const [oldest] = times;
    if (times.length >= limit) return Math.max(1, Math.ceil(((oldest ?? now) + WINDOW_MS - now) / 1000));
    times.push(now);
    return undefined;
  }
}
