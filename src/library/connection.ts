import {
  type Account,
  discoverFileServer,
  type FileServer,
  headCommitsMulti,
  type LibraryId,
  SeafileError,
  type Secret,
  type SyncAccess,
  SyncClient,
  type SyncDevice,
  syncAccess,
  WebClient,
} from '../seafile/index.ts';
import type { CutPolicy } from './blocks/index.ts';
import type { CommitterOptions } from './commit/index.ts';
import type { Library } from './library.ts';
import { memoryObjectStore, ObjectLibrary, type ObjectStore } from './object/index.ts';
import { HeadPoll, type Timers } from './watch/index.ts';

export interface ConnectionOptions {
  readonly account: Account;
  readonly device: SyncDevice;
  /** URL of the file server, where it cannot be found. */
  readonly fileServer?: string | URL;
  /** Time between polls of the heads: 2 s by default. */
  readonly pollIntervalMs?: number;
  readonly timers?: Timers;
}

export interface OpenLibraryOptions {
  /** Where immutable objects are kept, for all libraries or for one; in memory by default. The first opener's counts. */
  readonly objects?: ObjectStore;
  readonly cutPolicy?: CutPolicy;
  readonly sharedFolders?: CommitterOptions['sharedFolders'];
}

/**
 * An account's way to its libraries: what they share in a process. That is the file server's place, the sync tokens
 * (each asked for once), the poll of the heads, and each open library, so that a library has one committer.
 */
export class Connection {
  readonly web: WebClient;
  readonly device: SyncDevice;
  readonly poll: HeadPoll;
  readonly #options: ConnectionOptions;
  readonly #access = new Map<LibraryId, Promise<SyncAccess>>();
  readonly #open = new Map<LibraryId, Promise<ObjectLibrary>>();
  #fileServer: Promise<FileServer> | null = null;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.web = new WebClient(options.account);
    this.device = options.device;
    this.poll = new HeadPoll({
      readHeads: async (libraries, signal) => headCommitsMulti(await this.fileServer(), libraries, signal),
      ...(options.pollIntervalMs === undefined ? {} : { intervalMs: options.pollIntervalMs }),
      ...(options.timers ? { timers: options.timers } : {}),
    });
  }

  /** The file server, found once. */
  fileServer(library?: LibraryId): Promise<FileServer> {
    const { fileServer } = this.#options;
    this.#fileServer ??= discoverFileServer(this.web, {
      ...(fileServer === undefined ? {} : { fileServer }),
      ...(library ? { library } : {}),
    }).catch((error: unknown) => {
      this.#fileServer = null;
      throw error;
    });
    return this.#fileServer;
  }

  /** @see openLibrary */
  async open(id: LibraryId, options: OpenLibraryOptions): Promise<Library> {
    const open = this.#open.get(id);
    if (open) return (await open).hold();
    const opening = this.#openNew(id, options);
    this.#open.set(id, opening);
    opening.catch(() => this.#open.delete(id));
    return opening;
  }

  /** Stops polling. Libraries are closed by those who opened them. */
  close(): void {
    this.poll.close();
  }

  async #openNew(id: LibraryId, options: OpenLibraryOptions): Promise<ObjectLibrary> {
    const { objects = memoryObjectStore(), cutPolicy, sharedFolders } = options;
    const known = this.#access.has(id);
    try {
      const [access, fileServer] = await Promise.all([this.#accessTo(id), this.fileServer(id)]);
      const renewToken = async (): Promise<Secret> => {
        this.#access.delete(id);
        return (await this.#accessTo(id)).token;
      };
      const sync = new SyncClient({ fileServer, library: id, token: access.token, renewToken, device: this.device });
      await sync.permissionCheck('download');
      return new ObjectLibrary({
        access,
        sync,
        web: this.web,
        poll: this.poll,
        device: this.device,
        objects,
        ...(cutPolicy ? { cutPolicy } : {}),
        ...(sharedFolders ? { sharedFolders } : {}),
        onClosed: () => this.#open.delete(id),
      });
    } catch (error) {
      this.#access.delete(id);
      // The token that was kept may have been revoked, which looks like a withdrawn permission.
      if (known && error instanceof SeafileError && error.kind === 'forbidden') return this.#openNew(id, options);
      throw error;
    }
  }

  #accessTo(id: LibraryId): Promise<SyncAccess> {
    const known = this.#access.get(id);
    if (known) return known;
    const access = syncAccess(this.web, id).then((access) => {
      if (access.encrypted) {
        throw new SeafileError(
          'encrypted',
          `Library ${access.name} is encrypted. seamount cannot decrypt it, and does not show ciphertext as content.`,
        );
      }
      if (access.permission === 'restricted') {
        throw new SeafileError('forbidden', `Library ${access.name} may only be previewed by this account.`);
      }
      return access;
    });
    this.#access.set(id, access);
    return access;
  }
}

/**
 * Opens a library. Opened again in the same connection it is the same one, and closed when each has closed it.
 *
 * @throws SeafileError `encrypted` (never served as it is stored), `not-found`, `forbidden`, and those of the way to the
 * server
 */
export function openLibrary(connection: Connection, id: LibraryId, options: OpenLibraryOptions = {}): Promise<Library> {
  return connection.open(id, options);
}
