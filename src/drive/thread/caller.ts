import { MessageChannel, type MessagePort, receiveMessageOnPort, type TransferListItem } from 'node:worker_threads';
import { decodeError } from './errors.ts';
import { SharedMemory } from './memory.ts';
import type { Answer, Ports, Telling } from './messages.ts';

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** A new pair of ways: one end for a caller, one for the thread. */
export function newPorts(): { readonly near: Ports<MessagePort>; readonly far: Ports<MessagePort> } {
  const calls = new MessageChannel();
  const blocking = new MessageChannel();
  const { buffer } = new SharedMemory();
  return {
    near: { calls: calls.port1, blocking: blocking.port1, memory: buffer },
    far: { calls: calls.port2, blocking: blocking.port2, memory: buffer },
  };
}

/**
 * Calls another thread: with a promise, or blocking until it has answered. The other side is an `Answerer`.
 *
 * The process is kept running by calls under way and by nothing else.
 */
export class Caller {
  readonly #calls: MessagePort;
  readonly #blocking: MessagePort;
  readonly #memory: SharedMemory;
  readonly #waiting = new Map<number, Waiting>();
  readonly #topics = new Map<string, (...args: never[]) => void>();
  readonly #thread: string | null;
  #nextId = 0;
  #ended: Error | null = null;

  /** @param thread where Linux shows the thread that answers; null on other systems */
  constructor(ports: Ports<MessagePort>, thread: string | null) {
    this.#calls = ports.calls;
    this.#blocking = ports.blocking;
    this.#memory = new SharedMemory(ports.memory);
    this.#thread = thread;
    this.#calls.on('message', (message: Answer | Telling) => this.#take(message));
    this.#calls.unref();
    this.#blocking.unref();
  }

  /** Memory for the bytes of a call that blocks, and of its answer. */
  get data(): Uint8Array {
    return this.#memory.data;
  }

  /** Hears of what happens there. */
  on(topic: string, listener: (...args: never[]) => void): void {
    this.#topics.set(topic, listener);
  }

  call(
    method: string,
    args: readonly unknown[],
    options: { readonly signal?: AbortSignal | undefined; readonly transfer?: readonly TransferListItem[] } = {},
  ): Promise<unknown> {
    if (this.#ended !== null) return Promise.reject(this.#ended);
    const { signal, transfer = [] } = options;
    const id = this.#nextId++;
    const cancel = (): void => this.#calls.postMessage({ cancel: id });
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#calls.postMessage({ id, method, args }, transfer);
      this.#waiting.set(id, { resolve, reject });
      if (this.#waiting.size === 1) this.#calls.ref();
    });
    if (signal === undefined) return answer;
    signal.addEventListener('abort', cancel, { once: true });
    return answer.finally(() => signal.removeEventListener('abort', cancel));
  }

  /** Calls, and blocks this thread until the answer is there. Bytes of it are good until the next call. */
  callAndWait(method: string, args: readonly unknown[]): unknown {
    if (this.#ended !== null) throw this.#ended;
    const { answers } = this.#memory;
    this.#blocking.postMessage({ id: 0, method, args });
    this.#memory.wait(answers, this.#thread);
    const received = receiveMessageOnPort(this.#blocking);
    if (received === undefined) throw this.end('it ended while it was waited for');
    const answer: Answer = received.message;
    if ('error' in answer) throw decodeError(answer.error);
    return answer.value;
  }

  /** The other side is gone. @returns the error of every call from now on */
  end(reason: string): Error {
    this.#ended ??= Object.assign(new Error(`EIO: i/o error: the thread of the volume is gone: ${reason}`), {
      errno: -5,
      code: 'EIO',
    });
    for (const { reject } of this.#waiting.values()) reject(this.#ended);
    this.#waiting.clear();
    this.#calls.close();
    this.#blocking.close();
    return this.#ended;
  }

  #take(message: Answer | Telling): void {
    if ('topic' in message) {
      this.#topics.get(message.topic)?.(...(message.args as never[]));
      return;
    }
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (this.#waiting.size === 0) this.#calls.unref();
    if ('error' in message) waiting?.reject(decodeError(message.error));
    else waiting?.resolve(message.value);
  }
}
