import { constants } from 'node:os';
import type { VolumeOperations } from '../volume/index.ts';
import { type Attacher, attacherFor } from './attachment.ts';
import { Dispatcher, type DispatcherStats, type MemoryLayout } from './dispatcher.ts';
import { MountError } from './errors.ts';
import { detached, detachOnExit } from './exit.ts';
import { type Guard, startGuard } from './guard.ts';
import { Invalidations } from './invalidations.ts';
import { Lookups } from './lookups.ts';
import { type MountedFilesystem, readMounts, topMount } from './mountinfo.ts';
import { FILESYSTEM_TYPE, prepareMountpoint } from './mountpoint.ts';
import { loadNative, type NativeChannel, type NativeParts } from './native.ts';
import { Passthrough } from './passthrough.ts';
import { type KernelOffer, MAX_TRANSFER_BYTES, OLDEST_MINOR, PROTOCOL_MAJOR } from './protocol/init.ts';
import { raiseReadAhead } from './readahead.ts';
import { Session } from './session.ts';

/** Exact invalidation makes long ones safe: what changes is told. */
const DEFAULT_TIMEOUT_SECONDS = 86_400;
const DEFAULT_READ_AHEAD_KIB = 1024;
/** How long the kernel may hold on to a connection after a successful unmount (other mount namespaces may show it). */
const UNMOUNT_PATIENCE_MS = 10_000;

/** One request is read into a slot: its data and 4 KiB for what comes before. Most are answered in the first slot. */
const LAYOUT: MemoryLayout = {
  slotCount: 16,
  slotBytes: MAX_TRANSFER_BYTES + 4096,
  replyBytes: MAX_TRANSFER_BYTES + 4096,
};

/**
 * Who speaks to the kernel: our own channel, or the package `fuse-native` (libfuse 2), which does less, for systems where
 * the channel does not run.
 */
export type MountDriver = 'channel' | 'fuse-native';

export interface MountOptions {
  /** Default `channel`. */
  readonly driver?: MountDriver;
  /** Shown as the device by `mount` and `df`; server and space, never a secret. Default `seamount`. */
  readonly source?: string;
  /** Refuse changes. Default: as the volume. */
  readonly readOnly?: boolean;
  /** Whom all files belong to on this machine. Default: this process's user and group. */
  readonly uid?: number;
  readonly gid?: number;
  /** Let other users in, as far as permissions allow. Default: only when the files belong to another user. */
  readonly allowOther?: boolean;
  /** Let the kernel check permissions. Default true. */
  readonly defaultPermissions?: boolean;
  /** Mount over a directory that has entries. Default false. */
  readonly allowNonEmpty?: boolean;
  /** How long the kernel may remember names, in seconds. Default a day. */
  readonly entryTimeoutSeconds?: number;
  /** How long the kernel may remember attributes, in seconds. Default a day. */
  readonly attributesTimeoutSeconds?: number;
  /** How far the kernel reads ahead, in KiB, where it may be set. Default 1024. */
  readonly readAheadKiB?: number;
  /** Let the kernel read files of the content cache itself, where it can (root, Linux 6.9). Default true. */
  readonly passthrough?: boolean;
  /** The program that mounts for users other than root. Default `fusermount3`. */
  readonly fusermount?: string;
  /** Told about what should not happen, in one line each. Default: a process warning. */
  readonly log?: (message: string) => void;
}

/** Why a mount ended. */
export type MountEnd =
  /** By `unmount()`. */
  | 'unmounted'
  /** By somebody else: `umount`, `fusermount3 -u`. */
  | 'unmounted-elsewhere'
  /** The connection was cut. */
  | 'aborted';

/** What a mount has done so far. */
export interface MountStats extends DispatcherStats {
  /** Nodes, open files and open directories that the kernel holds. */
  readonly nodes: number;
  readonly openFiles: number;
  readonly openDirectories: number;
  /** Invalidations: sent, about what the kernel did not know, and refused by it. */
  readonly notifications: { readonly sent: number; readonly absent: number; readonly failed: number };
  /** How far the kernel reads ahead; null when the system does not show it. */
  readonly readAheadKiB: number | null;
  /** Files of this machine's disk that the kernel reads without asking. */
  readonly lentFiles: number;
}

