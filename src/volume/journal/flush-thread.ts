import { Worker } from 'node:worker_threads';

/**
 * Flushes files to the disk on a thread of its own.
 *
 * A flush can take seconds, and the event loop serves a mount meanwhile. libuv's thread pool is no place for it: its
 * threads may all be waiting for that mount, when a program uses its own.
 */
class FlushThread {
  #worker: Worker | undefined;
  readonly #waiting = new Map<number, { resolve: () => void; reject: (error: Error) => void }>();
  #nextId = 0;

  /**
   * Flushes files one after the other.
   *
   * @param descriptors must stay open until the promise settles
   * @throws the disk's error, with `code`
   */
  flush(descriptors: readonly number[]): Promise<void> {
    if (descriptors.length === 0) return Promise.resolve();
    const worker = this.#start();
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      worker.ref();
      worker.postMessage({ id, descriptors });
    });
  }

  #start(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(FLUSHER, { eval: true, name: 'seamount-flush' });
    worker.on('message', ({ id, code, message }: { id: number; code?: string; message?: string }) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (this.#waiting.size === 0) worker.unref();
      if (code === undefined) waiting?.resolve();
      else waiting?.reject(Object.assign(new Error(message), { code }));
    });
    worker.on('error', (error) => {
      this.#worker = undefined;
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    });
    worker.unref();
    this.#worker = worker;
    return worker;
  }
}

// Plain JavaScript in a string: a worker's file would have another name in the build than in the sources.
const FLUSHER = `
const { parentPort } = require('node:worker_threads');
const { fdatasyncSync } = require('node:fs');
parentPort.on('message', ({ id, descriptors }) => {
  try {
    for (const descriptor of descriptors) fdatasyncSync(descriptor);
    parentPort.postMessage({ id });
  } catch (error) {
    parentPort.postMessage({ id, code: error.code ?? 'EIO', message: error.message });
  }
});
`;

/** The one of this process: descriptors belong to the process, and one disk gains nothing from two. */
export const flushThread = new FlushThread();
