import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import type { BodyReceiver, HttpAnswer, HttpRequest } from './request.ts';
import type { TransportCounters } from './stats.ts';

/** How long each part of an exchange may take. */
export interface Deadlines {
  /** Until the answer's header, counted from the end of sending. */
  readonly headersMs: number;
  /** Between two pieces of the answer's body. */
  readonly idleBodyMs: number;
}

/** The slowest upload that is still waited for: undici's clock for the header runs while the body is being sent. */
const SLOWEST_BYTES_PER_MS = 16;
const DEFAULT_MAX_ANSWER_BYTES = 256 * 1024 * 1024;
/** What the body of a refusal may have: it is for people, and often a whole web page. */
const MAX_REFUSAL_BYTES = 1024 * 1024;

/** The answer is larger than the caller can use. */
export class AnswerTooLarge extends Error {}

/** Who was to take the body could not. */
export class ReceiverFailed extends Error {
  constructor(cause: unknown) {
    super('the body could not be taken', { cause });
  }
}

/** Sends a request once and reads the whole answer. Rejects with undici's errors. */
export function exchange(
  dispatcher: Dispatcher,
  request: HttpRequest,
  headers: Record<string, string>,
  deadlines: Deadlines,
  counters: TransportCounters,
): Promise<HttpAnswer> {
  counters.requests += 1;
  counters.bytesUp += request.body?.byteLength ?? 0;
  // Asked of the pool directly: a stream with an iterator on it costs half of the speed on a fast network.
  return new Promise((resolve, reject) => {
    dispatcher.dispatch(
      {
        origin: request.url.origin,
        path: `${request.url.pathname}${request.url.search}`,
        method: request.method,
        headers,
        body: request.body ?? null,
        headersTimeout: deadlines.headersMs + Math.ceil((request.body?.byteLength ?? 0) / SLOWEST_BYTES_PER_MS),
        bodyTimeout: deadlines.idleBodyMs,
      },
      new Answer(request, counters, resolve, reject),
    );
  });
}

/** Takes one answer as it arrives. */
class Answer implements Dispatcher.DispatchHandler {
  readonly #request: HttpRequest;
  readonly #counters: TransportCounters;
  readonly #resolve: (answer: HttpAnswer) => void;
  readonly #reject: (error: unknown) => void;
  #controller: Dispatcher.DispatchController | null = null;
  #status = 0;
  #headers: IncomingHttpHeaders = {};
  #maxBytes = 0;
  /** Room for the whole body where its length was announced. */
  #whole: Buffer | null = null;
  readonly #chunks: Buffer[] = [];
  #received = 0;

  constructor(
    request: HttpRequest,
    counters: TransportCounters,
    resolve: (answer: HttpAnswer) => void,
    reject: (error: unknown) => void,
  ) {
    this.#request = request;
    this.#counters = counters;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    const { signal } = this.#request;
    if (signal?.aborted) controller.abort(reasonOf(signal));
    else signal?.addEventListener('abort', this.#abort, { once: true });
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return;
    this.#status = status;
    this.#headers = headers;
    const isSuccess = status < 300;
    this.#maxBytes = isSuccess ? (this.#request.maxAnswerBytes ?? DEFAULT_MAX_ANSWER_BYTES) : MAX_REFUSAL_BYTES;
    const announced = Number(headers['content-length'] ?? Number.NaN);
    if (announced > this.#maxBytes) {
      this.#controller?.abort(new AnswerTooLarge(`${announced} bytes announced, ${this.#maxBytes} allowed`));
    } else if (isSuccess && this.#request.receiver) this.#request.receiver.begin();
    else if (announced > 0) this.#whole = Buffer.allocUnsafeSlow(announced);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const at = this.#received;
    this.#received += chunk.byteLength;
    this.#counters.bytesDown += chunk.byteLength;
    if (this.#received > this.#maxBytes) {
      this.#controller?.abort(new AnswerTooLarge(`more than ${this.#maxBytes} bytes`));
    } else if (this.#status < 300 && this.#request.receiver) this.#hand(this.#request.receiver, chunk);
    else if (this.#whole !== null && this.#received <= this.#whole.byteLength) chunk.copy(this.#whole, at);
    else this.#chunks.push(Buffer.from(chunk));
  }

  #hand(receiver: BodyReceiver, piece: Buffer): void {
    try {
      receiver.take(piece);
    } catch (error) {
      // The disk is full, say: the rest need not be sent.
      this.#controller?.abort(new ReceiverFailed(error));
    }
  }

  onResponseEnd(): void {
    this.#settle();
    const headers = this.#headers;
    this.#resolve({
      status: this.#status,
      header: (name) => {
        const value = headers[name];
        return value === undefined ? null : Array.isArray(value) ? value.join(', ') : value;
      },
      body: this.#whole?.subarray(0, this.#received) ?? Buffer.concat(this.#chunks, this.#received),
    });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#settle();
    this.#reject(error);
  }

  readonly #abort = (): void => {
    const { signal } = this.#request;
    if (signal) this.#controller?.abort(reasonOf(signal));
  };

  #settle(): void {
    this.#request.signal?.removeEventListener('abort', this.#abort);
  }
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('aborted', { cause: signal.reason });
}
