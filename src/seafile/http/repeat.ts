import type { SeafileErrorKind } from '../errors.ts';
import { connectionCode } from './failures.ts';
import type { HttpAnswer } from './request.ts';

/** When a request is sent again, and after how long. */
export interface RepeatPolicy {
  /** Times a request is sent at most. */
  readonly attempts: number;
  /** Wait before the second attempt, at most; doubles with each. */
  readonly firstWaitMs: number;
  readonly longestWaitMs: number;
  /** Longest wait a server may ask for (`Retry-After`) before the request fails instead. */
  readonly longestThrottleMs: number;
}

export const defaultRepeatPolicy: RepeatPolicy = {
  attempts: 4,
  firstWaitMs: 400,
  longestWaitMs: 10_000,
  longestThrottleMs: 120_000,
};

/** A wait with full jitter, so that clients who failed together do not come back together. */
export function backOff(policy: RepeatPolicy, attempt: number, random: () => number): number {
  return random() * Math.min(policy.longestWaitMs, policy.firstWaitMs * 2 ** (attempt - 1));
}

const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Whether the failure came before anything was sent: then any request may be sent again. */
export function neverSent(cause: unknown): boolean {
  const code = connectionCode(cause);
  return code !== null && NEVER_SENT.has(code);
}

/**
 * How many attempts a failing status deserves. 502 to 504 come from a proxy whose backend is restarting; 500 and 520
 * are mostly lasting (the file server's word for a missing object is 500, seafile-api G.1), so one repetition is enough.
 */
export function attemptsForStatus(status: number, policy: RepeatPolicy): number {
  if (status === 502 || status === 503 || status === 504) return policy.attempts;
  if (status === 500 || status === 520) return Math.min(2, policy.attempts);
  return 1;
}

/** Milliseconds the server asked to wait, or null. `Retry-After` is in seconds or a date. */
export function retryAfter(answer: HttpAnswer, dateMs: number): number | null {
  const value = answer.header('retry-after');
  if (value === null) return null;
  if (/^\s*\d+\s*$/.test(value)) return Number(value) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : Math.max(0, at - dateMs);
}

/** Kinds of failure that trying again later may cure. */
export function isTransient(kind: SeafileErrorKind): boolean {
  return kind === 'unreachable' || kind === 'server-failed' || kind === 'throttled' || kind === 'gc-conflict';
}
