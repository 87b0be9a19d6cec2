import { createFs, type SeamountFs } from '../fs/index.ts';
import type { Mount, MountOptions } from '../mount/index.ts';
import { VolumeError } from '../volume/index.ts';
import { DriveError } from './errors.ts';
import { MovableCalls } from './movable-calls.ts';
import type { OpenVolumeStatus, RunningVolume, SpaceChange } from './running-volume.ts';
import { absolutePath, parseInside } from './space-path.ts';

/** How a volume is mounted by a program. */
export interface VolumeMountOptions extends MountOptions {
  /**
   * Which thread serves the mount. `own` (the default): one that does nothing else; a volume that runs in the caller's
   * moves there first. `caller`: the calling thread, which then must never use the mount in a way that blocks (`...Sync`
   * functions, `spawn` with a `cwd` in it): that would wait for itself, for ever. For programs that do nothing else.
   */
  readonly thread?: 'own' | 'caller';
}

/** A space that is open: a filesystem with two doors, `fs` for programs and `mount` for everybody. */
export class OpenVolume {
  /** The API of `node:fs`, rooted at the space. */
  readonly fs: SeamountFs;
  readonly #parts: OpenVolumeParts;
  readonly #mounts = new Set<Mount>();
  readonly #listeners = new Map<(change: SpaceChange) => void, () => void>();
  readonly #movable: MovableCalls;
  #running: RunningVolume;
  #moving: Promise<void> | null = null;
  #closing: Promise<void> | null = null;

  /** @internal */
  constructor(running: RunningVolume, parts: OpenVolumeParts) {
    this.#running = running;
    this.#parts = parts;
    this.#movable = new MovableCalls(running.calls);
    this.fs = createFs(this.#movable.calls, () => this.#running.blocking);
  }

  /**
   * Mounts the volume at a local folder. A volume that runs in the calling thread gets one of its own first, so that
   * nothing this thread does in the mount waits for itself; files must not be open through `fs` at that time.
   *
   * @throws MountError with the reason: folder missing or not empty, no `/dev/fuse`, mounted already
   * @throws DriveError `busy` when files are open
   */
  async mount(mountpoint: string, options: VolumeMountOptions = {}): Promise<Mount> {
    this.#check();
    const { thread = 'own', ...given } = options;
    if (thread === 'own' && this.#running.blocking === null) {
      if (this.#mounts.size > 0) throw new DriveError('busy', 'the volume is mounted from this thread already.');
      this.#moving ??= this.#move().finally(() => {
        this.#moving = null;
      });
      await this.#moving;
    }
    const mount = await this.#running.mount(mountpoint, given);
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
    await this.#moving;
    const wanted = absolutePath(parseInside(path));
    try {
      await this.#running.sync();
    } catch (error) {
      const isPending = this.status().pending.some(
        (change) => wanted === '/' || change.path === wanted || change.path.startsWith(`${wanted}/`),
      );
      if (isPending) throw error;
    }
  }

  status(): OpenVolumeStatus {
    return this.#running.status();
  }

  readonly events = {
    /** @returns stops the telling */
    onChange: (listener: (change: SpaceChange) => void): (() => void) => {
      this.#listeners.set(listener, this.#running.onChange(listener));
      return () => {
        this.#listeners.get(listener)?.();
        this.#listeners.delete(listener);
      };
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
    await this.#moving;
    for (const mount of this.#mounts) {
      await mount.unmount();
      this.#mounts.delete(mount);
    }
    let failure: VolumeError | null = null;
    try {
      await this.#running.sync();
    } catch (error) {
      if (!(error instanceof VolumeError)) throw error;
      failure = error;
    }
    const { pending, directory } = this.#running.status();
    const left = failure === null ? 0 : pending.length;
    await this.#running.close();
    this.#parts.closed();
    if (failure !== null && left > 0) {
      throw new VolumeError(
        failure.code,
        `${left} changes are not on the server (${failure.message}); they are kept in ${directory} and sent when the space is opened again`,
        { cause: failure },
      );
    }
  }

  /** Gives the volume a thread of its own. What is pending goes along in the journal. */
  async #move(): Promise<void> {
    let failure: unknown = null;
    await this.#movable.move(async () => {
      await this.#running.close();
      this.#running = await this.#parts.runInThread().catch((error: unknown) => {
        failure = error;
        return this.#parts.runHere();
      });
      for (const listener of this.#listeners.keys()) this.#listeners.set(listener, this.#running.onChange(listener));
      return this.#running.calls;
    });
    if (failure !== null) throw failure;
  }

  #check(): void {
    if (this.#closing !== null) throw new DriveError('closed', 'the volume was closed: open the space again.');
  }
}

/** What an open volume is made with. */
export interface OpenVolumeParts {
  /** Runs the same volume in a thread of its own. */
  runInThread(): Promise<RunningVolume>;
  /** Runs the same volume in the calling thread. */
  runHere(): Promise<RunningVolume>;
  /** Is told when the volume is closed. */
  closed(): void;
}
