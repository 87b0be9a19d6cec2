import type { FileServer } from '../fileserver/index.ts';
import type { HttpAnswer, HttpRequest, Secret } from '../http/index.ts';
import type { LibraryId } from '../objects/index.ts';

/** The sync protocol's requests for one library: base URL and token (seafile-api G). */
export class SyncConnection {
  readonly fileServer: FileServer;
  readonly library: LibraryId;
  readonly #token: Secret;

  constructor(fileServer: FileServer, library: LibraryId, token: Secret) {
    this.fileServer = fileServer;
    this.library = library;
    this.#token = token;
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
        'seafile-repo-token': this.#token.reveal(),
        ...(request.body ? { 'content-type': 'application/octet-stream' } : {}),
      },
    };
  }

  send(request: HttpRequest): Promise<HttpAnswer> {
    return this.fileServer.transport.request(request);
  }
}
