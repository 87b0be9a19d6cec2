import type { EncodedError } from './errors.ts';

/** Asks the thread for something. */
export interface Call {
  readonly id: number;
  readonly method: string;
  readonly args: readonly unknown[];
}

/** Nobody waits for a call any more. */
export interface Cancel {
  readonly cancel: number;
}

/** What came of a call. */
export type Answer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: EncodedError };

/** Something happened that nobody asked for. */
export interface Telling {
  readonly topic: string;
  readonly args: readonly unknown[];
}

/** Stands for bytes that are in the shared memory. */
export interface SharedBytes {
  readonly sharedBytes: number;
}

/** The two ways to the thread: one for calls whose caller goes on meanwhile, one for those that block. */
export interface Ports<Port> {
  readonly calls: Port;
  readonly blocking: Port;
  readonly memory: SharedArrayBuffer;
}
