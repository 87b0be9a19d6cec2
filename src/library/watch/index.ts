/**
 * Finding new heads: one poll for all libraries of a connection. Tells ids only; what a head holds is the library's
 * business.
 */
export { HeadPoll, type HeadPollOptions, POLL_INTERVAL_MS, systemTimers, type Timers } from './head-poll.ts';
