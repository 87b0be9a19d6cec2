import type { AccountInfo, Auth, Server, WebClient } from '../seafile/index.ts';
import { type CacheOwner, spaceDirectory } from './cache-directory.ts';
import { DriveError } from './errors.ts';
import { type ReachableLibrary, reachableLibraries } from './libraries.ts';
import type { Logger } from './logger.ts';
import { OpenLibraries } from './open-libraries.ts';
import { Space } from './space.ts';
import { formatSpace } from './space-path.ts';
import { SpaceFolders } from './spaces.ts';
import { VolumeThread } from './thread/volume-thread.ts';
import { runHere } from './volume-here.ts';

/** What one connection has cost so far. */
export interface DriveStats {
  /** Requests sent, repetitions included. */
  readonly requests: number;
  /** Bytes of bodies sent. */
  readonly bytesUp: number;
  /** Bytes of bodies received. */
  readonly bytesDown: number;
}

/** One account on one server: its spaces and libraries. Made by `connect`. */
export class Drive {
  /** Base URL of the server, with a slash at the end. */
  readonly server: string;
  /** Who is signed in. */
  readonly account: AccountInfo;
  readonly #server: Server;
  readonly #web: WebClient;
  readonly #folders: SpaceFolders;
  readonly #libraries: OpenLibraries;
  readonly #thread: VolumeThread;
  readonly #sync: boolean;
  readonly #cache: string;
  readonly #logger: Logger;
  readonly #open = new Set<Space>();
  #closed = false;

  /** @internal */
  constructor(parts: {
    readonly server: Server;
    readonly web: WebClient;
    readonly auth: Auth;
    readonly sync: boolean;
    readonly account: AccountInfo;
    readonly cache: string;
    readonly fileServer: string | URL | undefined;
    readonly logger: Logger;
  }) {
    this.server = parts.server.url.href;
    this.account = parts.account;
    this.#server = parts.server;
    this.#web = parts.web;
    this.#cache = parts.cache;
    this.#logger = parts.logger;
    this.#folders = new SpaceFolders(parts.web);
    this.#libraries = new OpenLibraries(parts);
    this.#thread = new VolumeThread(parts);
    this.#sync = parts.sync;
  }

  /**
   * A user-scoped root: `users/7a1c` is a folder of the account's default library, `lib:NAME_OR_ID/FOLDER` one of
   * another library, own or shared.
   *
   * @param options.create makes what is missing: the default library, and the folder level by level
   * @throws DriveError `bad-input` before any request; `space-missing`, `library-missing`, `library-ambiguous`
   */
  async space(
    path: string,
    options: { readonly create?: boolean; readonly signal?: AbortSignal } = {},
  ): Promise<Space> {
    this.#check();
    const place = await this.#folders.find(path, { create: options.create ?? false, signal: options.signal });
    const owner: CacheOwner = {
      server: this.server,
      account: this.account.email,
      library: place.library.id,
      folder: place.address.folder,
    };
    const space = new Space({
      path: formatSpace(place.address),
      library: place.library,
      folder: place.address.folder,
      web: this.#web,
      run: {
        here: (request) => runHere(this.#libraries, this.#logger, request),
        inThread: (request) => this.#thread.run(request),
      },
      sync: this.#sync,
      directory: () => spaceDirectory(this.#cache, owner),
      server: this.server,
    });
    this.#open.add(space);
    return space;
  }

  /** Making, listing and removing spaces. */
  readonly spaces = {
    /** Makes a space that may exist already. */
    create: (path: string, signal?: AbortSignal): Promise<Space> =>
      this.space(path, { create: true, ...(signal ? { signal } : {}) }),

    /**
     * The spaces below a folder, one for each folder in it.
     *
     * @param path the folder, written as a space; empty for the root of the default library
     */
    list: (path = '', signal?: AbortSignal): Promise<readonly string[]> => {
      this.#check();
      return this.#folders.list(path, signal);
    },

    /** Deletes a space's folder with everything in it; it stays in the library's history and trash. */
    remove: (path: string, signal?: AbortSignal): Promise<void> => {
      this.#check();
      return this.#folders.remove(path, signal);
    },
  };

  readonly libraries = {
    /** Libraries the account can reach, own ones first. */
    list: (signal?: AbortSignal): Promise<readonly ReachableLibrary[]> => {
      this.#check();
      return reachableLibraries(this.#web, signal);
    },
  };

  get stats(): DriveStats {
    const here = this.#server.transport.stats;
    const there = this.#thread.stats ?? { requests: 0, bytesUp: 0, bytesDown: 0 };
    return {
      requests: here.requests + there.requests,
      bytesUp: here.bytesUp + there.bytesUp,
      bytesDown: here.bytesDown + there.bytesDown,
    };
  }

  /** Closes every volume (which sends what is pending) and lets go of the connections. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const results = await Promise.allSettled([...this.#open].map((space) => space.closeVolumes()));
    await this.#thread.close();
    await this.#libraries.close();
    await this.#server.close();
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }

  #check(): void {
    if (this.#closed) throw new DriveError('closed', 'the drive was closed: connect again.');
  }
}
