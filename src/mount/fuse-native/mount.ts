import { execFile } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { VolumeOperations } from '../../volume/index.ts';
import { busy, MountError } from '../errors.ts';
import type { Mount, MountEnd, MountOptions, MountStats } from '../mount.ts';
import { readMounts, topMount } from '../mountinfo.ts';
import { FILESYSTEM_TYPE, prepareMountpoint } from '../mountpoint.ts';
import { type LibfuseMount, loadFuseNative } from './binding.ts';
import { VolumeAsLibfuse } from './operations.ts';

const execute = promisify(execFile);
/** libfuse's subtype: what follows `fuse.` in the type. */
const SUBTYPE = FILESYSTEM_TYPE.replace(/^fuse\./, '');
/** How often it is looked whether somebody else took the mount away: libfuse does not tell. */
const LOOK_MS = 1_000;
const RELEASE_LOOK_MS = 10;
const RELEASE_PATIENCE_MS = 1_000;

/**
 * Mounts a volume by libfuse 2 through the package `fuse-native`.
 *
 * libfuse cannot be told what changed elsewhere: the kernel is made to ask each time. An unmount is always lazy.
 *
 * @throws MountError
 */
export async function mountByLibfuse(
  volume: VolumeOperations,
  mountpoint: string,
  options: MountOptions,
): Promise<Mount> {
  const Libfuse = loadFuseNative();
  const place = await prepareMountpoint(mountpoint, options.allowNonEmpty ?? false, async (dead) => {
    await execute('fusermount', ['-uz', dead]);
  });
  const uid = process.geteuid?.() ?? 0;
  const owner = { uid: options.uid ?? uid, gid: options.gid ?? process.getegid?.() ?? 0 };
  const served = new VolumeAsLibfuse(volume, { owner, log: options.log ?? warn });
  const libfuse = new Libfuse(place, served.operations, {
    fsname: [escaped(options.source ?? 'seamount'), ...furtherOptions(volume, options)].join(','),
    subtype: SUBTYPE,
    allowOther: options.allowOther ?? (options.uid !== undefined && options.uid !== uid),
    defaultPermissions: options.defaultPermissions ?? true,
    entryTimeout: '0',
    attrTimeout: '0',
    timeout: false,
  });
  await new Promise<void>((resolve, reject) => {
    libfuse.mount((error) => (error ? reject(refused(place, error)) : resolve()));
  });
  return new LibfuseMounted(place, libfuse, served);
}

/** The package knows few options; libfuse takes more, and they may follow the one that is passed on as it is. */
function furtherOptions(volume: VolumeOperations, options: MountOptions): string[] {
  const further = ['nosuid', 'nodev'];
  if (process.platform === 'linux') further.push('big_writes');
  if (options.readOnly ?? volume.readOnly) further.push('ro');
  if (options.allowNonEmpty) further.push('nonempty');
  return further;
}

/** libfuse separates options by commas. */
const escaped = (source: string): string => source.replace(/[\\,]/g, '\\$&');

function refused(mountpoint: string, cause: Error): MountError {
  const text = `${mountpoint}: libfuse refused to mount: ${cause.message || 'it does not say why'}`;
  return new MountError('refused', text, { cause });
}

class LibfuseMounted implements Mount {
  readonly mountpoint: string;
  readonly closed: Promise<MountEnd>;
  readonly #libfuse: LibfuseMount;
  readonly #served: VolumeAsLibfuse;
  readonly #look: NodeJS.Timeout;
  #end: (end: MountEnd) => void = () => {};
  #ended = false;
  #unmounting: Promise<void> | null = null;

  constructor(mountpoint: string, libfuse: LibfuseMount, served: VolumeAsLibfuse) {
    this.mountpoint = mountpoint;
    this.#libfuse = libfuse;
    this.#served = served;
    this.closed = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#look = setInterval(() => {
      if (process.platform === 'linux' && !this.#isThere()) this.#finish('unmounted-elsewhere');
    }, LOOK_MS);
    this.#look.unref();
  }

  async unmount({ lazy = false }: { readonly lazy?: boolean } = {}): Promise<void> {
    if (this.#ended) return;
    if (!lazy && !(await this.#isReleased())) throw busy(this.mountpoint);
    this.#unmounting ??= new Promise((resolve, reject) => {
      this.#libfuse.unmount((error) => {
        this.#unmounting = null;
        if (error) reject(new MountError('refused', `${this.mountpoint}: ${error.message}`, { cause: error }));
        else resolve();
      });
    });
    await this.#unmounting;
    this.#finish('unmounted');
  }

  /** The kernel remembers nothing that it would have to be told of. */
  async settled(): Promise<void> {}

  stats(): MountStats {
    const { requests, errors, pending, openFiles } = this.#served.counts();
    return {
      requests,
      errors,
      pending,
      nodes: 0,
      openFiles,
      openDirectories: 0,
      notifications: { sent: 0, absent: 0, failed: 0 },
      readAheadKiB: null,
      lentFiles: 0,
    };
  }

  /** The kernel tells that a file was closed some time after close(2) has returned. */
  async #isReleased(): Promise<boolean> {
    for (let waited = 0; this.#served.counts().openFiles > 0; waited += RELEASE_LOOK_MS) {
      if (waited >= RELEASE_PATIENCE_MS) return false;
      await wait(RELEASE_LOOK_MS);
    }
    return true;
  }

  #isThere(): boolean {
    return topMount(readMounts(), this.mountpoint)?.type === FILESYSTEM_TYPE;
  }

  #finish(end: MountEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    clearInterval(this.#look);
    this.#served.close();
    this.#end(end);
  }
}

function warn(message: string): void {
  process.emitWarning(message, 'SeamountWarning');
}
