import { createHash, randomBytes } from 'node:crypto';

interface Grant {
  readonly account: string;
  readonly expiresAtMs: number;
}

/** Lifetime of an access token from the token endpoint, in seconds. */
export const BEARER_LIFETIME_S = 3600;

/** Access tokens of the OIDC token endpoint: opaque, short-lived, gone with the process. */
export class Bearers {
  readonly #grants = new Map<string, Grant>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  issue(account: string): string {
    const now = this.#now();
    for (const [key, grant] of this.#grants) if (grant.expiresAtMs <= now) this.#grants.delete(key);
    const token = randomBytes(32).toString('base64url');
    this.#grants.set(fingerprint(token), { account, expiresAtMs: now + BEARER_LIFETIME_S * 1000 });
    return token;
  }

  /** @returns the account, unless the token is unknown or expired */
  find(token: string): string | undefined {
    const grant = this.#grants.get(fingerprint(token));
    return grant && grant.expiresAtMs > this.#now() ? grant.account : undefined;
  }

  /** Makes every access token unknown. */
  revokeAll(): void {
    this.#grants.clear();
  }
}

function fingerprint(token: string): string {
  return createHash('sha256').update(token).digest('base64');
}
