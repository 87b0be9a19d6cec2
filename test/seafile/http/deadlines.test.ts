import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { failure } from '../failure.ts';

import { get, serve, statuses, transport } from './serve.ts';

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
