import type { Readable, Writable } from 'node:stream';
import type { Redactor } from './redact.ts';

/** A stream that may be a terminal. */
export type Screen = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** What a command has of the world; tests give it another one. */
export interface Context {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable;
  readonly stdout: Screen;
  readonly stderr: Screen;
  readonly directories: Directories;
  /** Fires when the user wants the command to end (Ctrl-C, SIGTERM). */
  readonly signal: AbortSignal;
  /** Knows every secret that was read, so that none is shown. */
  readonly redactor: Redactor;
}

/** Where things are kept for this user, absolute. */
export interface Directories {
  readonly config: string;
  readonly cache: string;
  readonly data: string;
  readonly log: string;
  /** Sockets and records of running mounts; private to the user. */
  readonly runtime: string;
}
