import path from 'node:path';
import { Connection, type Library, openLibrary } from '../library/index.ts';
import type { LibraryId, WebClient } from '../seafile/index.ts';
import { LocalStores } from '../volume/index.ts';
import { accountKey } from './cache-directory.ts';
import { deviceOf } from './device.ts';
import type { Logger } from './logger.ts';
import { sharedFolders } from './shared-folders.ts';

/** A library in use by a volume, and what is kept of it on this machine. */
export interface LibraryUse {
  readonly library: Library;
  readonly stores: LocalStores;
}

/**
 * The libraries in use over one connection: its volumes share commits, the watch on the heads, and what is known by id.
 * Nothing is opened before the first volume needs it.
 */
export class OpenLibraries {
  readonly #options: OpenLibrariesOptions;
  #connection: Connection | null = null;
  #stores: LocalStores | null = null;

  constructor(options: OpenLibrariesOptions) {
    this.#options = options;
  }

  /** Opens a library for one user, who closes it. */
  async use(id: LibraryId): Promise<LibraryUse> {
    const { web, logger } = this.#options;
    const stores = this.#openStores();
    const library = await openLibrary(this.#connect(), id, {
      objects: stores.objects,
      sharedFolders: (signal) => sharedFolders(web, id, logger, signal),
    });
    return { library, stores };
  }

  /** Every library was closed before. */
  async close(): Promise<void> {
    this.#connection?.close();
    this.#connection = null;
    await this.#stores?.close();
    this.#stores = null;
  }

  #connect(): Connection {
    const { web, cache, fileServer } = this.#options;
    this.#connection ??= new Connection({
      account: web.account,
      device: deviceOf(cache),
      ...(fileServer === undefined ? {} : { fileServer }),
    });
    return this.#connection;
  }

  #openStores(): LocalStores {
    const { web, account, cache } = this.#options;
    // By account: what one account may read is never found by another.
    this.#stores ??= LocalStores.open(path.join(cache, 'stores', accountKey(web.server.url.href, account.email)));
    return this.#stores;
  }
}

export interface OpenLibrariesOptions {
  readonly web: WebClient;
  readonly account: { readonly email: string };
  /** Root of all caches of this user. */
  readonly cache: string;
  readonly fileServer: string | URL | undefined;
  readonly logger: Logger;
}
