import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Faults } from '../../src/server/faults/index.ts';
import { parseFaultRule, type RunningServer, startServer } from '../../src/server/index.ts';
import { accountsOf, TestAccount, type TestLibrary } from './account.ts';

describe('faults on demand', () => {
  let server: RunningServer;
  let account: TestAccount;
  let library: TestLibrary;

  beforeAll(async () => {
    server = await startServer({ memory: true, accounts: accountsOf('o@x.org') });
    account = await TestAccount.signIn(server, 'o@x.org');
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    library = await account.newLibrary();
  });
  afterEach(() => server.clearFaults());

  it('answers a status instead of handling the request, as often as it is told', async () => {
    server.addFault({ fault: { kind: 'status', status: 503 }, method: 'POST', path: /\/dir\//, after: 1, times: 1 });
    expect((await library.mkdir('/a')).status).toBe(201);
    expect((await library.mkdir('/b')).status).toBe(503);
    expect((await library.mkdir('/c')).status).toBe(201);
    expect(await library.list()).toEqual(['a', 'c']);
  });

  it.each([
    [{ kind: 'throttled', retryAfterS: 7 } as const, '7'],
    [{ kind: 'throttled' } as const, null],
  ])('throttles with %j', async (fault, retryAfter) => {
    server.addFault({ fault, path: /ping/ });
    const answer = await account.call('GET', '/api2/auth/ping/');
    expect(answer.status).toBe(429);
    expect(answer.headers.get('retry-after')).toBe(retryAfter);
  });

  it('resets the connection before the request is handled', async () => {
    server.addFault({ fault: { kind: 'reset-before' }, path: /\/dir\//, times: 1 });
    await expect(library.mkdir('/a')).rejects.toThrow();
    expect(await library.list()).toEqual([]);
  });

  it('loses the reply after the change was made', async () => {
    server.addFault({ fault: { kind: 'lost-reply' }, method: 'POST', path: /\/dir\//, times: 1 });
    await expect(library.mkdir('/a')).rejects.toThrow();
    expect(await library.list()).toEqual(['a']);
  });

  it('loses the reply of a head update after the head was moved', async () => {
    const parent = await library.head();
    server.addFault({ fault: { kind: 'lost-reply' }, method: 'PUT', path: /commit\/HEAD/, times: 1 });
    await expect(library.push({ root: '0'.repeat(40), parent, description: 'lost' })).rejects.toThrow();
    expect(await library.head()).not.toBe(parent);
  });

  it('resets the connection within a body', async () => {
    await library.upload('/', 'f.bin', Buffer.alloc(3_000_000, 'x'));
    server.addFault({ fault: { kind: 'reset-within', afterBytes: 1000 }, path: /\/files\//, times: 1 });
    await expect(library.download('/f.bin')).rejects.toThrow();
    expect((await library.download('/f.bin'))?.length).toBe(3_000_000);
  });

  it('lets an answer trickle, whole', async () => {
    await library.upload('/', 'f.txt', 'x'.repeat(20_000));
    server.addFault({ fault: { kind: 'trickle', bytesPerSecond: 200_000 }, path: /\/files\// });
    expect((await library.download('/f.txt'))?.length).toBe(20_000);
  });

  it('takes a body slowly, whole', async () => {
    server.addFault({ fault: { kind: 'slow-upload', bytesPerSecond: 2_000_000 }, path: /upload-api/ });
    const content = Buffer.alloc(600_000, 'slow');
    expect((await library.upload('/', 'slow.txt', content)).status).toBe(200);
    expect(await library.download('/slow.txt')).toBe(content.toString());
  });

  it('makes the client wait for a body that is taken slowly', async () => {
    server.addFault({ fault: { kind: 'slow-upload', bytesPerSecond: 1 }, path: /upload-api/, times: 1 });
    const given = new AbortController();
    const link = (await library.api('GET', 'upload-link/?p=/')).json;
    const form = new FormData();
    form.set('parent_dir', '/');
    form.set('file', new Blob([Buffer.alloc(20_000_000)]), 'never.bin');
    const upload = fetch(link, { method: 'POST', body: form, signal: given.signal });
    // Other requests are answered meanwhile; that one cannot be, with its body underway.
    for (let asked = 0; asked < 5; asked++) expect(await library.list()).toEqual([]);
    given.abort();
    await expect(upload).rejects.toThrow();
    expect(await library.list()).toEqual([]);
  });

  it('restarts: connections are reset, none is taken for a while, links are gone, data is there', async () => {
    await library.upload('/', 'f.txt', 'kept');
    const link = (await library.api('GET', 'file/?p=/f.txt&reuse=1')).json;
    server.addFault({ fault: { kind: 'restart', downMs: 200 }, method: 'GET', path: /\/dir\//, times: 1 });
    await expect(library.list()).rejects.toThrow();
    await expect(fetch(`${server.url}/api2/ping/`)).rejects.toThrow();
    await expect.poll(() => library.list().catch(() => 'down'), { timeout: 20_000, interval: 20 }).toEqual(['f.txt']);
    expect((await fetch(link)).status).toBe(403);
    expect(await library.download('/f.txt')).toBe('kept');
  });

  it('restarts a file server that has a port of its own, too, and can be stopped while it is away', async () => {
    const other = await startServer({ memory: true, fileServer: 'own-port', accounts: accountsOf('o@x.org') });
    const theirs = await (await TestAccount.signIn(other, 'o@x.org')).newLibrary();
    await theirs.head();
    other.restart(10);
    await expect(theirs.head()).rejects.toThrow();
    await expect.poll(() => theirs.head().catch(() => ''), { interval: 20 }).toMatch(/^[0-9a-f]{40}$/);
    other.restart(3_600_000);
    await other.close();
  });

  it('forgets tokens and links when a request comes', async () => {
    await library.upload('/', 'f.txt', 'x');
    const link = (await library.api('GET', 'file/?p=/f.txt&reuse=1')).json;
    server.addFault({ fault: { kind: 'forget-links' }, path: /ping/, times: 1 });
    await account.call('GET', '/api2/ping/');
    expect((await fetch(link)).status).toBe(403);
    server.addFault({ fault: { kind: 'revoke-tokens' }, path: /ping/, times: 1 });
    expect((await account.call('GET', '/api2/auth/ping/')).status).toBe(401);
    expect((await library.sync('GET', 'commit/HEAD')).status).toBe(403);
    account = await TestAccount.signIn(server, 'o@x.org');
  });

  it('plays with seeded dice', () => {
    const play = (seed: number): boolean[] => {
      const faults = new Faults(seed);
      faults.add({ fault: { kind: 'reset-before' }, probability: 0.3 });
      return Array.from({ length: 200 }, () => faults.choose('GET', '/').length > 0);
    };
    expect(play(5)).toEqual(play(5));
    expect(play(5)).not.toEqual(play(6));
    const share = play(5).filter(Boolean).length / 200;
    expect(share).toBeGreaterThan(0.2);
    expect(share).toBeLessThan(0.4);
  });

  it('reads rules as the command line gives them', () => {
    expect(parseFaultRule('throttled=3,method=get,path=^/api2,probability=0.5,after=2,times=9')).toEqual({
      fault: { kind: 'throttled', retryAfterS: 3 },
      method: 'GET',
      path: /^\/api2/,
      probability: 0.5,
      after: 2,
      times: 9,
    });
    expect(parseFaultRule('lost-reply')).toEqual({ fault: { kind: 'lost-reply' } });
    expect(parseFaultRule('slow-upload=1000')).toEqual({ fault: { kind: 'slow-upload', bytesPerSecond: 1000 } });
    expect(parseFaultRule('restart=50,times=1')).toEqual({ fault: { kind: 'restart', downMs: 50 }, times: 1 });
    expect(parseFaultRule('revoke-tokens')).toEqual({ fault: { kind: 'revoke-tokens' } });
    expect(parseFaultRule('forget-links')).toEqual({ fault: { kind: 'forget-links' } });
    expect(() => parseFaultRule('trickle=0')).toThrow('trickle wants a number above 0');
    expect(() => parseFaultRule('delay=1,path=(')).toThrow('path is no regular expression');
    expect(() => parseFaultRule('explode')).toThrow('no fault is called "explode"');
    expect(() => parseFaultRule('delay')).toThrow('delay wants a number');
    expect(() => parseFaultRule('delay=1,when=now')).toThrow('no condition of a fault is called "when"');
  });

  it('makes links stale and tokens unknown', async () => {
    await library.upload('/', 'f.txt', 'x');
    const link = (await library.api('GET', 'file/?p=/f.txt&reuse=1')).json;
    expect((await fetch(link)).status).toBe(200);
    server.forgetLinks();
    expect((await fetch(link)).status).toBe(403);
    server.revokeTokens('o@x.org');
    expect((await account.call('GET', '/api2/auth/ping/')).status).toBe(401);
    account = await TestAccount.signIn(server, 'o@x.org');
    expect((await account.call('GET', '/api2/auth/ping/')).status).toBe(200);
  });
});

describe('throttling', () => {
  it('refuses an account that asks too much, until its window has passed', async () => {
    let nowMs = 1_000_000_000_000;
    const throttle = { accountPerMinute: 5, anonymousPerMinute: 100 };
    const server = await startServer({ memory: true, throttle, now: () => nowMs, accounts: accountsOf('o@x.org') });
    const account = await TestAccount.signIn(server, 'o@x.org');
    for (let asked = 0; asked < 5; asked++) {
      expect((await account.call('GET', '/api2/auth/ping/')).status).toBe(200);
      nowMs += 1000;
    }
    const refused = await account.call('GET', '/api2/auth/ping/');
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('55');
    expect(refused.json).toEqual({ detail: 'Request was throttled. Expected available in 55 seconds.' });
    nowMs += 55_000;
    expect((await account.call('GET', '/api2/auth/ping/')).status).toBe(200);
    await server.close();
  });
});