/** A volume mounted on a directory. */
export interface Mount {
  /** Absolute, without links. */
  readonly mountpoint: string;
  /** Settles when the mount has ended, however it came. */
  readonly closed: Promise<MountEnd>;
  /**
   * Takes the mount off its directory and waits until the kernel let go. What is pending in the volume stays there.
   *
   * @throws MountError `busy` when something uses it; `lazy` hides it at once and ends it after its last user
   */
  unmount(options?: { readonly lazy?: boolean }): Promise<void>;
  /** Waits until the kernel was told of all changes made through other doors up to now. */
  settled(): Promise<void>;
  stats(): MountStats;
}

/**
 * Mounts a volume on a directory, served by the calling thread: synchronous calls of that thread on its own mount
 * deadlock, asynchronous ones do not.
 *
 * @param mountpoint an empty directory; a dead mount of ours on it is cleaned up
 * @returns once the mount answers
 * @throws MountError
 */
export async function mountVolume(
  volume: VolumeOperations,
  mountpoint: string,
  options: MountOptions = {},
): Promise<Mount> {
  if (options.driver === 'fuse-native') {
    const { mountByLibfuse } = await import('./fuse-native/mount.ts');
    return mountByLibfuse(volume, mountpoint, options);
  }
  const native = loadNative();
  const uid = process.geteuid?.() ?? 0;
  const attacher = attacherFor(native.addon, uid, options.fusermount ?? 'fusermount3');
  const place = await prepareMountpoint(mountpoint, options.allowNonEmpty ?? false, (dead) =>
    attacher.detach(dead, true),
  );
  const fd = await attacher.attach(place, {
    source: options.source ?? 'seamount',
    readOnly: options.readOnly ?? volume.readOnly,
    allowOther: options.allowOther ?? (options.uid !== undefined && options.uid !== uid),
    defaultPermissions: options.defaultPermissions ?? true,
  });
  const mount = new MountedVolume(native, attacher, volume, place, fd, options);
  await mount.start(options.readAheadKiB ?? DEFAULT_READ_AHEAD_KIB);
  return mount;
}

class MountedVolume implements Mount {
  readonly mountpoint: string;
  readonly closed: Promise<MountEnd>;

  readonly #native: NativeParts;
  readonly #fd: number;
  readonly #log: (message: string) => void;
  readonly #attacher: Attacher;
  readonly #channel: NativeChannel;
  readonly #session: Session;
  readonly #dispatcher: Dispatcher;
  readonly #greeted: Promise<KernelOffer>;
  #end: (end: MountEnd) => void = () => {};
  #ended = false;
  #unmounting = false;
  #guard: Guard | null = null;
  #minor = 0;
  #readAheadKiB: number | null = null;

