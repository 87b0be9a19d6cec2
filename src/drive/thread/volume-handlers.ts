import type { SystemCalls } from '../../fs/index.ts';
import type { Mount, MountOptions } from '../../mount/index.ts';
import { andThen, type MaybePromise } from '../../volume/index.ts';
import { CALL_NAMES } from '../call-names.ts';
import type { RunningVolume } from '../running-volume.ts';
import type { CallContext, Handlers } from './answerer.ts';
import type { SharedBytes } from './messages.ts';

type Tell = (topic: string, ...args: readonly unknown[]) => void;

/** What the thread of a volume does for its callers. */
export function volumeHandlers(volume: RunningVolume, tell: Tell, closed: () => void): Handlers {
  return {
    ...callHandlers(volume.calls),
    ...byteHandlers(volume.calls),
    ...watchHandlers(volume, tell),
    ...mountHandlers(volume, tell),
    'volume.sync': () => volume.sync(),
    'volume.status': () => volume.status(),
    'volume.close': async () => {
      await volume.close();
      closed();
    },
  };
}

/** The calls whose arguments and answers are plain values. */
function callHandlers(calls: SystemCalls): Handlers {
  return Object.fromEntries(
    CALL_NAMES.map((name) => {
      const call = calls[name] as (...args: unknown[]) => MaybePromise<unknown>;
      return [name, (_: CallContext, ...args: unknown[]) => call(...args)];
    }),
  );
}

/** The calls that carry the bytes of files. */
function byteHandlers(calls: SystemCalls): Handlers {
  return {
    read: ({ data, signal, transfer }, fd: number, length: number, position: number | null) => {
      if (data !== null && length <= data.byteLength) {
        return andThen(calls.readTo(fd, data.subarray(0, length), position), sharedBytes);
      }
      return andThen(calls.read(fd, length, position, signal), (bytes) => {
        // A copy of just these: they may be a part of something larger that the volume keeps.
        const own = new Uint8Array(bytes);
        transfer(own.buffer);
        return own;
      });
    },
    write: ({ data }, fd: number, pieces: readonly Uint8Array[] | SharedBytes, position: number | null) => {
      if (!('sharedBytes' in pieces)) return calls.write(fd, pieces, position);
      // Only who waits puts bytes into the shared memory.
      const shared = data ?? new Uint8Array();
      return calls.write(fd, [shared.subarray(0, pieces.sharedBytes)], position);
    },
  };
}

function sharedBytes(count: number): SharedBytes {
  return { sharedBytes: count };
}

function watchHandlers(volume: RunningVolume, tell: Tell): Handlers {
  const watches = new Map<number, () => void>();
  let following: (() => void) | null = null;
  return {
    watch: (_, id: number, path: string, recursive: boolean) =>
      andThen(
        volume.calls.watch(path, recursive, (eventType, filename) => tell('watch', id, eventType, filename)),
        (stop) => void watches.set(id, stop),
      ),
    unwatch: (_, id: number) => {
      watches.get(id)?.();
      watches.delete(id);
    },
    'volume.follow': () => {
      following ??= volume.onChange((change) => tell('change', change));
    },
    'volume.unfollow': () => {
      following?.();
      following = null;
    },
  };
}

function mountHandlers(volume: RunningVolume, tell: Tell): Handlers {
  const mounts = new Map<number, Mount>();
  const get = (id: number): Mount => {
    const mount = mounts.get(id);
    if (mount === undefined) throw new Error(`there is no mount ${id}`);
    return mount;
  };
  return {
    mount: async (_, id: number, mountpoint: string, options: MountOptions) => {
      const mount = await volume.mount(mountpoint, { ...options, log: (message) => tell('mount-log', id, message) });
      mounts.set(id, mount);
      return mount.mountpoint;
    },
    'mount.closed': (_, id: number) => get(id).closed,
    'mount.unmount': (_, id: number, options: { readonly lazy?: boolean }) => get(id).unmount(options),
    'mount.settled': (_, id: number) => get(id).settled(),
    'mount.stats': (_, id: number) => get(id).stats(),
  };
}
