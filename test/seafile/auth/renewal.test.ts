import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Account, type Auth, clientCredentials, password, signIn, token } from '../../../src/seafile/auth/index.ts';
import { SeafileError } from '../../../src/seafile/errors.ts';
import { Secret } from '../../../src/seafile/http/index.ts';
import { Server } from '../../../src/seafile/server.ts';
import { accountInfo, WebClient } from '../../../src/seafile/web/index.ts';
import { failure } from '../failure.ts';
import { Ebrains } from './ebrains.ts';

describe('a token that the server has forgotten', () => {
  let ebrains: Ebrains;
  let server: Server;
  beforeEach(async () => {
    ebrains = await new Ebrains().start();
    server = new Server(ebrains.url, { repeat: { attempts: 1 } });
  });
  afterEach(async () => {
    await server.close();
    await ebrains.stop();
  });

  const credentials = (clientSecret = 's3cret'): Auth =>
    clientCredentials({ issuer: ebrains.issuer, clientId: 'service', clientSecret });

  const exchanges = (): number => ebrains.requests.filter((line) => line === 'GET /api2/account/token/').length;

  it('is replaced silently, once for all requests that notice', async () => {
    const web = new WebClient(await signIn(server, credentials()));
    ebrains.tokens.clear();
    await Promise.all(Array.from({ length: 5 }, () => accountInfo(web)));
    expect(exchanges()).toBe(2);
    await accountInfo(web);
    expect(exchanges()).toBe(2);
  });

  it('is replaced with the password, too', async () => {
    const web = new WebClient(await signIn(server, password('me', 'pass')));
    ebrains.tokens.clear();
    expect((await accountInfo(web)).email).toBe('a@b');
  });

  it('cannot be replaced when it is all there is', async () => {
    const given = ebrains.newToken();
    const web = new WebClient(await signIn(server, token(given)));
    ebrains.tokens.clear();
    const error = await failure(accountInfo(web));
    expect(error.kind).toBe('unauthorized');
    expect(error.message).not.toContain(given);
  });

  it('is not replaced by one that is refused as well', async () => {
    const web = new WebClient(await signIn(server, credentials()));
    ebrains.tokens.clear();
    ebrains.newToken = () => 'f'.repeat(40);
    expect((await failure(accountInfo(web))).kind).toBe('unauthorized');
    expect(ebrains.requests.filter((line) => line === 'GET /api2/account/info/')).toHaveLength(2);
  });

  it('is not asked for again with credentials that were refused', async () => {
    let asked = 0;
    const account = new Account(server, new Secret('old-token'), async () => {
      asked += 1;
      throw new SeafileError('unauthorized', 'The password is wrong.');
    });
    for (let i = 0; i < 3; i += 1) {
      expect((await failure(account.renew(account.token))).message).toBe('The password is wrong.');
    }
    expect(asked).toBe(1);
  });

  it('is asked for again after the server was not there', async () => {
    let asked = 0;
    const account = new Account(server, new Secret('old-token'), async () => {
      asked += 1;
      if (asked === 1) throw new SeafileError('unreachable', 'Nobody there.');
      return new Secret('new-token');
    });
    expect((await failure(account.renew(account.token))).kind).toBe('unreachable');
    expect((await account.renew(account.token)).reveal()).toBe('new-token');
  });
});
