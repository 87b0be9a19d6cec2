import { createRequire } from 'node:module';
import { endianness } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MountError } from './errors.ts';

/**
 * One FUSE connection (native/README.md tells threads and ownership).
 *
 * The memory is slots for requests, then the reply area.
 */
export interface NativeChannel {
  readonly buffer: ArrayBuffer;
  /** Sends the first bytes of the reply area. @returns errno, 0 when sent */
  send(length: number): number;
  /** Sends the first bytes of the reply area and then the data. @returns errno, 0 when sent */
  sendWithData(length: number, data: Uint8Array): number;
  /**
   * Sends the header in the reply area and then bytes of an open file.
   *
   * @returns 0 when sent, errno when the kernel refused them, -errno when they could not be read (and were not sent)
   */
  replyFromFile(fd: number, position: number, length: number): number;
  /** Writes bytes of a slot into an open file. @returns bytes written, or -errno when none were */
  writeToFile(slot: number, offset: number, length: number, fd: number, position: number): number;
  /**
   * Lends an open file to the kernel, for opens that are answered with it (FOPEN_PASSTHROUGH). The kernel keeps it open.
   *
   * @returns its number, or -errno: EPERM without CAP_SYS_ADMIN, ELOOP on a stacked filesystem
   */
  backingOpen(fd: number): number;
  /** Takes a number out of use; opens that were answered with it keep the file. @returns errno */
  backingClose(id: number): number;
  /** Queues a message for the notification thread. @param retryAbsent 1: repeat when the kernel does not know the node */
  notify(message: Uint8Array, length: number, retryAbsent: 0 | 1): void;
  /** `onMarker(marker)` is called when all that was queued before was sent. */
  mark(marker: number): void;
  notificationCounts(): { readonly sent: number; readonly absent: number; readonly failed: number };
  /** Closes the descriptor now; the connection ends with it. */
  close(): void;
}

/** What the addon exports. Its errors are Node's system errors (`code`, `errno`, `syscall`). */
export interface NativeAddon {
  /** Mounts with mount(2). @returns the descriptor */
  mount(source: string, target: string, type: string, readOnly: 0 | 1, options: string): Promise<number>;
  unmount(target: string, lazy: 0 | 1): Promise<unknown>;
  /** A lazy unmount without waiting. @returns errno */
  detachSync(target: string): number;
  /** One more descriptor for a connection. */
  cloneDevice(fd: number): number;
  /** Whether nobody else, in whatever process, has the file behind a descriptor open. False where it cannot be told. */
  isSoleDescriptor(fd: number): boolean;
  /** Closes a descriptor that the addon made. */
  closeDescriptor(fd: number): void;
  socketPair(): [number, number];
  receiveDescriptor(socket: number): number;
  readonly Channel: new (
    fd: number,
    slotCount: number,
    slotBytes: number,
    replyBytes: number,
    /** A request is in a slot. @returns the slot to read the next one into */
    onRequest: (slot: number, length: number) => number,
    /** The connection ended. @param errno ENODEV: unmounted; ECONNABORTED: aborted */
    onClosed: (errno: number) => void,
    onMarker: (marker: number) => void,
  ) => NativeChannel;
}

/** What is built of native/. */
export interface NativeParts {
  readonly addon: NativeAddon;
  /** Path of the guard's program. */
  readonly guard: string;
}

const directory = fileURLToPath(new URL('../../native', import.meta.url));
let loaded: NativeParts | undefined;

/**
 * The addon and the guard: built here, or prebuilt for this system.
 *
 * @throws MountError with what is missing and the command that builds it
 */
export function loadNative(): NativeParts {
  if (loaded !== undefined) return loaded;
  if (process.platform !== 'linux') {
    throw new MountError('unsupported-system', `mounting needs Linux; this is ${process.platform}`);
  }
  if (endianness() !== 'LE') {
    throw new MountError('unsupported-system', `mounting needs a little-endian machine; ${process.arch} is not`);
  }
  try {
    const require = createRequire(import.meta.url);
    const { resolve } = require('node-gyp-build') as { readonly resolve: (directory: string) => string };
    const binary = resolve(directory);
    const addon = require(binary) as NativeAddon;
    // What came last: a binary without it was built from older sources.
    if (!('isSoleDescriptor' in addon)) throw new Error(`${binary} was built from older sources`);
    loaded = { addon, guard: join(dirname(binary), 'seamount-guard') };
    return loaded;
  } catch (cause) {
    throw new MountError(
      'no-addon',
      `the FUSE addon is not built for Node ${process.versions.node} on ${process.arch}. ` +
        `Build it with "node ${directory}/build.mjs" (needs g++, make and python3)`,
      { cause },
    );
  }
}
