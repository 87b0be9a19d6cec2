/** What can be made to go wrong with a request. */
export type Fault =
  /** Answered with this status, without being handled. */
  | { readonly kind: 'status'; readonly status: number }
  /** Answered 429, with `Retry-After` when seconds are given. */
  | { readonly kind: 'throttled'; readonly retryAfterS?: number }
  /** The connection is reset before the request is handled. */
  | { readonly kind: 'reset-before' }
  /** The connection is reset after so many bytes of the answer's body. */
  | { readonly kind: 'reset-within'; readonly afterBytes: number }
  /** The request is handled, and the connection reset instead of an answer. */
  | { readonly kind: 'lost-reply' }
  /** Waits before the request is handled. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** The answer's body comes at this speed. */
  | { readonly kind: 'trickle'; readonly bytesPerSecond: number }
  /** The request's body is taken at this speed. */
  | { readonly kind: 'slow-upload'; readonly bytesPerSecond: number }
  /** Every token of every account is unknown from this request on. */
  | { readonly kind: 'revoke-tokens' }
  /** Every link and every OIDC access token is stale from this request on. */
  | { readonly kind: 'forget-links' }
  /** Garbage counts as collected once more: commits of uploads that began before are refused (409, version 12). Nothing is removed. */
  | { readonly kind: 'collected' }
  /** The server restarts: connections are reset, none is taken for this time, links and what is only in memory are gone. */
  | { readonly kind: 'restart'; readonly downMs: number };

/** What faults do to the server itself. */
export interface FaultActions {
  revokeAllTokens(): void;
  forgetLinks(): void;
  countCollection(): void;
  restart(downMs: number): void;
}

/** Which requests a fault happens to. */
export interface FaultRule {
  readonly fault: Fault;
  /** Only requests of this method. */
  readonly method?: string;
  /** Only requests whose path (with query) matches. */
  readonly path?: RegExp;
  /** How likely it is, from 0 to 1: 1 by default. */
  readonly probability?: number;
  /** How many matching requests go well first: none by default. */
  readonly after?: number;
  /** How often it happens at most: for ever by default. */
  readonly times?: number;
}

/** The rules of a server, and the dice they are played with. */
export class Faults {
  #rules: { readonly rule: FaultRule; matched: number; happened: number }[] = [];
  readonly #random: () => number;

  /** @param seed makes the dice fall in the same way each time */
  constructor(seed: number) {
    this.#random = mulberry32(seed);
  }

  /** @returns a function that takes the rule back */
  add(rule: FaultRule): () => void {
    const entry = { rule, matched: 0, happened: 0 };
    this.#rules.push(entry);
    return () => {
      this.#rules = this.#rules.filter((each) => each !== entry);
    };
  }

  clear(): void {
    this.#rules = [];
  }

  /** What happens to a request; several things can. */
  choose(method: string, path: string): Fault[] {
    const chosen: Fault[] = [];
    for (const entry of this.#rules) {
      const { rule } = entry;
      if (rule.method !== undefined && rule.method !== method) continue;
      if (rule.path && !rule.path.test(path)) continue;
      entry.matched += 1;
      if (entry.matched <= (rule.after ?? 0) || entry.happened >= (rule.times ?? Number.POSITIVE_INFINITY)) continue;
      if (this.#random() >= (rule.probability ?? 1)) continue;
      entry.happened += 1;
      chosen.push(rule.fault);
    }
    return chosen;
  }
}

/** A small seeded generator of numbers from 0 to 1 (Mulberry32). */
function mulberry32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
