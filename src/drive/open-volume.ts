import { createFsFromVolume } from '../fs/index.ts';
import { type Mount, type MountOptions, mountVolume } from '../mount/index.ts';
import { type Durability, type PendingItem, type Volume, VolumeError } from '../volume/index.ts';
import { DriveError } from './errors.ts';
import type { Logger } from './logger.ts';
import { absolutePath, parseInside } from './space-path.ts';

/** Something in an open volume changed. */
export interface SpaceChange {
  /** `entry`: a name appeared, vanished or stands for something else. */
  readonly kind: 'entry' | 'attributes' | 'content';
  /** Absolute inside the space. */
  readonly path: string;
  /** Made elsewhere, not through this volume. */
  readonly remote: boolean;
}

/** What both sides changed. Nothing was lost; a person may want to look. */
export interface SpaceConflict {
  /** Absolute inside the space. */
  readonly path: string;
  readonly kind: 'both-changed' | 'kind-differs' | 'deletion-refused' | 'deletion-undone';
  /** Name our version was given beside theirs, or null. */
  readonly copy: string | null;
}

/** A change that the server does not have. */
export interface PendingChange {
  /** Absolute inside the space. */
  readonly path: string;
  readonly change: PendingItem['change'];
  readonly bytes: number;
  /** Why the server did not take it; null when it was not refused. */
  readonly error: string | null;
}

export interface OpenVolumeStatus {
  /** How the library is reached: by the sync protocol (`object`) or by the web API alone (`web`). */
  readonly way: 'object' | 'web';
  readonly durability: Durability;
  readonly readOnly: boolean;
  readonly pending: readonly PendingChange[];
  readonly conflicts: readonly SpaceConflict[];
  /** Why the last try to send failed; null after one that did not. */
  readonly lastError: string | null;
  /** Where what is pending is kept on this machine. */
  readonly directory: string;
}

/** A space that is open: a filesystem with two doors, `fs` for programs and `mount` for everybody. */
export class OpenVolume {
  /** The API of `node:fs`, rooted at the space. */
  readonly fs: ReturnType<typeof createFsFromVolume>;
  readonly #parts: OpenVolumeParts;
  readonly #mounts = new Set<Mount>();
  #closing: Promise<void> | null = null;

  /** @internal */
  constructor(parts: OpenVolumeParts) {
    this.#parts = parts;
    this.fs = createFsFromVolume(parts.volume);
  }

  /**
   * Mounts the volume at a local folder.
   *
   * @throws MountError with the reason: folder missing or not empty, no `/dev/fuse`, mounted already
   */
  async mount(mountpoint: string, options: MountOptions = {}): Promise<Mount> {
    this.#check();
    const mount = await mountVolume(this.#parts.volume, mountpoint, { source: this.#parts.source, ...options });
    this.#mounts.add(mount);
    void mount.closed.then(() => this.#mounts.delete(mount));
    return mount;
  }

  /**
   * Resolves when everything written before is on the server.
   *
   * @param path only this must be there; more may be sent with it
   * @throws VolumeError why the server did not take it; it stays pending, and is tried again
   */
  async sync(path = '/'): Promise<void> {
    this.#check();
    const wanted = absolutePath(parseInside(path));
    try {
      await this.#parts.volume.sync();
    } catch (error) {
      const isPending = this.status().pending.some(
        (change) => wanted === '/' || change.path === wanted || change.path.startsWith(`${wanted}/`),
      );
      if (isPending) throw error;
    }
  }

  status(): OpenVolumeStatus {
    const { volume, way, durability, directory } = this.#parts;
    const { pending, conflicts, sending } = volume.status();
    return {
      way,
      durability,
      readOnly: volume.readOnly,
      pending: pending.map(({ path, change, bytes, error }) => ({ path: absolutePath(path), change, bytes, error })),
      conflicts: conflicts.map(({ path, kind, copy }) => ({ path: absolutePath(path), kind, copy })),
      lastError: sending.lastError?.message ?? null,
      directory,
    };
  }

  readonly events = {
    /** @returns stops the telling */
    onChange: (listener: (change: SpaceChange) => void): (() => void) => {
      const { volume } = this.#parts;
      return volume.events.onChange((change) => {
        const names = change.kind === 'entry' ? volume.pathOf(change.parent) : volume.pathOf(change.node);
        // What has no name any more has no path to tell.
        if (names === null) return;
        const path = absolutePath(change.kind === 'entry' ? [...names, change.name] : names);
        listener({ kind: change.kind, path, remote: change.remote });
      });
    },
  };

  /**
   * Unmounts, sends what is pending, and lets go of the space.
   *
   * @throws VolumeError when the server did not take everything: the volume is closed, the rest is kept on this machine
   *         and sent when the space is opened again. MountError `busy` when a mount is in use: the volume stays open.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close().catch((error: unknown) => {
      if (this.#mounts.size > 0) this.#closing = null;
      throw error;
    });
    return this.#closing;
  }

  async #close(): Promise<void> {
    for (const mount of this.#mounts) {
      await mount.unmount();
      this.#mounts.delete(mount);
    }
    const { volume, directory, closed } = this.#parts;
    let failure: VolumeError | null = null;
    try {
      await volume.sync();
    } catch (error) {
      if (!(error instanceof VolumeError)) throw error;
      failure = error;
    }
    const left = failure === null ? 0 : volume.status().pending.length;
    await volume.close();
    await closed();
    if (failure !== null && left > 0) {
      throw new VolumeError(
        failure.code,
        `${left} changes are not on the server (${failure.message}); they are kept in ${directory} and sent when the space is opened again`,
        { cause: failure },
      );
    }
  }

  #check(): void {
    if (this.#closing !== null) throw new DriveError('closed', 'the volume was closed: open the space again.');
  }
}

/** What an open volume is made of. */
export interface OpenVolumeParts {
  readonly volume: Volume;
  readonly durability: Durability;
  readonly way: 'object' | 'web';
  readonly directory: string;
  /** Shown as the mount's source. */
  readonly source: string;
  readonly account: string;
  readonly logger: Logger;
  closed(): Promise<void>;
}
