/**
 * Takes secrets out of what is shown or logged.
 *
 * Errors are made without secrets; this is the second line: every secret this process has read is known here, and the
 * forms that grant access in Seafile are recognised.
 */
export class Redactor {
  readonly #secrets = new Set<string>();

  /** Remembers a secret; short ones would take ordinary words apart and are left alone. */
  add(secret: string): void {
    if (secret.length < 4) return;
    this.#secrets.add(secret);
    this.#secrets.add(encodeURIComponent(secret));
  }

  redact(text: string): string {
    let clean = text;
    for (const secret of this.#secrets) clean = clean.replaceAll(secret, '[secret]');
    return (
      clean
        .replace(/\b(token|bearer)\s+[\w.~+/-]{16,}=*/gi, '$1 [secret]')
        // Links to files carry their permission in the path (seafile-api D.5, E.1).
        .replace(
          /\/(files|upload-api|update-api|upload-aj|upload-blks-api|upload-raw-blks-api|zip)\/[\w-]{16,}/g,
          '/$1/[secret]',
        )
        .replace(/\b(https?:\/\/)[^\s/@]+@/gi, '$1[secret]@')
    );
  }
}
