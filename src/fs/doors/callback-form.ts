import type { MaybePromise } from '../../volume/index.ts';
import { functionArgument } from '../arguments/options.ts';
import type { SystemCalls } from '../calls/calls.ts';
import type { Prepared } from '../operations/prepared.ts';

/** A function that takes its arguments and then a callback. */
export type CallbackFunction = (...args: unknown[]) => void;

/** Hears the end of an operation: null and the answer, or the error. */
type Done<T> = (error: unknown, answer?: T) => void;

/**
 * Does an operation and tells the end of it later, never before this returns. What the callback throws is an uncaught
 * exception, as with Node's.
 */
export function settle<T>(operation: () => MaybePromise<T>, done: Done<T>): void {
  try {
    const answer = operation();
    // An answer from memory waits for the event loop's next turn, where Node's answers come too.
    if (!(answer instanceof Promise)) {
      setImmediate(done, null, answer);
      return;
    }
    answer.then(
      (value) => process.nextTick(done, null, value),
      (error: unknown) => process.nextTick(done, error),
    );
  } catch (error) {
    setImmediate(done, error);
  }
}

/**
 * The callback form of an operation. The callback is the first function after the required arguments, or what stands
 * behind the optional ones; without one, the call throws.
 *
 * @param required  how many arguments are there always
 * @param optional  how many more may come before the callback
 * @param callbackName  what Node's message calls the callback
 */
export function callbackForm<A extends unknown[], T>(
  calls: SystemCalls,
  prepare: (...args: A) => Prepared<T>,
  required: number,
  optional: number,
  callbackName = 'cb',
): CallbackFunction {
  return (...args) => {
    let at = required;
    while (at < required + optional && typeof args[at] !== 'function') at += 1;
    // The operation checks its arguments itself, whatever a caller passes.
    const operation = prepare(...(args.slice(0, at) as A));
    const callback = functionArgument<(...results: unknown[]) => void>(args[at], callbackName);
    settle(
      () => operation(calls),
      (error, answer) => {
        if (error) callback(error);
        else if (answer === undefined) callback(null);
        else callback(null, answer);
      },
    );
  };
}
