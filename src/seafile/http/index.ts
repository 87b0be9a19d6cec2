/**
 * HTTP as Seafile needs it: one pool, deadlines, repetition of what may be repeated, the budget of the web API, and
 * failures as `SeafileError`. Knows statuses and error bodies, no endpoints.
 */
export { type Clock, systemClock } from './clock.ts';
export { isTransient, type RepeatPolicy } from './repeat.ts';
export { answerText, type BodyReceiver, type HttpAnswer, type HttpRequest } from './request.ts';
export { Secret } from './secret.ts';
export type { TransportStats } from './stats.ts';
export { Transport, type TransportOptions } from './transport.ts';
