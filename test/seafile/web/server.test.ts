import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { accountInfo, ping, serverInfo, type WebClient } from '../../../src/seafile/web/index.ts';
import { failure, kindOf } from '../failure.ts';
import { type Exchange, ReplayServer, recorded } from '../replay.ts';

const account = recorded('01-account');
const removal = recorded('10-quota-and-removal');
let replay: ReplayServer;
let web: WebClient;

beforeEach(async () => {
  replay = await new ReplayServer().start();
  web = await replay.signIn();
});

afterEach(async () => {
  await web.server.close();
  expect(await replay.stop()).toEqual([]);
});

/** An exchange like a recorded one, with another answer. */
const answered = (exchange: Exchange, response: Partial<Exchange['response']>): Exchange => {
  const { json: _json, text: _text, ...rest } = exchange.response;
  return { ...exchange, response: { ...rest, ...response } };
};

describe('server and account', () => {
  it('ping needs no sign-in', async () => {
    replay.expect(account('ping without auth'));
    await ping(web.server);
  });

  it('ping tells what is no Seafile', async () => {
    replay.expect(answered(account('ping without auth'), { text: 'hello', headers: { 'content-type': 'text/plain' } }));
    expect(await kindOf(ping(web.server))).toBe('not-seafile');
  });

  it('the version is read', async () => {
    replay.expect(account('server info'));
    expect(await serverInfo(web.server)).toEqual({ version: '10.0.1', major: 10, features: ['seafile-basic'] });
  });

  it('usage and quota are in bytes, and no limit is null', async () => {
    replay.expect(account('account info'), removal('quota user: account info'));
    expect(await accountInfo(web)).toMatchObject({ email: 'svc@example.com', name: 'svc', quotaBytes: null });
    expect(await accountInfo(web)).toMatchObject({ email: 'quota@example.com', quotaBytes: 1_000_000 });
  });

  it('an answer of another form is told with the place where it differs', async () => {
    replay.expect(answered(account('account info'), { json: { email: 'a@b', usage: '12', total: 1 } }));
    const error = await failure(accountInfo(web));
    expect(error.kind).toBe('corrupt-answer');
    expect(error.message).toContain('usage');
  });
});
