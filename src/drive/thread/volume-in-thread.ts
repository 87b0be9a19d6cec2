import type { SystemCalls, WatchListener } from '../../fs/index.ts';
import type { Mount, MountEnd, MountOptions, MountStats } from '../../mount/index.ts';
import { CALL_NAMES } from '../call-names.ts';
import type { OpenVolumeStatus, RunningVolume, SpaceChange } from '../running-volume.ts';
import type { Caller } from './caller.ts';
import type { SharedBytes } from './messages.ts';

type Identity = SystemCalls['identity'];

/** A volume that runs in another thread, as it is used from here. */
export class VolumeInThread implements RunningVolume {
  readonly calls: SystemCalls;
  readonly blocking: SystemCalls;
  readonly #caller: Caller;
  readonly #listeners = new Set<(change: SpaceChange) => void>();
  readonly #mountLogs = new Map<number, (message: string) => void>();
  #nextMount = 0;

  constructor(caller: Caller, identity: Identity) {
    this.#caller = caller;
    const watches = new Watches(caller);
    this.calls = promisedCalls(caller, watches, identity);
    this.blocking = blockingCalls(caller, watches, identity);
    caller.on('change', (change: SpaceChange) => {
      for (const listener of this.#listeners) listener(change);
    });
    caller.on('mount-log', (id: number, message: string) => this.#mountLogs.get(id)?.(message));
  }

  async mount(mountpoint: string, { log, ...options }: MountOptions): Promise<Mount> {
    const id = this.#nextMount++;
    this.#mountLogs.set(id, log ?? ((message) => process.emitWarning(message, 'SeamountWarning')));
    try {
      // The thread's working directory is this one's.
      const at = (await this.#caller.call('mount', [id, mountpoint, options])) as string;
      return new MountInThread(this.#caller, id, at);
    } catch (error) {
      this.#mountLogs.delete(id);
      throw error;
    }
  }

  async sync(): Promise<void> {
    await this.#caller.call('volume.sync', []);
  }

  status(): OpenVolumeStatus {
    return this.#caller.callAndWait('volume.status', []) as OpenVolumeStatus;
  }

  onChange(listener: (change: SpaceChange) => void): () => void {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.#caller.callAndWait('volume.follow', []);
    return () => {
      if (this.#listeners.delete(listener) && this.#listeners.size === 0) {
        this.#caller.callAndWait('volume.unfollow', []);
      }
    };
  }

  async close(): Promise<void> {
    await this.#caller.call('volume.close', []);
    this.#caller.end('the volume was closed');
  }
}

class MountInThread implements Mount {
  readonly mountpoint: string;
  readonly closed: Promise<MountEnd>;
  readonly #caller: Caller;
  readonly #id: number;
  #last: MountStats | null = null;

  constructor(caller: Caller, id: number, mountpoint: string) {
    this.#caller = caller;
    this.#id = id;
    this.mountpoint = mountpoint;
    this.closed = caller.call('mount.closed', [id]).then(
      (end) => end as MountEnd,
      // A thread that is gone serves no mount.
      () => 'aborted',
    );
  }

  async unmount(options: { readonly lazy?: boolean } = {}): Promise<void> {
    await this.#caller.call('mount.unmount', [this.#id, options]);
  }

  async settled(): Promise<void> {
    await this.#caller.call('mount.settled', [this.#id]);
  }

  stats(): MountStats {
    try {
      this.#last = this.#caller.callAndWait('mount.stats', [this.#id]) as MountStats;
    } catch (error) {
      // Of a mount whose volume was closed the last numbers stay.
      if (this.#last === null) throw error;
    }
    return this.#last;
  }
}

/** Who watches what, there. Events come when this thread's loop turns, also for a watch whose start it waited for. */
class Watches {
  readonly #caller: Caller;
  readonly #listeners = new Map<number, WatchListener>();
  #nextId = 0;

  constructor(caller: Caller) {
    this.#caller = caller;
    caller.on('watch', (id: number, eventType: 'change' | 'rename', filename: string) => {
      this.#listeners.get(id)?.(eventType, filename);
    });
  }

  /** @returns the id to start it under, and what stops it */
  add(listener: WatchListener): { readonly id: number; readonly stop: () => void } {
    const id = this.#nextId++;
    this.#listeners.set(id, listener);
    const stop = (): void => {
      if (!this.#listeners.delete(id)) return;
      // When the thread has ended there is nothing to stop.
      this.#caller.call('unwatch', [id]).catch(() => undefined);
    };
    return { id, stop };
  }

  /** It could not be started. */
  drop(id: number): void {
    this.#listeners.delete(id);
  }
}

function promisedCalls(caller: Caller, watches: Watches, identity: Identity): SystemCalls {
  const passOn = Object.fromEntries(
    CALL_NAMES.map((name) => [name, (...args: unknown[]) => caller.call(name, args)]),
  ) as unknown as Omit<SystemCalls, 'identity'>;
  const read: SystemCalls['read'] = (fd, length, position, signal) =>
    caller.call('read', [fd, length, position], { signal }) as Promise<Uint8Array>;
  return {
    ...passOn,
    identity,
    read,
    readTo: async (fd, target, position) => {
      const bytes = await read(fd, target.byteLength, position);
      target.set(bytes);
      return bytes.byteLength;
    },
    write: (fd, pieces, position) => {
      const copies = pieces.map((piece) => new Uint8Array(piece));
      const transfer = copies.map(({ buffer }) => buffer);
      return caller.call('write', [fd, copies, position], { transfer }) as Promise<number>;
    },
    watch: async (path, recursive, listener) => {
      const { id, stop } = watches.add(listener);
      try {
        await caller.call('watch', [id, path, recursive]);
        return stop;
      } catch (error) {
        watches.drop(id);
        throw error;
      }
    },
  };
}

function blockingCalls(caller: Caller, watches: Watches, identity: Identity): SystemCalls {
  const passOn = Object.fromEntries(
    CALL_NAMES.map((name) => [name, (...args: unknown[]) => caller.callAndWait(name, args)]),
  ) as unknown as Omit<SystemCalls, 'identity'>;
  /** The bytes are in the shared memory until the next call. */
  const read = (fd: number, length: number, position: number | null): Uint8Array => {
    const answer = caller.callAndWait('read', [fd, length, position]) as Uint8Array | SharedBytes;
    return 'sharedBytes' in answer ? caller.data.subarray(0, answer.sharedBytes) : answer;
  };
  return {
    ...passOn,
    identity,
    read,
    readTo: (fd, target, position) => {
      const bytes = read(fd, target.byteLength, position);
      target.set(bytes);
      return bytes.byteLength;
    },
    write: (fd, pieces, position) => {
      const length = pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
      if (length > caller.data.byteLength) {
        const copies = pieces.map((piece) => new Uint8Array(piece));
        return caller.callAndWait('write', [fd, copies, position]) as number;
      }
      let at = 0;
      for (const piece of pieces) {
        caller.data.set(piece, at);
        at += piece.byteLength;
      }
      return caller.callAndWait('write', [fd, { sharedBytes: length }, position]) as number;
    },
    watch: (path, recursive, listener) => {
      const { id, stop } = watches.add(listener);
      try {
        caller.callAndWait('watch', [id, path, recursive]);
        return stop;
      } catch (error) {
        watches.drop(id);
        throw error;
      }
    },
  };
}
