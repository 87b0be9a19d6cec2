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
  switch (auth.kind) {
    case 'token':
      await checkToken(server, auth.token, signal);
      return new Account(server, auth.token, null);
    case 'password': {
      const obtain = (signal?: AbortSignal): Promise<Secret> =>
        tokenForPassword(server, auth.user, auth.password, signal);
      return new Account(server, await obtain(signal), () => obtain());
    }
    case 'client-credentials': {
      const obtain = async (signal?: AbortSignal): Promise<Secret> =>
        exchangeAccessToken(server, await accessTokenOf(server.transport, auth, signal), signal);
      return new Account(server, await obtain(signal), () => obtain());
    }
  }
}
