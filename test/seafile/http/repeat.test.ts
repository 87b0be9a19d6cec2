import { describe, expect, it } from 'vitest';
import { answerText } from '../../../src/seafile/http/index.ts';
import { failure } from '../failure.ts';

import { closing, get, serve, statuses, transport } from './serve.ts';

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
