import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Account, type Auth, clientCredentials, password, signIn, token } from '../../../src/seafile/auth/index.ts';
import { SeafileError } from '../../../src/seafile/errors.ts';
import { Secret } from '../../../src/seafile/http/index.ts';
import { Server } from '../../../src/seafile/server.ts';
import { accountInfo, WebClient } from '../../../src/seafile/web/index.ts';
import { ReplayServer, recorded, TOKEN } from '../replay.ts';

const recording = recorded('01-account');

async function failure(promise: Promise<unknown>): Promise<SeafileError> {
  const error = await promise.then(
    () => new Error('it succeeded'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof SeafileError)) throw error;
  return error;
}

describe('against the recorded server', () => {
  let replay: ReplayServer;
  beforeEach(async () => {
    replay = await new ReplayServer().start();
  });
  afterEach(async () => {
    expect(await replay.stop()).toEqual([]);
  });

  it('a password gives a token', async () => {
    replay.expect(recording('auth-token: good credentials'), recording('account info'));
    const account = await signIn(replay.connect(), password('svc@example.com', 'svc-pass-1'));
    expect(account.token.reveal()).toBe(TOKEN);
    await accountInfo(new WebClient(account));
  });

  it('a wrong password is one clear error, asked once', async () => {
    replay.expect(recording('auth-token: wrong password'));
    const error = await failure(signIn(replay.connect(), password('nobody@example.com', 'zzz')));
    expect(error.kind).toBe('unauthorized');
    expect(error.message).toBe(
      `Cannot sign in as nobody@example.com at ${new URL(replay.value('SEAHUB')).host}: Unable to login with provided credentials. Check user name and password.`,
    );
  });

  it('a token is checked', async () => {
    replay.expect(recording('auth ping'), recording('auth ping: wrong token'));
    expect((await signIn(replay.connect(), token(TOKEN))).token.reveal()).toBe(TOKEN);
    const wrong = '0123456789012345678901234567890123456789';
    const error = await failure(signIn(replay.connect(), token(wrong)));
    expect(error.kind).toBe('unauthorized');
    expect(error.message).not.toContain(wrong);
  });
});

/** A server and an issuer that do what EBRAINS does. */
class Ebrains {
  readonly requests: string[] = [];
  /** API tokens that are valid now. */
  tokens = new Set<string>();
  /** What the exchange answers: a function of the token it made. */
  exchange: (token: string) => { status: number; body: string } = (made) => ({ status: 200, body: made });
  tokenError: { status: number; body: string } | null = null;
  #made = 0;
  readonly #server = createServer((request, response) => {
    this.#answer(request).then(({ status, body }) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(body),
    );
  });

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get issuer(): string {
    return `${this.url}/auth/realms/hbp`;
  }

  newToken(): string {
    this.#made += 1;
    const made = String(this.#made).padStart(40, '0');
    this.tokens.add(made);
    return made;
  }

  async #answer(request: IncomingMessage): Promise<{ status: number; body: string }> {
    let body = '';
    for await (const chunk of request) body += chunk;
    const path = (request.url ?? '').replace('/auth/realms/hbp', 'ISSUER');
    const bearer = (request.headers.authorization ?? '').replace('Token ', '');
    this.requests.push(`${request.method} ${path}`);
    if (path === 'ISSUER/.well-known/openid-configuration') {
      return {
        status: 200,
        body: JSON.stringify({ issuer: this.issuer, token_endpoint: `${this.issuer}/protocol/openid-connect/token` }),
      };
    }
    if (path === 'ISSUER/protocol/openid-connect/token') {
      const form = new URLSearchParams(body);
      const good =
        form.get('grant_type') === 'client_credentials' &&
        form.get('client_id') === 'service' &&
        form.get('client_secret') === 's3cret' &&
        form.get('scope') === 'openid email collab.drive';
      if (this.tokenError) return this.tokenError;
      return good
        ? { status: 200, body: '{"access_token":"oidc-access","token_type":"bearer","expires_in":300}' }
        : { status: 401, body: '{"error":"unauthorized_client","error_description":"Invalid client secret"}' };
    }
    if (path.startsWith('/nothing')) return { status: 404, body: '' };
    if (path === '/api2/auth/ping/' && this.tokens.has(bearer)) return { status: 200, body: '"pong"' };
    if (path === '/api2/account/token/') {
      if (request.headers.authorization !== 'Bearer oidc-access') return { status: 401, body: '{"detail":"no"}' };
      return this.exchange(this.newToken());
    }
    if (path === '/api2/auth-token/') {
      const good = new URLSearchParams(body).get('password') === 'pass';
      return good
        ? { status: 200, body: JSON.stringify({ token: this.newToken() }) }
        : { status: 400, body: '{"non_field_errors":["Unable to login with provided credentials."]}' };
    }
    if (!this.tokens.has(bearer)) {
      return { status: 401, body: '{"detail":"Invalid token"}' };
    }
    return { status: 200, body: '{"email":"a@b","name":"a","usage":1,"total":-2}' };
  }
}

describe('against an issuer and the exchange', () => {
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

  describe('a token that the server has forgotten', () => {
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
});

describe('the server URL', () => {
  it.each([
    ['https://drive.example.org', 'https://drive.example.org/'],
    ['https://drive.example.org/seafile/', 'https://drive.example.org/seafile/'],
    ['http://host:8000/x?y=1#z', 'http://host:8000/x/'],
  ])('%s is read as %s', (given, read) => {
    expect(new Server(given).url.href).toBe(read);
  });

  it.each(['drive.example.org', 'ftp://drive.example.org', '', 'https://me:hunter2@drive.example.org'])(
    '%j is refused, without repeating secrets',
    (given) => {
      expect(() => new Server(given)).toThrow(SeafileError);
      expect(() => new Server(given)).not.toThrow(/hunter2/);
    },
  );
});
