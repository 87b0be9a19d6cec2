import { SeafileError } from '../errors.ts';
import type { Secret } from '../http/index.ts';
import type { Server } from '../server.ts';

/** Gets an API token from the server, or rejects with kind `unauthorized` when the credentials are wrong. */
export type TokenSource = () => Promise<Secret>;

/**
 * Who we are on a server: the API token, and where the next one comes from.
 *
 * A token that the server does not know any more is replaced once, however many requests notice at the same time.
 * Credentials that were refused are not sent again: servers lock accounts after a few wrong passwords (seafile-api A.2).
 */
export class Account {
  readonly server: Server;
  readonly #renewal: TokenSource | null;
  #token: Secret;
  #renewing: Promise<Secret> | null = null;
  #refused: SeafileError | null = null;

  /** @param renewal null when the token cannot be replaced */
  constructor(server: Server, token: Secret, renewal: TokenSource | null) {
    this.server = server;
    this.#token = token;
    this.#renewal = renewal;
  }

  /** The API token to send with the next request. */
  get token(): Secret {
    return this.#token;
  }

  /**
   * A token in place of one the server refused (401).
   *
   * @param refused the token that was sent
   * @throws SeafileError `unauthorized` when there is no other
   */
  async renew(refused: Secret): Promise<Secret> {
    if (!refused.equals(this.#token)) return this.#token;
    if (this.#refused) throw this.#refused;
    if (!this.#renewal) {
      throw new SeafileError(
        'unauthorized',
        `${this.server.url.host} does not accept the API token. Give a valid one.`,
        { status: 401 },
      );
    }
    this.#renewing ??= this.#obtain(this.#renewal).finally(() => {
      this.#renewing = null;
    });
    return this.#renewing;
  }

  async #obtain(renewal: TokenSource): Promise<Secret> {
    try {
      this.#token = await renewal();
      return this.#token;
    } catch (error) {
      if (error instanceof SeafileError && error.kind === 'unauthorized') this.#refused = error;
      throw error;
    }
  }
}
