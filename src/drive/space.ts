import { newDevice } from '../fs/index.ts';
import type { WebClient } from '../seafile/index.ts';
import type { Durability, FollowedLinks } from '../volume/index.ts';
import type { FoundLibrary } from './libraries.ts';
import { OpenVolume } from './open-volume.ts';
import type { RunningVolume, VolumeRequest } from './running-volume.ts';
import { type ShareRequest, type SpaceShare, SpaceSharing } from './sharing.ts';

/** How a space is opened. */
export interface OpenOptions {
  /**
   * What a caller waits for: `staged` (the default) returns once a change survives this process, `committed` once the
   * server has it.
   */
  readonly durability?: Durability;
  readonly readOnly?: boolean;
  /**
   * Which symbolic links are links: `safe` (the default) those that stay in the space and those made on this machine,
   * `all` every one. A link that is none is shown as the text file it is on the server.
   */
  readonly symlinks?: FollowedLinks;
}

/** A user-scoped root: a folder of a library. Everything done with it stays below that folder. */
export class Space {
  /** As it was asked for: `users/7a1c`, or `lib:NAME_OR_ID/FOLDER`. */
  readonly path: string;
  readonly library: FoundLibrary;
  /** Names from the library's root to the space's folder. */
  readonly folder: readonly string[];
  readonly #parts: SpaceParts;
  readonly #sharing: SpaceSharing;
  readonly #volumes = new Set<OpenVolume>();

  /** @internal */
  constructor(parts: SpaceParts) {
    this.path = parts.path;
    this.library = parts.library;
    this.folder = parts.folder;
    this.#parts = parts;
    this.#sharing = new SpaceSharing(parts.web, parts.library.id, parts.folder);
  }

  /**
   * Opens the space as a filesystem. What an earlier process left unsent is taken up again.
   *
   * @throws VolumeError EBUSY when another process has the space open (the message names it)
   * @throws SeafileError `encrypted`, `forbidden`, `unreachable` and others
   */
  async open(options: OpenOptions = {}): Promise<OpenVolume> {
    const { server, run, sync } = this.#parts;
    const request: VolumeRequest = {
      library: this.library.id,
      folder: this.folder,
      space: this.path,
      directory: await this.#parts.directory(),
      durability: options.durability ?? 'staged',
      readOnly: options.readOnly ?? false,
      symlinks: options.symlinks ?? 'safe',
      source: `${new URL(server).host}:${this.path}`,
      identity: {
        umask: process.umask(),
        uid: process.getuid?.() ?? 0,
        gid: process.getgid?.() ?? 0,
        device: newDevice(),
      },
    };
    const open = new OpenVolume(await (sync ? run.inThread(request) : run.here(request)), {
      runInThread: () => run.inThread(request),
      runHere: () => run.here(request),
      closed: () => void this.#volumes.delete(open),
    });
    this.#volumes.add(open);
    return open;
  }

  /**
   * Shares a folder of the space, or changes what the user may do in it. What volumes opened here have pending is sent
   * first, so that a folder just made can be shared.
   *
   * @param path inside the space; `/` is the space's own folder
   * @throws DriveError `bad-input`; SeafileError `not-found` (the folder), `rejected` (the user), `forbidden`
   */
  async share(path: string, request: ShareRequest, signal?: AbortSignal): Promise<void> {
    // Before anything is sent for it.
    this.#sharing.check(path, request);
    for (const volume of this.#volumes) await volume.sync();
    await this.#sharing.share(path, request, signal);
  }

  /** Whom a folder of the space is shared with. */
  shares(path: string, signal?: AbortSignal): Promise<readonly SpaceShare[]> {
    return this.#sharing.list(path, signal);
  }

  /** Takes a share back. @returns false when there was none */
  unshare(path: string, user: string, signal?: AbortSignal): Promise<boolean> {
    return this.#sharing.remove(path, user, signal);
  }

  /** @internal Closes what was opened; all of it, then tells the first failure. */
  async closeVolumes(): Promise<void> {
    const results = await Promise.allSettled([...this.#volumes].map((volume) => volume.close()));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }
}

/** What a space is made of. */
export interface SpaceParts {
  readonly path: string;
  readonly library: FoundLibrary;
  readonly folder: readonly string[];
  readonly web: WebClient;
  /** Runs a volume, in this thread or in one of its own. */
  readonly run: {
    here(request: VolumeRequest): Promise<RunningVolume>;
    inThread(request: VolumeRequest): Promise<RunningVolume>;
  };
  /** Every volume has a thread of its own from the start, and the functions of `fs` that block work. */
  readonly sync: boolean;
  /** Makes the directory for what is pending. */
  readonly directory: () => Promise<string>;
  readonly server: string;
}
