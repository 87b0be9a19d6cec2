import { Worker } from 'node:worker_threads';

/**
 * A thread that answers requests one after the other, for work that would hold up the event loop.
 *
 * libuv's thread pool is no place for it: its threads may all be waiting for our own mount, when a program uses one
 * that it serves. The thread starts with the first request and keeps no process alive that has nothing else to do.
 */
export class BackgroundThread<Request, Result> {
  readonly #name: string;
  readonly #source: string;
  #worker: Worker | undefined;
  readonly #waiting = new Map<number, { resolve: (result: Result) => void; reject: (error: Error) => void }>();
  #nextId = 0;

  /**
   * @param source JavaScript of a function body with `request` in, and the result out by `return`; `fs` and `crypto`
   *               are Node's. A string, because a worker's file has another name in the build than in the sources
   */
  constructor(name: string, source: string) {
    this.#name = name;
    this.#source = source;
  }

  /** @throws what the function throws, with its `code` */
  ask(request: Request): Promise<Result> {
    const worker = this.#start();
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      worker.ref();
      worker.postMessage({ id, request });
    });
  }

  #start(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(`${PRELUDE}function answer(request) {${this.#source}}`, { eval: true, name: this.#name });
    worker.on('message', (answer: Answer<Result>) => {
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if (this.#waiting.size === 0) worker.unref();
      if ('failure' in answer) waiting?.reject(Object.assign(new Error(answer.failure), { code: answer.code }));
      else waiting?.resolve(answer.result);
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

type Answer<Result> =
  | { readonly id: number; readonly result: Result }
  | { readonly id: number; readonly failure: string; readonly code: string };

const PRELUDE = `
const { parentPort } = require('node:worker_threads');
const fs = require('node:fs');
const crypto = require('node:crypto');
parentPort.on('message', ({ id, request }) => {
  try {
    parentPort.postMessage({ id, result: answer(request) });
  } catch (error) {
    parentPort.postMessage({ id, failure: error.message, code: error.code ?? 'EIO' });
  }
});
`;
