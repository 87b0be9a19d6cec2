import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningServer, startServer } from '../../src/server/index.ts';
import { parseJson } from '../../src/server/json.ts';
import { accountsOf, TestAccount, type TestLibrary } from './account.ts';

describe('limits', () => {
  let server: RunningServer;
  let account: TestAccount;
  let library: TestLibrary;

  beforeAll(async () => {
    server = await startServer({ memory: true, accounts: accountsOf('o@x.org') });
    account = await TestAccount.signIn(server, 'o@x.org');
    library = await account.newLibrary();
  });
  afterAll(() => server.close());

  const tooLong = `/${Array.from({ length: 17 }, () => 'x'.repeat(250)).join('/')}`;
  const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

  it('paths have at most 4096 bytes', async () => {
    const longest = `/${Array.from({ length: 16 }, () => 'y'.repeat(254)).join('/')}`;
    expect(longest.length).toBeLessThanOrEqual(4096);
    expect((await library.mkdir(longest)).status).toBe(201);
    const refused = await library.mkdir(tooLong);
    expect([refused.status, refused.json]).toEqual([400, { error_msg: 'Path is too long.' }]);
    expect((await library.upload(tooLong, 'f', 'x')).status).toBe(400);
    // Counted in bytes: a euro sign has three.
    expect((await library.mkdir(`/${'€/'.repeat(1100)}`)).status).toBe(400);
    expect(await library.list('/')).toEqual(['y'.repeat(254)]);
  });

  it('JSON is nested 32 levels at most, whoever reads it', async () => {
    const batch = (json: unknown) => account.call('POST', '/api/v2.1/repos/sync-batch-copy-item/', { json });
    const refused = await batch(JSON.parse(nested(40)));
    expect([refused.status, refused.json]).toEqual([
      400,
      { detail: 'JSON parse error - nested deeper than 32 levels' },
    ]);
    expect((await library.sync('POST', 'check-blocks/', nested(100_000))).status).toBe(400);
    expect((await library.sync('POST', 'check-blocks/', '[]')).status).toBe(200);
  });

  it('what looks like nesting inside a text is none', () => {
    const text = JSON.stringify({ a: '[['.repeat(100), b: ['"[', '\\"{', 'end'] });
    expect(parseJson(text)).toEqual(JSON.parse(text));
    expect(() => parseJson(nested(33))).toThrow('nested deeper than 32 levels');
    expect(parseJson(nested(32))).toEqual(JSON.parse(nested(32)));
    expect(() => parseJson('{')).toThrow(SyntaxError);
  });

  it('headers have at most 16 KiB together', async () => {
    const ask = (headers: Record<string, string>): Promise<number> =>
      new Promise((resolve, reject) => {
        request(`${server.url}/api2/ping/`, { headers }, (answer) => {
          answer.resume();
          resolve(answer.statusCode ?? 0);
        })
          .on('error', reject)
          .end();
      });
    expect(await ask({ 'x-some': 'x'.repeat(8_000) })).toBe(200);
    expect(await ask({ 'x-much': 'x'.repeat(20_000) })).toBe(431);
  });

  it('no more than 100 headers are looked at', async () => {
    const many = Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`x-${index}`, 'y']));
    const authorization = `Token ${account.token}`;
    const status = async (headers: Record<string, string>) =>
      (await fetch(`${server.url}/api2/auth/ping/`, { headers })).status;
    expect(await status({ authorization, ...many })).toBe(200);
    expect(await status({ ...many, authorization })).toBe(403);
  });

  it('bodies of the web API have a length at which they are refused', async () => {
    const body = new URLSearchParams({ operation: 'mkdir', filler: 'x'.repeat(40 << 20) });
    const answer = await fetch(`${server.url}/api2/repos/${library.id}/dir/?p=/z`, {
      method: 'POST',
      headers: { authorization: `Token ${account.token}` },
      body,
    }).then(
      ({ status }) => status,
      // The server may close while the body is still being sent.
      () => 413,
    );
    expect(answer).toBe(413);
    expect(await library.list('/')).not.toContain('z');
  });
});
