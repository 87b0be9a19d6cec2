import { volumeCalls } from '../fs/index.ts';
import { type Mount, type MountOptions, mountVolume } from '../mount/index.ts';
import { openVolume, type Volume } from '../volume/index.ts';
import type { Logger } from './logger.ts';
import type { LibraryUse, OpenLibraries } from './open-libraries.ts';
import type { OpenVolumeStatus, RunningVolume, SpaceChange, VolumeRequest } from './running-volume.ts';
import { absolutePath } from './space-path.ts';

/** Runs a volume in this thread. */
export async function runHere(
  libraries: OpenLibraries,
  logger: Logger,
  request: VolumeRequest,
): Promise<RunningVolume> {
  const use = await libraries.use(request.library);
  try {
    const { folder, directory, durability, readOnly, symlinks, space } = request;
    const volume = await openVolume({
      library: use.library,
      folder,
      stores: use.stores,
      directory,
      durability,
      readOnly,
      symlinks,
      log: {
        info: (message) => logger.info({ space }, message),
        warn: (message) => logger.warn({ space }, message),
      },
    });
    return new VolumeHere(volume, use, request);
  } catch (error) {
    await use.library.close();
    throw error;
  }
}

class VolumeHere implements RunningVolume {
  readonly calls: RunningVolume['calls'];
  readonly blocking = null;
  readonly #volume: Volume;
  readonly #use: LibraryUse;
  readonly #request: VolumeRequest;

  constructor(volume: Volume, use: LibraryUse, request: VolumeRequest) {
    this.calls = volumeCalls(volume, request.identity);
    this.#volume = volume;
    this.#use = use;
    this.#request = request;
  }

  mount(mountpoint: string, options: MountOptions): Promise<Mount> {
    return mountVolume(this.#volume, mountpoint, { source: this.#request.source, ...options });
  }

  sync(): Promise<void> {
    return this.#volume.sync();
  }

  status(): OpenVolumeStatus {
    const { pending, conflicts, sending } = this.#volume.status();
    return {
      way: this.#use.library.capabilities.kind,
      durability: this.#request.durability,
      readOnly: this.#volume.readOnly,
      pending: pending.map(({ path, change, bytes, error }) => ({ path: absolutePath(path), change, bytes, error })),
      conflicts: conflicts.map(({ path, kind, copy }) => ({ path: absolutePath(path), kind, copy })),
      lastError: sending.lastError?.message ?? null,
      directory: this.#request.directory,
    };
  }

  onChange(listener: (change: SpaceChange) => void): () => void {
    const volume = this.#volume;
    return volume.events.onChange((change) => {
      const names = change.kind === 'entry' ? volume.pathOf(change.parent) : volume.pathOf(change.node);
      // What has no name any more has no path to tell.
      if (names === null) return;
      const path = absolutePath(change.kind === 'entry' ? [...names, change.name] : names);
      listener({ kind: change.kind, path, remote: change.remote });
    });
  }

  async close(): Promise<void> {
    await this.#volume.close();
    await this.#use.library.close();
  }
}
