import type { MaybePromise } from '../../volume/index.ts';
import type { SystemCalls } from '../calls/calls.ts';

/**
 * An operation whose arguments have been checked and taken over.
 *
 * Each function of the API is written once, as one that checks its arguments (and throws what Node throws) and gives
 * back this. The doors differ only in what they do with either: promises reject with both, callbacks throw the first
 * and pass on the second.
 */
export type Prepared<T> = (calls: SystemCalls) => MaybePromise<T>;
