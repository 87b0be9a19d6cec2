import { type Auth, accountInfo, ping, Server, signIn, WebClient } from '../seafile/index.ts';
import { defaultCacheRoot } from './cache-directory.ts';
import { Drive } from './drive.ts';
import { type Logger, silentLogger } from './logger.ts';

export interface ConnectOptions {
  /** Where a browser finds the server; a path prefix is kept. */
  readonly server: string | URL;
  /** Made by `token`, `password` or `clientCredentials`. */
  readonly auth: Auth;
  /** Directory for caches and for what is not sent yet. Default: the user's cache directory. */
  readonly cache?: string;
  /** Base URL of the file server, where it cannot be found by itself. */
  readonly fileServer?: string | URL;
  readonly logger?: Logger;
  /**
   * Runs volumes in a thread of their own from the start, so that the functions of `volume.fs` that block (`...Sync`)
   * work: they wait for that thread. Every other call takes a little longer, since it goes there and back.
   */
  readonly sync?: boolean;
  /** Gives up connecting. */
  readonly signal?: AbortSignal;
}

/**
 * Signs in to a server.
 *
 * The server is asked whether it is a Seafile server before it is shown any credentials.
 *
 * @throws SeafileError `unreachable`, `not-seafile`, `unauthorized`, `rejected` (the URL)
 */
export async function connect(options: ConnectOptions): Promise<Drive> {
  const { signal } = options;
  const server = new Server(options.server);
  try {
    await ping(server, signal);
    const web = new WebClient(await signIn(server, options.auth, signal));
    return new Drive({
      server,
      web,
      auth: options.auth,
      sync: options.sync ?? false,
      account: await accountInfo(web, signal),
      cache: options.cache ?? defaultCacheRoot(),
      fileServer: options.fileServer,
      logger: options.logger ?? silentLogger,
    });
  } catch (error) {
    await server.close();
    throw error;
  }
}
