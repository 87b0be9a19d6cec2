/**
 * What can go wrong between us and a Seafile server, as a closed set of kinds. Layers above decide by `kind`, never by
 * texts or bare status codes: servers translate their messages, and one status means different things on different routes.
 */
export type SeafileErrorKind =
  /** No answer: name not found, refused, reset, timed out. Nothing is known about the state of the server. */
  | 'unreachable'
  /** The server answered with something that is not Seafile (wrong URL, a proxy's page). */
  | 'not-seafile'
  /** The credentials are wrong or revoked, also after signing in again. */
  | 'unauthorized'
  /** Signed in, but not allowed. */
  | 'forbidden'
  /** The thing at this path or id does not exist. */
  | 'not-found'
  /** The library does not exist any more (444). */
  | 'library-gone'
  /** The library is marked corrupted on the server (445). */
  | 'library-corrupted'
  /** The library is encrypted: its content must never be served as it is stored. */
  | 'encrypted'
  /** Out of quota (443). */
  | 'quota'
  /** Larger than the server takes (442). */
  | 'too-large'
  /** Blocks of a commit are missing on the server (446). */
  | 'blocks-missing'
  /** A garbage collection ran between upload and commit (409): start again at the blocks. */
  | 'gc-conflict'
  /** Too many requests (429), after the waits that `Retry-After` asked for. */
  | 'throttled'
  /** The request was refused as malformed (other 4xx). */
  | 'rejected'
  /** The server failed (5xx); whether it did what was asked is unknown. */
  | 'server-failed'
  /** What the server sent does not match its id or form. */
  | 'corrupt-answer'
  /** Cancelled by the caller's AbortSignal. */
  | 'aborted';

/** Details for logs and for those who decide; never a token, a password or a link that grants access. */
export interface SeafileErrorDetails {
  /** HTTP status, where there was an answer. */
  readonly status?: number;
  /** Method and path of the request, secrets taken out. */
  readonly request?: string;
  readonly cause?: unknown;
}

/** A failure of the server or on the way to it. The message names what was tried, what was answered and the way out. */
export class SeafileError extends Error {
  override readonly name = 'SeafileError';
  readonly kind: SeafileErrorKind;
  readonly status: number | undefined;
  readonly request: string | undefined;

  constructor(kind: SeafileErrorKind, message: string, details: SeafileErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.kind = kind;
    this.status = details.status;
    this.request = details.request;
  }
}
