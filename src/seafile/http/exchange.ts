import type { Dispatcher } from 'undici';
import type { HttpAnswer, HttpRequest } from './request.ts';
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

/** Sends a request once and reads the whole answer. Rejects with undici's errors. */
export async function exchange(
  dispatcher: Dispatcher,
  request: HttpRequest,
  headers: Record<string, string>,
  deadlines: Deadlines,
  counters: TransportCounters,
): Promise<HttpAnswer> {
  counters.requests += 1;
  counters.bytesUp += request.body?.byteLength ?? 0;
  const response = await dispatcher.request({
    origin: request.url.origin,
    path: `${request.url.pathname}${request.url.search}`,
    method: request.method,
    headers,
    body: request.body ?? null,
    headersTimeout: deadlines.headersMs + Math.ceil((request.body?.byteLength ?? 0) / SLOWEST_BYTES_PER_MS),
    bodyTimeout: deadlines.idleBodyMs,
    ...(request.signal ? { signal: request.signal } : {}),
  });
  const success = response.statusCode >= 200 && response.statusCode < 300;
  const maxBytes = success ? (request.maxAnswerBytes ?? DEFAULT_MAX_ANSWER_BYTES) : MAX_REFUSAL_BYTES;
  const body = await readBody(response, maxBytes, counters);
  return {
    status: response.statusCode,
    header: (name) => {
      const value = response.headers[name];
      return value === undefined ? null : Array.isArray(value) ? value.join(', ') : value;
    },
    body,
  };
}

async function readBody(
  response: Dispatcher.ResponseData,
  maxBytes: number,
  counters: TransportCounters,
): Promise<Uint8Array> {
  const announced = Number(response.headers['content-length'] ?? Number.NaN);
  if (announced > maxBytes) {
    response.body.destroy();
    throw new AnswerTooLarge(`${announced} bytes announced, ${maxBytes} allowed`);
  }
  const chunks: Uint8Array[] = [];
  let received = 0;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    received += chunk.byteLength;
    counters.bytesDown += chunk.byteLength;
    if (received > maxBytes) {
      response.body.destroy();
      throw new AnswerTooLarge(`more than ${maxBytes} bytes`);
    }
    chunks.push(chunk);
  }
  const only = chunks[0];
  return chunks.length === 1 && only ? only : Buffer.concat(chunks, received);
}
