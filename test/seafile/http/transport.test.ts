import { createServer, type Server as HttpServer, type RequestListener } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { SeafileError } from '../../../src/seafile/errors.ts';
import {
  answerText,
  type Clock,
  type HttpRequest,
  Transport,
  type TransportOptions,
} from '../../../src/seafile/http/index.ts';

/** A clock that passes only when somebody sleeps on it, and notes for how long. */
class TestClock implements Clock {
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

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function serve(listener: RequestListener): Promise<URL> {
  const server: HttpServer = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
}

function transport(options: TransportOptions = {}): Transport & { clock: TestClock } {
  const clock = new TestClock();
  const made = new Transport({ clock, random: () => 0.5, ...options });
  closing.push(() => made.close());
  return Object.assign(made, { clock });
}

const get = (url: URL, rest: Partial<HttpRequest> = {}): HttpRequest => ({
  what: 'read the thing',
  method: 'GET',
  url,
  side: 'web',
  repeatable: true,
  ...rest,
});

async function failure(promise: Promise<unknown>): Promise<SeafileError> {
  const error = await promise.then(
    () => new Error('it succeeded'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof SeafileError)) throw error;
  return error;
}

/** A server that answers with each status in turn, then with the last. */
function statuses(...list: (number | [number, Record<string, string>])[]): {
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

describe('repetition', () => {
  it.each([502, 503, 504])('of a repeatable request after %i, with growing waits', async (status) => {
    const { listener, count } = statuses(status, status, status, 200);
    const client = transport();
    const answer = await client.request(get(await serve(listener)));
    expect(answerText(answer)).toBe('body');
    expect(count()).toBe(4);
    expect(client.clock.slept).toEqual([200, 400, 800]);
    expect(client.stats).toMatchObject({ requests: 4, repetitions: 3 });
  });

  it.each([500, 520])('is tried once more after %i', async (status) => {
    const { listener, count } = statuses(status);
    const error = await failure(transport().request(get(await serve(listener))));
    expect(error).toMatchObject({ kind: 'server-failed', status });
    expect(count()).toBe(2);
  });

  it.each([400, 403, 404, 409, 443, 503])(
    'never happens to a request that may not be repeated (%i)',
    async (status) => {
      const { listener, count } = statuses(status);
      await failure(transport().request(get(await serve(listener), { method: 'POST', repeatable: false })));
      expect(count()).toBe(1);
    },
  );

  it.each([400, 401, 403, 404, 409])('never happens after a refusal (%i)', async (status) => {
    const { listener, count } = statuses(status);
    await failure(transport().request(get(await serve(listener))));
    expect(count()).toBe(1);
  });

  it('happens when the connection breaks in the middle of the answer', async () => {
    let count = 0;
    const url = await serve((_, response) => {
      count += 1;
      response.writeHead(200, { 'content-length': '10' });
      if (count === 1) response.write('12345', () => response.destroy());
      else response.end('1234567890');
    });
    expect(answerText(await transport().request(get(url)))).toBe('1234567890');
  });

  it('does not happen then when the request may not be repeated', async () => {
    let count = 0;
    const url = await serve((request) => {
      count += 1;
      request.socket.destroy();
    });
    const error = await failure(transport().request(get(url, { method: 'POST', repeatable: false })));
    expect(error.kind).toBe('unreachable');
    expect(count).toBe(1);
  });

  it('happens to any request that was never sent', async () => {
    const url = await serve(() => undefined);
    for (const close of closing.splice(0)) await close();
    const client = transport();
    const error = await failure(client.request(get(url, { method: 'POST', repeatable: false })));
    expect(error.kind).toBe('unreachable');
    expect(error.message).toBe(
      `Cannot read the thing: no answer from ${url.host} (connection refused). Check the server URL and the network.`,
    );
    expect(client.clock.slept).toHaveLength(3);
  });

  it('sends the same body again', async () => {
    const bodies: string[] = [];
    const url = await serve(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      bodies.push(body);
      response.writeHead(bodies.length === 1 ? 503 : 200).end();
    });
    const client = transport();
    await client.request(get(url, { method: 'PUT', body: Buffer.from('block') }));
    expect(bodies).toEqual(['block', 'block']);
    expect(client.stats.bytesUp).toBe(10);
  });
});

describe('too many requests', () => {
  it('waits as long as the server asks, also for a request that may not be repeated', async () => {
    const { listener, count } = statuses([429, { 'retry-after': '7' }], 200);
    const client = transport();
    await client.request(get(await serve(listener), { method: 'POST', repeatable: false }));
    expect(count()).toBe(2);
    expect(client.clock.now()).toBeGreaterThanOrEqual(7000);
    expect(client.stats.throttled).toBe(1);
  });

  it('understands a date', async () => {
    const { listener } = statuses([429, { 'retry-after': 'Thu, 01 Jan 2026 00:00:30 GMT' }], 200);
    const client = transport();
    await client.request(get(await serve(listener)));
    expect(client.clock.now()).toBeGreaterThanOrEqual(30_000);
  });

  it('gives up when the wait is too long', async () => {
    const { listener, count } = statuses([429, { 'retry-after': '86400' }]);
    const error = await failure(transport().request(get(await serve(listener))));
    expect(error.kind).toBe('throttled');
    expect(count()).toBe(1);
  });

  it('makes everybody wait', async () => {
    const { listener } = statuses([429, { 'retry-after': '20' }], 200);
    const client = transport({ repeat: { attempts: 1 } });
    const url = await serve(listener);
    await failure(client.request(get(url)));
    await client.request(get(url));
    expect(client.clock.slept).toEqual([20_000]);
  });

  it('does not hold up the file server, which does not count', async () => {
    const { listener } = statuses([429, { 'retry-after': '20' }], 200);
    const client = transport({ repeat: { attempts: 1 } });
    const url = await serve(listener);
    await failure(client.request(get(url)));
    await client.request(get(url, { side: 'file' }));
    expect(client.clock.slept).toEqual([]);
  });

  it('is kept from happening: requests above the budget of a minute wait', async () => {
    const { listener } = statuses(200);
    const client = transport({ requestsPerMinute: 3 });
    const url = await serve(listener);
    for (let i = 0; i < 4; i += 1) await client.request(get(url));
    expect(client.clock.slept).toEqual([60_000]);
  });
});

describe('deadlines and cancellation', () => {
  it('an answer that stops is given up', async () => {
    const sockets: Socket[] = [];
    const url = await serve((request, response) => {
      sockets.push(request.socket);
      response.writeHead(200, { 'content-length': '10' });
      response.write('12345');
    });
    const error = await failure(transport({ idleBodyTimeoutMs: 50, repeat: { attempts: 1 } }).request(get(url)));
    expect(error.kind).toBe('unreachable');
    expect(error.message).toContain('timed out in the middle of the answer');
  });

  it('an answer that does not come is given up', async () => {
    const url = await serve(() => undefined);
    const error = await failure(transport({ headersTimeoutMs: 50, repeat: { attempts: 1 } }).request(get(url)));
    expect(error.message).toContain('timed out waiting for the answer');
  });

  it('a request can be cancelled while it waits for the answer', async () => {
    const controller = new AbortController();
    const url = await serve(() => controller.abort());
    const error = await failure(transport().request(get(url, { signal: controller.signal })));
    expect(error).toMatchObject({ kind: 'aborted', message: 'Cancelled: read the thing.' });
  });

  it('a request that is cancelled before is not sent', async () => {
    const { listener, count } = statuses(200);
    const error = await failure(transport().request(get(await serve(listener), { signal: AbortSignal.abort() })));
    expect(error.kind).toBe('aborted');
    expect(count()).toBe(0);
  });

  it('a request can be cancelled between two attempts', async () => {
    const controller = new AbortController();
    const { listener, count } = statuses(503);
    const client = transport();
    client.clock.sleep = async (_, signal) => {
      controller.abort();
      signal?.throwIfAborted();
    };
    const error = await failure(client.request(get(await serve(listener), { signal: controller.signal })));
    expect(error.kind).toBe('aborted');
    expect(count()).toBe(1);
  });

  it('an answer larger than expected is not read', async () => {
    const url = await serve((_, response) => response.end(Buffer.alloc(100_000)));
    const chunked = await serve((_, response) => {
      response.write(Buffer.alloc(60_000));
      response.end(Buffer.alloc(60_000));
    });
    for (const where of [url, chunked]) {
      const error = await failure(transport().request(get(where, { maxAnswerBytes: 1000 })));
      expect(error.kind).toBe('corrupt-answer');
    }
  });
});

describe('redirects', () => {
  const redirect =
    (location: string): RequestListener =>
    (request, response) => {
      request.resume();
      if (request.url === '/there') response.end('there');
      else response.writeHead(301, { location }).end();
    };

  it('of a GET on the same host are followed', async () => {
    const answer = await transport().request(get(await serve(redirect('/there'))));
    expect(answerText(answer)).toBe('there');
  });

  it('of a POST are never followed', async () => {
    const error = await failure(
      transport().request(get(await serve(redirect('/there')), { method: 'POST', body: Buffer.from('x') })),
    );
    expect(error).toMatchObject({ kind: 'not-seafile', status: 301 });
  });

  it('to another host are told, without what the target grants', async () => {
    const error = await failure(
      transport().request(get(await serve(redirect('https://other.example/files/s3cret/x?token=t0p')))),
    );
    expect(error.kind).toBe('not-seafile');
    expect(error.message).toContain('a redirect to https://other.example/files/(…)/x');
    expect(error.message).not.toMatch(/s3cret|t0p/);
  });

  it('in a circle end', async () => {
    const error = await failure(transport().request(get(await serve(redirect('/')))));
    expect(error.kind).toBe('not-seafile');
  });
});

describe('statuses', () => {
  it.each([
    ['web', 400, 'rejected'],
    ['web', 401, 'unauthorized'],
    ['web', 403, 'forbidden'],
    ['web', 404, 'not-found'],
    ['web', 409, 'rejected'],
    ['web', 423, 'forbidden'],
    ['web', 440, 'encrypted'],
    ['web', 443, 'quota'],
    ['web', 447, 'quota'],
    ['web', 520, 'server-failed'],
    ['file', 400, 'rejected'],
    ['file', 403, 'forbidden'],
    ['file', 404, 'not-found'],
    ['file', 409, 'gc-conflict'],
    ['file', 440, 'rejected'],
    ['file', 441, 'not-found'],
    ['file', 442, 'too-large'],
    ['file', 443, 'quota'],
    ['file', 444, 'library-gone'],
    ['file', 445, 'library-corrupted'],
    ['file', 446, 'blocks-missing'],
    ['file', 500, 'server-failed'],
  ] as const)('of the %s side: %i is %s', async (side, status, kind) => {
    const { listener } = statuses([status, { 'content-type': 'text/plain' }]);
    const error = await failure(transport({ repeat: { attempts: 1 } }).request(get(await serve(listener), { side })));
    expect(error).toMatchObject({ kind, status });
  });

  it('that a request accepts are answers', async () => {
    const { listener } = statuses(404);
    expect((await transport().request(get(await serve(listener), { accept: [404] }))).status).toBe(404);
  });

  it.each([
    ['{"error_msg":"Library not found."}', 'Library not found'],
    ['{"detail":"Invalid token"}', 'Invalid token'],
    ['{"error": "Out of quota.\n"}', 'Out of quota'],
    ['{"non_field_errors":["Unable to login."]}', 'Unable to login'],
    ['Access token not found\n', 'Access token not found'],
    ['{"error_msg":"A \\"quoted\\" \\u00e9"}', 'A "quoted" é'],
    ['{"error_msg":"\u001b[31mred"}', '[31mred'],
    ['', ''],
  ])('carry the reason in the body %j', async (body, reason) => {
    const url = await serve((_, response) => response.writeHead(400, { 'content-type': 'application/json' }).end(body));
    const error = await failure(transport().request(get(url)));
    expect(error.message).toBe(`Cannot read the thing: ${url.host} answered 400${reason ? ` (${reason})` : ''}.`);
  });

  it('with a web page are not Seafile', async () => {
    const url = await serve((_, response) => response.writeHead(404, { 'content-type': 'text/html' }).end('<html>'));
    const error = await failure(transport().request(get(url)));
    expect(error).toMatchObject({ kind: 'not-seafile', status: 404 });
    expect(error.message).toContain('(a web page)');
  });
});

describe('secrets', () => {
  it.each([
    ['files/1f8a0e7c-aaaa-bbbb-cccc-0123456789ab/f.txt', '/files/(…)/f.txt'],
    ['seafhttp/upload-api/1f8a0e7c-aaaa?ret-json=1', '/seafhttp/upload-api/(…)?ret-json=1'],
    ['upload-raw-blks-api/1f8a0e7c-aaaa', '/upload-raw-blks-api/(…)'],
    ['x?p=/a&token=1f8a0e7c', '/x?p=/a&token=(…)'],
    ['api2/repos/1/dir/?p=%2Fa%20b%0A', '/api2/repos/1/dir/?p=%2Fa b?'],
  ])('in %s stay out of errors', async (path, shown) => {
    const { listener } = statuses(400);
    const error = await failure(
      transport().request(get(new URL(path, await serve(listener)), { headers: { authorization: 'Token 5ecret' } })),
    );
    expect(error.request).toBe(`GET ${shown}`);
    expect(JSON.stringify(error) + error.message).not.toMatch(/1f8a0e7c|5ecret/);
  });
});

describe('counters', () => {
  it('count requests and bytes of bodies both ways', async () => {
    const url = await serve((request, response) => {
      request.resume();
      response.end('12345');
    });
    const client = transport();
    await client.request(get(url));
    await client.request(get(url, { method: 'PUT', body: Buffer.alloc(100) }));
    expect(client.stats).toEqual({ requests: 2, repetitions: 0, throttled: 0, bytesUp: 100, bytesDown: 10 });
  });
});
