import { accessSync, constants } from 'node:fs';
import { busy, MountError } from './errors.ts';
import { fusermountDetachSync, fusermountMount, fusermountUnmount } from './fusermount.ts';
import { FILESYSTEM_TYPE } from './mountpoint.ts';
import type { NativeAddon } from './native.ts';
import { MAX_TRANSFER_BYTES } from './protocol/init.ts';

const DEVICE = '/dev/fuse';
const ROOT_MODE = 0o40000;

/** How a mount is to look to the system. */
export interface AttachOptions {
  /** Shown as the device in `mount` and `df`. */
  readonly source: string;
  readonly readOnly: boolean;
  readonly allowOther: boolean;
  readonly defaultPermissions: boolean;
}

/** The ways to put a filesystem on a directory and to take it off again: root's own, and fusermount3's. */
export interface Attacher {
  /** @returns the descriptor of the connection */
  attach(mountpoint: string, options: AttachOptions): Promise<number>;
  /** @throws MountError `busy` when something uses the mount and it is not taken off lazily */
  detach(mountpoint: string, lazy: boolean): Promise<void>;
  /** The program that takes a mount off, null when none is needed. */
  readonly program: string | null;
  /** While the process exits: lazily, without waiting, best effort. */
  detachSync(mountpoint: string): void;
}

/** @param program fusermount3, where we are not root */
export function attacherFor(addon: NativeAddon, uid: number, program: string): Attacher {
  return uid === 0 ? asRoot(addon) : throughFusermount(addon, program);
}

function asRoot(addon: NativeAddon): Attacher {
  return {
    program: null,
    async attach(mountpoint, options) {
      const mountOptions = [
        `rootmode=${ROOT_MODE.toString(8)}`,
        `user_id=${process.geteuid?.() ?? 0}`,
        `group_id=${process.getegid?.() ?? 0}`,
        `max_read=${MAX_TRANSFER_BYTES}`,
        ...sharedOptions(options),
      ].join(',');
      try {
        const readOnly = options.readOnly ? 1 : 0;
        return await addon.mount(options.source, mountpoint, FILESYSTEM_TYPE, readOnly, mountOptions);
      } catch (error) {
        throw explainMount(mountpoint, error);
      }
    },
    async detach(mountpoint, lazy) {
      try {
        await addon.unmount(mountpoint, lazy ? 1 : 0);
      } catch (error) {
        throw explainUnmount(mountpoint, error);
      }
    },
    detachSync(mountpoint) {
      // A failure leaves a dead mount, which the next start cleans up.
      addon.detachSync(mountpoint);
    },
  };
}

function throughFusermount(addon: NativeAddon, program: string): Attacher {
  return {
    program,
    attach(mountpoint, options) {
      try {
        accessSync(DEVICE, constants.R_OK | constants.W_OK);
      } catch (error) {
        throw explainDevice(codeOf(error), error);
      }
      // fusermount3 takes commas as separators unless they are escaped.
      const source = options.source.replace(/[\\,]/g, '\\$&');
      const all = [
        `fsname=${source}`,
        'subtype=seamount',
        'nosuid',
        'nodev',
        `max_read=${MAX_TRANSFER_BYTES}`,
        options.readOnly ? 'ro' : 'rw',
        ...sharedOptions(options),
      ];
      return fusermountMount(addon, program, mountpoint, all.join(','));
    },
    detach: (mountpoint, lazy) => fusermountUnmount(program, mountpoint, lazy),
    detachSync: (mountpoint) => fusermountDetachSync(program, mountpoint),
  };
}

function sharedOptions({ allowOther, defaultPermissions }: AttachOptions): string[] {
  return [...(defaultPermissions ? ['default_permissions'] : []), ...(allowOther ? ['allow_other'] : [])];
}

function explainMount(mountpoint: string, error: unknown): unknown {
  const code = codeOf(error);
  const call = error instanceof Error && 'syscall' in error ? error.syscall : undefined;
  if (call === 'open') return explainDevice(code, error);
  if (code === 'EPERM') {
    const text = `${mountpoint}: mounting is not allowed here: it needs CAP_SYS_ADMIN (docker run --cap-add SYS_ADMIN --device ${DEVICE})`;
    return new MountError('refused', text, { cause: error });
  }
  if (code === 'ENODEV' || code === 'EINVAL') return explainDevice(code, error);
  return new MountError('refused', `${mountpoint}: mount(2) failed: ${code ?? String(error)}`, { cause: error });
}

function explainDevice(code: string | undefined, cause: unknown): MountError {
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: `${DEVICE} does not exist: load the module (modprobe fuse), or give the container the device (--device ${DEVICE})`,
    EACCES: `${DEVICE} may not be opened by this user; where no udev runs it belongs to root alone: chmod 666 ${DEVICE}`,
    EPERM: `${DEVICE} may not be opened here: give the container the device (--device ${DEVICE})`,
    ENODEV: 'the kernel has no FUSE: load the module (modprobe fuse)',
    // What mount(2) says of a descriptor that is not FUSE's, and of options the kernel does not know.
    EINVAL: `the kernel does not take ${DEVICE} for its FUSE device: look whether it is one (ls -l ${DEVICE} shows 10, 229)`,
  };
  const reason = reasons[code ?? ''] ?? `${DEVICE} cannot be opened: ${code ?? String(cause)}`;
  return new MountError('no-fuse-device', reason, { cause });
}

function explainUnmount(mountpoint: string, error: unknown): MountError {
  if (codeOf(error) === 'EBUSY') return busy(mountpoint, error);
  return new MountError('refused', `${mountpoint}: umount(2) failed: ${codeOf(error) ?? String(error)}`, {
    cause: error,
  });
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
