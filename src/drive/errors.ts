/** What is wrong with a request to a drive, decided here and not by the server. Failures of the server are `SeafileError`. */
export type DriveErrorKind =
  /** A path, a name or an option that can never be right. */
  | 'bad-input'
  /** The folder of a space does not exist. */
  | 'space-missing'
  /** A file stands where a folder is needed. */
  | 'not-a-folder'
  /** No library of this name or id is reachable for the account. */
  | 'library-missing'
  /** More than one library has this name. */
  | 'library-ambiguous'
  /** Asked for more than the library or the volume allows. */
  | 'not-permitted'
  /** Another process serves the space, or it is in use here. */
  | 'busy'
  /** The drive or the volume was closed before. */
  | 'closed';

/** A refusal. The message is one line: what was asked, why it cannot be, and the way out. */
export class DriveError extends Error {
  override readonly name = 'DriveError';
  readonly kind: DriveErrorKind;

  constructor(kind: DriveErrorKind, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.kind = kind;
  }
}
