import { EventEmitter } from 'node:events';
import type { PathLike } from 'node:fs';
import { encodedName } from '../arguments/encoded-name.ts';
import { booleanArgument, optionsArgument } from '../arguments/options.ts';
import { pathArgument } from '../arguments/path.ts';
import type { SystemCalls } from '../calls/calls.ts';
import { KeepAlive } from './keep-alive.ts';

/** `fs.FSWatcher`: tells `change` (event type, name), `error` and `close`. */
export class FSWatcher extends EventEmitter {
  readonly #alive: KeepAlive;
  #stop: (() => void) | null = null;
  #closed = false;

  constructor(persistent: boolean) {
    super();
    this.#alive = new KeepAlive(persistent);
  }

  /** @throws SystemError, with `filename`, when there is nothing to watch and that is known at once */
  watch(calls: SystemCalls, path: string, recursive: boolean, encoding: Parameters<typeof encodedName>[1]): void {
    try {
      const started = calls.watch(path, recursive, (eventType, name) => {
        if (!this.#closed) this.emit('change', eventType, encodedName(name, encoding));
      });
      if (started instanceof Promise) {
        started.then(
          (stop) => this.#started(stop),
          (error: unknown) => this.#failed(error, path),
        );
      } else {
        this.#started(started);
      }
    } catch (error) {
      this.#alive.end();
      throw withFilename(error, path);
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#alive.end();
    this.#stop?.();
    process.nextTick(() => this.emit('close'));
  }

  ref(): this {
    this.#alive.ref();
    return this;
  }

  unref(): this {
    this.#alive.unref();
    return this;
  }

  #started(stop: () => void): void {
    if (this.#closed) stop();
    else this.#stop = stop;
  }

  #failed(error: unknown, path: string): void {
    this.#alive.end();
    if (!this.#closed) this.emit('error', withFilename(error, path));
  }
}

function withFilename(error: unknown, filename: string): unknown {
  return error instanceof Error ? Object.assign(error, { filename }) : error;
}

/** `fs.watch`. */
export function watch(calls: SystemCalls, filename: PathLike, options?: unknown, listener?: unknown): FSWatcher {
  const { encoding, persistent = true, recursive, signal } = optionsArgument(options);
  const below = recursive === undefined || recursive === null ? false : booleanArgument(recursive, 'options.recursive');
  const path = pathArgument(filename);
  const watcher = new FSWatcher(persistent !== false);
  watcher.watch(calls, path, below, encoding);
  const heard = typeof options === 'function' ? options : listener;
  if (heard) watcher.addListener('change', heard as (...args: unknown[]) => void);
  if (signal?.aborted) {
    process.nextTick(() => watcher.close());
  } else if (signal) {
    const close = (): void => watcher.close();
    signal.addEventListener('abort', close);
    watcher.once('close', () => signal.removeEventListener('abort', close));
  }
  return watcher;
}
