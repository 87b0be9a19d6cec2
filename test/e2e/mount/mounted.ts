import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openLibrary } from '../../../src/library/index.ts';
import { type Mount, type MountOptions, mountVolume } from '../../../src/mount/index.ts';
import type { Volume } from '../../../src/volume/index.ts';
import { LocalStores, openVolume } from '../../../src/volume/index.ts';
import { Site } from '../../library/connect.ts';

const execute = promisify(execFile);
/** A tool that takes longer hangs. */
const LIMITS = { timeout: 40_000, maxBuffer: 2 ** 26 };
const IN_DIRECTORY = 'cd "$0"; ';

/** A space that is mounted, with what tests do to it. */
export interface MountedSpace {
  readonly volume: Volume;
  readonly mount: Mount;
  /** The mount point. */
  readonly directory: string;
  path(...names: readonly string[]): string;
  /** Runs a script of the shell in the mount. @returns what it printed, without the last line end */
  sh(script: string): Promise<string>;
  /** Runs a python program in the mount. @returns what it printed, without the last line end */
  python(program: string): Promise<string>;
  /** The same space on another machine. */
  elsewhere(): Promise<Volume>;
  /** Waits until what was sent elsewhere is seen here. */
  refresh(): Promise<void>;
  /** Unmounts and closes everything. */
  close(): Promise<void>;
}

export interface SpaceOptions extends MountOptions {
  /** Puts something between the mount and the volume. */
  readonly wrap?: (volume: Volume) => Volume;
}

/** Opens an empty library of an embedded server and mounts it. */
export async function mountSpace({ wrap = (volume) => volume, ...options }: SpaceOptions = {}): Promise<MountedSpace> {
  const home = await mkdtemp(join(tmpdir(), 'seamount-mount-'));
  const directory = join(home, 'mnt');
  await mkdir(directory);
  const site = await Site.start();
  const connection = await site.connect();
  const id = await site.newLibrary(connection);
  const library = await openLibrary(connection, id);
  const stores = LocalStores.open(join(home, 'stores'));
  const volume = await openVolume({ library, folder: [], stores, directory: join(home, 'space') });
  const mount = await mountVolume(wrap(volume), directory, options);
  const others: (() => Promise<void>)[] = [];
  return {
    volume,
    mount,
    directory,
    path: (...names) => join(directory, ...names),
    sh: (script) => output(execute('bash', ['-ec', IN_DIRECTORY + script, directory], LIMITS)),
    python: (program) => output(execute(...inside(directory, 'python3', ['-c', program]), LIMITS)),
    async elsewhere() {
      const place = join(home, `elsewhere${others.length}`);
      const theirLibrary = await openLibrary(await site.connect(), id);
      const theirStores = LocalStores.open(join(place, 'stores'));
      const theirs = await openVolume({
        library: theirLibrary,
        folder: [],
        stores: theirStores,
        directory: join(place, 'space'),
      });
      others.push(async () => {
        await theirs.close();
        await theirLibrary.close();
        await theirStores.close();
      });
      return theirs;
    },
    async refresh() {
      await volume.refresh();
      await mount.settled();
    },
    async close() {
      await mount.unmount();
      for (const closeOther of others) await closeOther();
      await volume.close();
      await library.close();
      await stores.close();
      await site.stop();
      await rm(home, { recursive: true });
    },
  };
}

/**
 * How to start a program in a directory of a mount of this process. Not with `cwd`: spawn() waits until the child has
 * changed there, and the child waits for an answer of this very thread.
 */
export function inside(directory: string, program: string, args: readonly string[]): [string, string[]] {
  return ['bash', ['-ec', `${IN_DIRECTORY}exec "$@"`, directory, program, ...args]];
}

async function output(execution: Promise<{ readonly stdout: string }>): Promise<string> {
  return (await execution).stdout.replace(/\n$/, '');
}

/** The same volume with some operations replaced. */
export function replacing(volume: Volume, operations: Partial<Volume>): Volume {
  return new Proxy(volume, {
    get(target, name) {
      const value: unknown = Reflect.get(operations, name) ?? Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
