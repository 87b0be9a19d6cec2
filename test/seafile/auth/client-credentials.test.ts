import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Auth, clientCredentials, signIn } from '../../../src/seafile/auth/index.ts';
import { Server } from '../../../src/seafile/server.ts';
import { failure } from '../failure.ts';
import { Ebrains } from './ebrains.ts';

describe('client credentials', () => {
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

  it.each<[string, (token: string) => string]>([
    ['bare text', (made) => `${made}\n`],
    ['a JSON string', (made) => JSON.stringify(made)],
    ['an object', (made) => JSON.stringify({ token: made })],
  ])('client credentials give a token, told as %s', async (_, form) => {
    ebrains.exchange = (made) => ({ status: 200, body: form(made) });
    const account = await signIn(server, credentials());
    expect(account.token.reveal()).toBe('1'.padStart(40, '0'));
    expect(ebrains.requests).toEqual([
      'GET ISSUER/.well-known/openid-configuration',
      'POST ISSUER/protocol/openid-connect/token',
      'GET /api2/account/token/',
    ]);
  });

  it('a wrong secret is one clear error, asked once', async () => {
    const error = await failure(signIn(server, credentials('wr0ng')));
    expect(error.kind).toBe('unauthorized');
    expect(error.message).toBe(
      `Cannot sign in as client service at ${new URL(ebrains.url).host}: unauthorized_client: Invalid client secret. Check client id and secret.`,
    );
    expect(ebrains.requests.filter((line) => line.startsWith('POST'))).toHaveLength(1);
  });

  it('an issuer that fails is told from one that refuses', async () => {
    ebrains.tokenError = { status: 500, body: '{"error":"server_error"}' };
    expect((await failure(signIn(server, credentials()))).kind).toBe('server-failed');
    ebrains.tokenError = { status: 502, body: '<html>bad gateway' };
    expect((await failure(signIn(server, credentials()))).kind).toBe('server-failed');
    ebrains.tokenError = { status: 400, body: '{"error":"invalid_scope","error_description":"Invalid scopes"}' };
    const error = await failure(signIn(server, credentials()));
    expect(error.kind).toBe('rejected');
    expect(error.message).toContain('invalid_scope: Invalid scopes');
  });

  it('an issuer that is not there is unreachable', async () => {
    const { issuer } = await new Ebrains().start().then(async (other) => {
      const left = { issuer: other.issuer };
      await other.stop();
      return left;
    });
    const auth = clientCredentials({ issuer, clientId: 'service', clientSecret: 's3cret' });
    const error = await failure(signIn(server, auth));
    expect(error.kind).toBe('unreachable');
    expect(error.message).toContain(new URL(issuer).host);
    expect(error.message).toContain('ECONNREFUSED');
  });

  it('an address that is no issuer is told', async () => {
    const auth = clientCredentials({ issuer: `${ebrains.url}/nothing`, clientId: 'service', clientSecret: 's3cret' });
    const error = await failure(signIn(server, auth));
    expect(error.kind).toBe('rejected');
    expect(error.message).toContain("Check the issuer's URL");
  });

  it.each(['http://iam.example.org/realm', 'ftp://127.0.0.1/realm', 'no url'])(
    'the secret is not sent in clear text to %s',
    async (issuer) => {
      const error = await failure(
        signIn(server, clientCredentials({ issuer, clientId: 'service', clientSecret: 's3cret' })),
      );
      expect(error.kind).toBe('rejected');
      expect(ebrains.requests).toEqual([]);
    },
  );

  it('a server without the exchange says what else there is', async () => {
    ebrains.exchange = () => ({ status: 404, body: '' });
    const error = await failure(signIn(server, credentials()));
    expect(error.kind).toBe('rejected');
    expect(error.message).toContain('Sign in with a password or an API token');
  });

  it('an exchange that gives no token is no sign-in', async () => {
    ebrains.exchange = () => ({ status: 200, body: '{"hello":1}' });
    expect((await failure(signIn(server, credentials()))).kind).toBe('corrupt-answer');
  });

  it('can be cancelled', async () => {
    const controller = new AbortController();
    controller.abort();
    expect((await failure(signIn(server, credentials(), controller.signal))).kind).toBe('aborted');
  });
});
