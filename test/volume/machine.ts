import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createFsFromVolume } from '../../src/fs/index.ts';
import { type Connection, type Library, openLibrary } from '../../src/library/index.ts';
import type { LibraryId } from '../../src/seafile/index.ts';
import { LocalStores, openVolume, type Volume, type VolumeOptions } from '../../src/volume/index.ts';

/** The functions of `fs.promises`. */
export type Files = ReturnType<typeof createFsFromVolume>['promises'];

export interface MachineOptions {
  /** Who is signed in: the library's owner by default. */
  readonly as?: { readonly email: string; readonly password: string };
  readonly pollIntervalMs?: number;
}

export interface OpenOptions extends Pick<VolumeOptions, 'durability' | 'readOnly' | 'sendTimes' | 'now' | 'symlinks'> {
  /** Instead of the machine's own way to the library; its opener closes it. */
  readonly library?: Library;
  /** Where the space's journal is: a place of this space on this machine unless told. */
  readonly directory?: string;
}

/** A volume of a machine, and its module door. */
export interface OpenedSpace {
  readonly volume: Volume;
  readonly files: Files;
  /** Warnings of the volume so far. */
  readonly warnings: readonly string[];
}

/** Nothing is sent until a test asks for it. */
export const SENDS_WHEN_TOLD = { quietMs: 3_600_000, latestMs: 3_600_000 };

/** One machine that uses spaces of a library: with a connection and caches of its own. */
export class Machine {
  readonly connection: Connection;
  readonly #library: LibraryId;
  readonly #folder: string;
  readonly #open = new Map<OpenedSpace, Library>();
  #stores: LocalStores | null = null;

  constructor(connection: Connection, library: LibraryId, folder: string) {
    this.connection = connection;
    this.#library = library;
    this.#folder = folder;
  }

  /** Where the journal of a space is. */
  directoryOf(space: readonly string[]): string {
    return join(this.#folder, 'spaces', ...space);
  }

  /** What is open. */
  get opened(): readonly OpenedSpace[] {
    return [...this.#open.keys()];
  }

  async open(space: readonly string[], options: OpenOptions = {}): Promise<OpenedSpace> {
    this.#stores ??= LocalStores.open(join(this.#folder, 'stores'));
    const library = await openLibrary(this.connection, this.#library, { objects: this.#stores.objects });
    const warnings: string[] = [];
    try {
      const volume = await openVolume({
        library,
        folder: space,
        stores: this.#stores,
        directory: this.directoryOf(space),
        log: { info: () => undefined, warn: (message) => warnings.push(message) },
        ...options,
      });
      const opened = { volume, files: createFsFromVolume(volume, { umask: 0 }).promises, warnings };
      this.#open.set(opened, library);
      return opened;
    } catch (error) {
      await library.close();
      throw error;
    }
  }

  /** Ends a volume as the end of its process does: what is pending stays in the journal. */
  async closeVolume(volume: Volume): Promise<void> {
    await volume.close();
    for (const [opened, library] of this.#open) {
      if (opened.volume !== volume) continue;
      this.#open.delete(opened);
      await library.close();
    }
  }

  async closeAll(): Promise<void> {
    for (const { volume } of this.opened) await this.closeVolume(volume);
  }

  /** Forgets everything that is cached, and every journal; nothing may be open. */
  async forget(): Promise<void> {
    await this.#stores?.close();
    this.#stores = null;
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async close(): Promise<void> {
    await this.closeAll();
    await this.forget();
    this.connection.close();
  }
}
