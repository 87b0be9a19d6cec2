import { EventEmitter } from 'node:events';
import type { PathLike } from 'node:fs';
import { posix } from 'node:path';
import type { Attributes, Timestamp } from '../../volume/index.ts';
import { uint32Argument } from '../arguments/numbers.ts';
import { functionArgument } from '../arguments/options.ts';
import { pathArgument } from '../arguments/path.ts';
import type { SystemCalls } from '../calls/calls.ts';
import { BigIntStats, bigIntStatsOf, Stats, statsOf } from './stats.ts';

type Listener = (current: Stats | BigIntStats, previous: Stats | BigIntStats) => void;

/** `fs.StatWatcher`: looks at a file at intervals and tells `change` (current, previous) when it is not as before. */
export class StatWatcher extends EventEmitter {
  readonly #calls: SystemCalls;
  readonly #path: string;
  readonly #bigint: boolean;
  readonly #timer: NodeJS.Timeout;
  #previous: Attributes | null | undefined;
  #looking = false;
  #stopped = false;

  constructor(calls: SystemCalls, path: string, interval: number, persistent: boolean, bigint: boolean) {
    super();
    this.#calls = calls;
    this.#path = path;
    this.#bigint = bigint;
    this.#timer = setInterval(() => void this.#look(), interval);
    if (!persistent) this.#timer.unref();
    // Later, so that who makes the watcher can listen first.
    setImmediate(() => void this.#look());
  }

  ref(): this {
    this.#timer.ref();
    return this;
  }

  unref(): this {
    this.#timer.unref();
    return this;
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    clearInterval(this.#timer);
    process.nextTick(() => this.emit('stop'));
  }

  async #look(): Promise<void> {
    if (this.#looking || this.#stopped) return;
    this.#looking = true;
    let current: Attributes | null;
    try {
      current = await this.#calls.stat(this.#path);
    } catch {
      // A file that cannot be looked at is told as one that is not there, whatever the reason: there is no other way.
      current = null;
    }
    this.#looking = false;
    const previous = this.#previous;
    this.#previous = current;
    // The first look is told only when there is nothing to see.
    if (previous === undefined ? current === null : !same(previous, current)) {
      this.emit('change', this.#stats(current), this.#stats(previous ?? null));
    }
  }

  #stats(attributes: Attributes | null): Stats | BigIntStats {
    if (attributes !== null) return (this.#bigint ? bigIntStatsOf : statsOf)(attributes, this.#calls.identity);
    const nothing = new Stats(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    return this.#bigint ? new BigIntStats(nothing, 0n, 0n, 0n, 0n) : nothing;
  }
}

function same(one: Attributes | null, other: Attributes | null): boolean {
  if (one === null || other === null) return one === other;
  return (
    one.ino === other.ino &&
    one.kind === other.kind &&
    one.size === other.size &&
    one.permissions === other.permissions &&
    one.nlink === other.nlink &&
    sameTime(one.mtime, other.mtime) &&
    sameTime(one.ctime, other.ctime) &&
    sameTime(one.birthtime, other.birthtime)
  );
}

function sameTime(one: Timestamp, other: Timestamp): boolean {
  return one.seconds === other.seconds && one.nanoseconds === other.nanoseconds;
}

/** `fs.watchFile` and `fs.unwatchFile`: all listeners of a path share one watcher. */
export class StatWatchers {
  readonly #calls: SystemCalls;
  readonly #watchers = new Map<string, StatWatcher>();

  constructor(calls: SystemCalls) {
    this.#calls = calls;
  }

  watchFile(filename: PathLike, options: unknown, listener?: unknown): StatWatcher {
    const path = posix.resolve('/', pathArgument(filename));
    const isOptions = typeof options === 'object' && options !== null;
    const heard = functionArgument<Listener>(isOptions ? listener : options, 'listener');
    const { interval, persistent, bigint }: { interval?: unknown; persistent?: unknown; bigint?: unknown } = {
      ...{ interval: 5007, persistent: true, bigint: false },
      ...(isOptions ? options : {}),
    };
    let watcher = this.#watchers.get(path);
    if (watcher === undefined) {
      const intervalMs = uint32Argument(interval, 'interval');
      watcher = new StatWatcher(this.#calls, path, intervalMs, persistent !== false, bigint === true);
      this.#watchers.set(path, watcher);
    }
    watcher.addListener('change', heard);
    return watcher;
  }

  unwatchFile(filename: PathLike, listener?: unknown): void {
    const path = posix.resolve('/', pathArgument(filename));
    const watcher = this.#watchers.get(path);
    if (watcher === undefined) return;
    if (typeof listener === 'function') watcher.removeListener('change', listener as Listener);
    else watcher.removeAllListeners('change');
    if (watcher.listenerCount('change') > 0) return;
    watcher.stop();
    this.#watchers.delete(path);
  }
}
