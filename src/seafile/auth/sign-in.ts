import type { Secret } from '../http/index.ts';
import type { Server } from '../server.ts';
import { Account } from './account.ts';
import type { Auth } from './auth.ts';
import { exchangeAccessToken } from './exchange.ts';
import { accessTokenOf } from './oidc.ts';
import { tokenForPassword } from './password.ts';
import { checkToken } from './token.ts';

/**
 * Signs in.
 *
 * @returns the account, whose token replaces itself when the server forgets it
 * @throws SeafileError `unauthorized` when the credentials are wrong; `unreachable`, `not-seafile` and others when it
 * cannot be known
 */
export async function signIn(server: Server, auth: Auth, signal?: AbortSignal): Promise<Account> {
  const obtain = sourceOf(server, auth);
  if (auth.kind === 'token') {
    await checkToken(server, auth.token, signal);
    return new Account(server, auth.token, null);
  }
  return new Account(server, await obtain(signal), () => obtain());
}

/** The account of somebody who has signed in already, elsewhere in this process: with the token got there. */
export function signedIn(server: Server, auth: Auth, token: Secret): Account {
  const obtain = sourceOf(server, auth);
  return new Account(server, token, auth.kind === 'token' ? null : () => obtain());
}

function sourceOf(server: Server, auth: Auth): (signal?: AbortSignal) => Promise<Secret> {
  switch (auth.kind) {
    case 'token':
      return async () => auth.token;
    case 'password':
      return (signal) => tokenForPassword(server, auth.user, auth.password, signal);
    case 'client-credentials':
      return async (signal) => exchangeAccessToken(server, await accessTokenOf(server.transport, auth, signal), signal);
  }
}
