import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach } from 'vitest';
import { type Clock, type HttpRequest, Transport, type TransportOptions } from '../../../src/seafile/http/index.ts';

/** A clock that passes only when somebody sleeps on it, and notes for how long. */
export class TestClock implements Clock {
  readonly slept: number[] = [];
  #now = 0;
  now(): number {
    return this.#now;
  }
  date(): number {
    return Date.UTC(2026, 0, 1) + this.#now;
  }
  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.slept.push(ms);
    this.#now += ms;
  }
}

/** What the test opened; closed after it. */
export const closing: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A server on a free port that answers with `listener`. */
export async function serve(listener: RequestListener): Promise<URL> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
}

/** A transport that does not really wait. */
export function transport(options: TransportOptions = {}): Transport & { clock: TestClock } {
  const clock = new TestClock();
  const made = new Transport({ clock, random: () => 0.5, ...options });
  closing.push(() => made.close());
  return Object.assign(made, { clock });
}

export const get = (url: URL, rest: Partial<HttpRequest> = {}): HttpRequest => ({
  what: 'read the thing',
  method: 'GET',
  url,
  side: 'web',
  repeatable: true,
  ...rest,
});

/** A listener that answers with each status in turn, then with the last. */
export function statuses(...list: (number | [number, Record<string, string>])[]): {
  listener: RequestListener;
  count: () => number;
} {
  let count = 0;
  return {
    count: () => count,
    listener: (request, response) => {
      request.resume();
      const [status, headers] = [list[Math.min(count, list.length - 1)] ?? 200].flat() as [
        number,
        Record<string, string>?,
      ];
      count += 1;
      response.writeHead(status, headers).end('body');
    },
  };
}
