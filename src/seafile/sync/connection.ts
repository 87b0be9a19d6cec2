import { SeafileError } from '../errors.ts';
import type { FileServer } from '../fileserver/index.ts';
import type { HttpAnswer, HttpRequest, Secret } from '../http/index.ts';
import type { LibraryId } from '../objects/index.ts';

/** Gets another sync token for the library; rejects when the account has no access any more. */
export type SyncTokenSource = () => Promise<Secret>;

const TOKEN_HEADER = 'seafile-repo-token';

/**
 * The sync protocol's requests for one library: base URL and token (seafile-api G).
 *
 * A token that the server has forgotten (a changed password, a device that was unlinked) is replaced silently, once for
 * all requests that notice. The server says 403 to it as it does to a withdrawn permission: only a token that may not
 * even read is taken for forgotten, because every new one is a row in the server's tables for good (seafile-api B.5).
 */
export class SyncConnection {
  readonly fileServer: FileServer;
  readonly library: LibraryId;
  readonly #renewal: SyncTokenSource | null;
  #token: Secret;
  #renewing: Promise<boolean> | null = null;
  /** A new token that was never accepted is not replaced: something else refuses. */
  #isProven = true;

  constructor(fileServer: FileServer, library: LibraryId, token: Secret, renewal: SyncTokenSource | null = null) {
    this.fileServer = fileServer;
    this.library = library;
    this.#token = token;
    this.#renewal = renewal;
  }

  /** @param path below `/repo/{id}/`; whether it ends in a slash matters (seafile-api G.1) */
  request(
    path: string,
    request: Omit<HttpRequest, 'url' | 'side' | 'headers' | 'method'> & { readonly method?: HttpRequest['method'] },
  ): HttpRequest {
    return {
      method: 'GET',
      ...request,
      url: new URL(`repo/${this.library}/${path}`, this.fileServer.url),
      side: 'file',
      headers: {
        [TOKEN_HEADER]: this.#token.reveal(),
        ...(request.body ? { 'content-type': 'application/octet-stream' } : {}),
      },
    };
  }

  async send(request: HttpRequest): Promise<HttpAnswer> {
    try {
      return await this.#attempt(request);
    } catch (error) {
      if (!isForbidden(error)) throw error;
      const refused = request.headers?.[TOKEN_HEADER];
      // Refused before anything was done, so any request may be sent again.
      if (refused === this.#token.reveal() && !(await this.#renew())) throw error;
      return this.#attempt({ ...request, headers: { ...request.headers, [TOKEN_HEADER]: this.#token.reveal() } });
    }
  }

  async #attempt(request: HttpRequest): Promise<HttpAnswer> {
    const answer = await this.fileServer.transport.request(request);
    this.#isProven = true;
    return answer;
  }

  /** @returns whether there is a new token */
  #renew(): Promise<boolean> {
    this.#renewing ??= this.#replaceForgotten().finally(() => {
      this.#renewing = null;
    });
    return this.#renewing;
  }

  async #replaceForgotten(): Promise<boolean> {
    if (this.#renewal === null || !this.#isProven || (await this.#mayRead())) return false;
    try {
      this.#token = await this.#renewal();
    } catch {
      // What the server said to the token is what counts: the account has no access, or it cannot be known now.
      return false;
    }
    this.#isProven = false;
    return true;
  }

  async #mayRead(): Promise<boolean> {
    const what = `read library ${this.library}`;
    try {
      await this.fileServer.transport.request(
        this.request('permission-check/?op=download', { what, repeatable: true }),
      );
      return true;
    } catch (error) {
      return !isForbidden(error);
    }
  }
}

function isForbidden(error: unknown): boolean {
  return error instanceof SeafileError && error.kind === 'forbidden';
}
