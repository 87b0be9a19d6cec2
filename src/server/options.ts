import type { AccountOption, ClientOption } from './accounts/index.ts';
import type { FaultRule } from './faults/index.ts';
import type { ServerVersion } from './features.ts';
import type { ThrottleOptions } from './throttle.ts';

/** How a server is started. */
export interface ServerOptions {
  /** Keeps everything in memory. One of `memory` and `data` has to be given. */
  readonly memory?: boolean;
  /** Folder to keep everything in; made when it is missing. */
  readonly data?: string;
  /**
   * Whether a commit that was answered survives a power cut (the default), or the death of the process alone, which is
   * faster.
   */
  readonly fsync?: boolean;
  /** Address to listen on: 127.0.0.1 by default. */
  readonly host?: string;
  /** 0, the default, takes any free port. */
  readonly port?: number;
  /** Where the file server answers: below `/seafhttp` on the same port (the default), or on a port of its own, without prefix. */
  readonly fileServer?: 'prefixed' | 'own-port';
  /** Port of the file server, if it has one of its own: any free one by default. */
  readonly fileServerPort?: number;
  /** Base that clients see, when a proxy stands before the server; without a slash at the end. */
  readonly publicUrl?: string;
  /** Accounts to be there; known ones get this password. */
  readonly accounts?: readonly AccountOption[];
  /** Service accounts to be there; known ones get this secret. */
  readonly clients?: readonly ClientOption[];
  /** The Seafile version to answer like: 10 by default. */
  readonly version?: ServerVersion;
  /** Added to each request before it is handled: a simulated round trip, in milliseconds. */
  readonly latencyMs?: number;
  /** Time until a change crosses between a shared folder and its library, in milliseconds: 500 by default. */
  readonly shareDelayMs?: number;
  /** Whether there is a notification server, at `/notification`: there is by default. */
  readonly notifications?: boolean;
  /** Lifetime of upload and download links, in milliseconds: an hour by default. */
  readonly linkLifetimeMs?: number;
  /** Limits the web API as a real server does, with 429 and `Retry-After`; unlimited by default. */
  readonly throttle?: ThrottleOptions;
  /** What goes wrong from the start; more can be added later. */
  readonly faults?: readonly FaultRule[];
  /** Makes faults with a probability fall in the same way each time: 1 by default. */
  readonly faultSeed?: number;
  /** The clock, in milliseconds since 1970. */
  readonly now?: () => number;
  /** Told what goes wrong inside the server; by default nobody is. */
  readonly onError?: (error: unknown, what: string) => void;
}
