import path from 'node:path';
import { type Library, openLibrary } from '../library/index.ts';
import type { LibraryId } from '../seafile/index.ts';
import type { WebClient } from '../seafile/web/index.ts';
import { LocalStores } from '../volume/index.ts';
import { accountKey } from './cache-directory.ts';

/** A library that volumes use, and what is kept of it on this machine. Every user lets go of it once. */
export interface LibraryUse {
  readonly library: Library;
  readonly stores: LocalStores;
  release(): Promise<void>;
}

interface Shared {
  readonly opening: Promise<Library>;
  users: number;
}

/**
 * The libraries in use over one connection, each opened once: its volumes share commits, the watch on its head, and
 * what is known by id.
 */
export class OpenLibraries {
  readonly #web: WebClient;
  readonly #account: string;
  readonly #cache: string;
  readonly #fileServer: string | URL | undefined;
  readonly #shared = new Map<LibraryId, Shared>();
  #stores: LocalStores | null = null;

  /** @param cache root of all caches of this user */
  constructor(options: {
    readonly web: WebClient;
    readonly account: { readonly email: string };
    readonly cache: string;
    readonly fileServer: string | URL | undefined;
  }) {
    this.#web = options.web;
    this.#account = options.account.email;
    this.#cache = options.cache;
    this.#fileServer = options.fileServer;
  }

  async use(id: LibraryId): Promise<LibraryUse> {
    let shared = this.#shared.get(id);
    if (shared === undefined) {
      const { url } = this.#fileServer === undefined ? { url: undefined } : { url: String(this.#fileServer) };
      shared = {
        opening: openLibrary({ web: this.#web, id, ...(url === undefined ? {} : { fileServer: url }) }),
        users: 0,
      };
      this.#shared.set(id, shared);
    }
    const entry = shared;
    entry.users += 1;
    const release = async (): Promise<void> => {
      entry.users -= 1;
      if (entry.users > 0) return;
      if (this.#shared.get(id) === entry) this.#shared.delete(id);
      await (await entry.opening).close();
    };
    try {
      const library = await entry.opening;
      let released = false;
      return {
        library,
        stores: this.#openStores(),
        release: async () => {
          if (released) return;
          released = true;
          await release();
        },
      };
    } catch (error) {
      // The next one tries again.
      if (this.#shared.get(id) === entry) this.#shared.delete(id);
      throw error;
    }
  }

  /** Every use was let go of before. */
  async close(): Promise<void> {
    await this.#stores?.close();
    this.#stores = null;
  }

  #openStores(): LocalStores {
    // By account: what one account may read is never found by another.
    this.#stores ??= LocalStores.open(
      path.join(this.#cache, 'stores', accountKey(this.#web.server.url.href, this.#account)),
    );
    return this.#stores;
  }
}
