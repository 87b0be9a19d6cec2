import { setTimeout as delay } from 'node:timers/promises';

/** Time as the network code sees it, so that tests decide how it passes. */
export interface Clock {
  /** Milliseconds, from any origin; never goes back. */
  now(): number;
  /** Wall clock, milliseconds since 1970: for dates that servers send. */
  date(): number;
  /** Rejects with the signal's reason when it fires. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  date: () => Date.now(),
  sleep: (ms, signal) => delay(ms, undefined, signal ? { signal } : {}),
};