  constructor(
    native: NativeParts,
    attacher: Attacher,
    volume: VolumeOperations,
    mountpoint: string,
    fd: number,
    options: MountOptions,
  ) {
    this.mountpoint = mountpoint;
    this.#native = native;
    this.#fd = fd;
    this.#attacher = attacher;
    this.closed = new Promise((resolve) => {
      this.#end = resolve;
    });
    const { slotCount, slotBytes, replyBytes } = LAYOUT;
    const channel = new native.addon.Channel(
      fd,
      slotCount,
      slotBytes,
      replyBytes,
      (slot, length) => this.#dispatcher.dispatch(slot, length),
      (errno) => this.#onClosed(errno),
      (marker) => this.#session.invalidations.reached(marker),
    );
    this.#channel = channel;
    const lookups = new Lookups(volume);
    this.#session = new Session(volume, lookups, new Invalidations(channel, volume, lookups), {
      owner: { uid: options.uid ?? process.geteuid?.() ?? 0, gid: options.gid ?? process.getegid?.() ?? 0 },
      validity: {
        entrySeconds: options.entryTimeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS,
        attributesSeconds: options.attributesTimeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS,
      },
      passthrough: new Passthrough(
        volume,
        channel,
        (fd) => native.addon.isSoleDescriptor(fd),
        options.passthrough ?? true,
      ),
    });
    this.#greeted = new Promise((resolve) => {
      this.#session.onInit = resolve;
    });
    this.#log = options.log ?? warn;
    this.#dispatcher = new Dispatcher(channel, this.#session, LAYOUT, this.#log);
    detachOnExit(this);
  }

  /** Waits until the mount answers. */
  async start(readAheadKiB: number): Promise<void> {
    const offer = await Promise.race([this.#greeted, this.closed]);
    if (typeof offer === 'string') {
      throw new MountError('ended', `${this.mountpoint}: the mount was ended (${offer}) before it answered`);
    }
    if (offer.major !== PROTOCOL_MAJOR || offer.minor < OLDEST_MINOR) {
      await this.unmount({ lazy: true });
      const text = `the kernel speaks FUSE ${offer.major}.${offer.minor}; 7.${OLDEST_MINOR} or newer is needed (Linux 5.4)`;
      throw new MountError('unsupported-system', text);
    }
    const mounted = topMount(readMounts(), this.mountpoint);
    if (mounted === null) return;
    this.#minor = mounted.minor;
    this.#readAheadKiB = raiseReadAhead(mounted, readAheadKiB);
    this.#startGuard(mounted);
  }

  async unmount({ lazy = false }: { readonly lazy?: boolean } = {}): Promise<void> {
    if (this.#ended) return;
    if (this.#isOnTop()) {
      this.#unmounting = true;
      try {
        await this.#attacher.detach(this.mountpoint, lazy);
      } catch (error) {
        this.#unmounting = false;
        throw error;
      }
    }
    if (lazy) return;
    const patience = setTimeout(() => this.#finish('unmounted'), UNMOUNT_PATIENCE_MS);
    await this.closed;
    clearTimeout(patience);
  }

  settled(): Promise<void> {
    return this.#ended ? Promise.resolve() : this.#session.invalidations.settled();
  }

  stats(): MountStats {
    const { lookups, files, directories, passthrough } = this.#session;
    return {
      ...this.#dispatcher.stats(),
      nodes: lookups.size,
      openFiles: files.size,
      openDirectories: directories.size,
      notifications: this.#channel.notificationCounts(),
      readAheadKiB: this.#readAheadKiB,
      lentFiles: passthrough.size,
    };
  }

  #startGuard(mounted: MountedFilesystem): void {
    const { addon, guard } = this.#native;
    const lost = (reason: string) => {
      this.#log(`${this.mountpoint}: nothing will clean up should this process be killed: ${guard}: ${reason}`);
      // Then at least when it exits.
      detachOnExit(this);
    };
    try {
      this.#guard = startGuard(addon, guard, this.#fd, mounted, this.#attacher.program, lost);
      detached(this);
    } catch (error) {
      lost(error instanceof Error ? error.message : String(error));
    }
  }

  /** The process exits: nothing can be answered any more, and nobody should find a dead mount. */
  detachSync(): void {
    // First the connection: a mount that still waits for answers would not let go.
    this.#channel.close();
    if (this.#isOnTop()) this.#attacher.detachSync(this.mountpoint);
  }

  /** Whether what is on the directory is this mount, and not one that somebody put over it or there after it. */
  #isOnTop(): boolean {
    const mounted = topMount(readMounts(), this.mountpoint);
    return mounted?.type === FILESYSTEM_TYPE && (this.#minor === 0 || mounted.minor === this.#minor);
  }

  #onClosed(errno: number): void {
    if (errno !== constants.errno.ENODEV) this.#finish('aborted');
    else this.#finish(this.#unmounting ? 'unmounted' : 'unmounted-elsewhere');
  }

  #finish(end: MountEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    detached(this);
    this.#channel.close();
    this.#guard?.dismiss();
    this.#dispatcher.close();
    this.#session.close();
    this.#end(end);
  }
}

function warn(message: string): void {
  process.emitWarning(message, 'SeamountWarning');
}
