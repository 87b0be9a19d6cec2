import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server and an issuer that do what EBRAINS does. */
export class Ebrains {
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
