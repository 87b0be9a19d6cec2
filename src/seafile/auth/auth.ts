import { Secret } from '../http/index.ts';

/** How an account proves who it is. Made by {@link token}, {@link password} and {@link clientCredentials}. */
export type Auth = TokenAuth | PasswordAuth | ClientCredentialsAuth;

/** An API token that is there already. It does not expire; when it is revoked nothing can renew it. */
export interface TokenAuth {
  readonly kind: 'token';
  readonly token: Secret;
}

export interface PasswordAuth {
  readonly kind: 'password';
  readonly user: string;
  readonly password: Secret;
}

/** A service account of an OpenID Connect issuer, as on EBRAINS (seafile-api A.1). */
export interface ClientCredentialsAuth {
  readonly kind: 'client-credentials';
  /** The issuer's URL, for example `https://iam.ebrains.eu/auth/realms/hbp`. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: Secret;
}

/** Signs in with an API token (40 hex digits). */
export function token(text: string): TokenAuth {
  return { kind: 'token', token: new Secret(given(text, 'API token').trim()) };
}

/** Signs in with a user name or e-mail and a password. */
export function password(user: string, text: string): PasswordAuth {
  return { kind: 'password', user: given(user, 'user name'), password: new Secret(given(text, 'password')) };
}

/** Signs in as a service account of an OpenID Connect issuer. */
export function clientCredentials(options: {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
}): ClientCredentialsAuth {
  return {
    kind: 'client-credentials',
    issuer: given(options.issuer, 'issuer'),
    clientId: given(options.clientId, 'client id'),
    clientSecret: new Secret(given(options.clientSecret, 'client secret')),
  };
}

/** @throws TypeError when it is no text or empty */
function given(text: string, what: string): string {
  if (typeof text !== 'string' || text === '') throw new TypeError(`the ${what} is missing`);
  return text;
}
