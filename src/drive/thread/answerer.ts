import type { MessagePort, TransferListItem } from 'node:worker_threads';
import type { MaybePromise } from '../../volume/index.ts';
import { encodeError } from './errors.ts';
import { SharedMemory } from './memory.ts';
import type { Answer, Call, Cancel, Ports } from './messages.ts';

/** What a handler may use beside its arguments. */
export interface CallContext {
  /** Memory for the bytes of the answer, and with those of the call; null when the caller does not wait for it. */
  readonly data: Uint8Array | null;
  readonly signal: AbortSignal | undefined;
  /** Gives memory away with the answer, instead of copying it. */
  transfer(buffer: ArrayBuffer): void;
}

/** What a caller can ask for. Arguments are as the other side's code sent them: both are one version of one program. */
export type Handlers = Readonly<Record<string, (context: CallContext, ...args: never[]) => MaybePromise<unknown>>>;

/** Answers a `Caller` in another thread. */
export class Answerer {
  readonly #handlers: Handlers;
  readonly #ports: Ports<MessagePort>;
  readonly #memory: SharedMemory;
  readonly #cancellable = new Map<number, AbortController>();

  constructor(ports: Ports<MessagePort>, handlers: Handlers) {
    this.#ports = ports;
    this.#handlers = handlers;
    this.#memory = new SharedMemory(ports.memory);
    ports.calls.on('message', (message: Call | Cancel) => {
      if ('cancel' in message) this.#cancellable.get(message.cancel)?.abort();
      else this.#answer(message);
    });
    ports.blocking.on('message', (call: Call) => this.#answerWaiting(call));
  }

  /** Tells the caller something that it did not ask for. */
  tell(topic: string, ...args: readonly unknown[]): void {
    this.#ports.calls.postMessage({ topic, args });
  }

  /** Nobody will be answered any more: wakes who waits. */
  end(): void {
    this.#memory.end();
  }

  close(): void {
    this.end();
    this.#ports.calls.close();
    this.#ports.blocking.close();
  }

  #answer(call: Call): void {
    const { id } = call;
    const transfers: TransferListItem[] = [];
    const controller = new AbortController();
    this.#cancellable.set(id, controller);
    const context = {
      data: null,
      signal: controller.signal,
      transfer: (buffer: ArrayBuffer) => transfers.push(buffer),
    };
    this.#do(call, context, (answer) => {
      this.#cancellable.delete(id);
      this.#ports.calls.postMessage(answer, transfers);
    });
  }

  #answerWaiting(call: Call): void {
    const context = { data: this.#memory.data, signal: undefined, transfer: () => undefined };
    this.#do(call, context, (answer) => {
      this.#ports.blocking.postMessage(answer);
      this.#memory.answered();
    });
  }

  #do({ id, method, args }: Call, context: CallContext, send: (answer: Answer) => void): void {
    const fail = (error: unknown): void => send({ id, error: encodeError(error) });
    try {
      const handler = this.#handlers[method];
      if (handler === undefined) throw new Error(`no such call: ${method}`);
      const value = handler(context, ...(args as never[]));
      if (value instanceof Promise) value.then((settled) => send({ id, value: settled }), fail);
      else send({ id, value });
    } catch (error) {
      fail(error);
    }
  }
}
