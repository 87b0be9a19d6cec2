import type { LocalBytes, MaybePromise } from '../volume/index.ts';
import type { Reply } from './protocol/reply.ts';
import type { Request } from './protocol/request.ts';
import type { Session } from './session.ts';

/**
 * How one operation of the protocol is answered.
 *
 * `run` decodes the request and does the work; it reads the request before it waits for anything. `answer` writes the
 * reply's body at the moment it is sent.
 */
export interface Operation<T> {
  /** What the answer is made of: nothing at all, a header alone, bytes (at hand or in a local file), or a body that `answer` writes. */
  readonly kind: 'silent' | 'empty' | 'data' | 'body';
  /** Whether it changes the volume: then it is not broken off for a signal that the caller survives. */
  readonly changes: boolean;
  run(request: Request, session: Session): MaybePromise<T>;
  /** @returns bytes of the body */
  answer(reply: Reply, value: T, session: Session): number;
  /**
   * The caller did not take the answer: lets go of what it would have given him.
   *
   * @param written whether `answer` came to its end
   */
  undo(value: T, session: Session, written: boolean): void;
  /** Nodes besides the request's own that the kernel locks until the answer. */
  locks(request: Request): readonly number[];
}

type Parts<T> = Pick<Operation<T>, 'changes' | 'run'> & Partial<Pick<Operation<T>, 'undo' | 'locks'>>;

const nothing = () => {};
const noBody = () => 0;
const noLocks = () => [];

/** An operation answered with a body. */
export function withBody<T>(parts: Parts<T> & Pick<Operation<T>, 'answer'>): Operation<T> {
  return { undo: nothing, locks: noLocks, ...parts, kind: 'body' };
}

/** An operation answered with bytes of a file. */
export function withData(parts: Parts<Uint8Array | LocalBytes>): Operation<Uint8Array | LocalBytes> {
  return { undo: nothing, locks: noLocks, ...parts, kind: 'data', answer: noBody };
}

/** An operation whose answer tells only that it is done. */
export function withoutBody(parts: Parts<void>): Operation<void> {
  return { undo: nothing, locks: noLocks, ...parts, kind: 'empty', answer: noBody };
}

/** A message that is not answered. */
export function silent(run: (request: Request, session: Session) => void): Operation<void> {
  return { kind: 'silent', changes: false, run, answer: noBody, undo: nothing, locks: noLocks };
}

/** Goes on with a value: at once when it is there. */
export function after<T, U>(value: MaybePromise<T>, next: (value: T) => MaybePromise<U>): MaybePromise<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}
