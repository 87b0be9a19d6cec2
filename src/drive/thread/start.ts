import type { MessagePort } from 'node:worker_threads';
import { type Auth, clientCredentials, password, token } from '../../seafile/index.ts';
import type { Ports } from './messages.ts';

/** What a thread needs to sign in again by itself: it must never have to ask a thread that may be waiting for it. */
export interface ThreadStart {
  readonly server: string;
  readonly auth: RevealedAuth;
  /** The API token that the account has now. */
  readonly token: string;
  readonly account: { readonly email: string };
  readonly cache: string;
  readonly fileServer: string | null;
  readonly ports: Ports<MessagePort>;
}

/** Credentials as plain values. They go from one thread to another of this process, and nowhere else. */
type RevealedAuth =
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'password'; readonly user: string; readonly password: string }
  | {
      readonly kind: 'client-credentials';
      readonly issuer: string;
      readonly clientId: string;
      readonly clientSecret: string;
    };

export function reveal(auth: Auth): RevealedAuth {
  switch (auth.kind) {
    case 'token':
      return { kind: 'token', token: auth.token.reveal() };
    case 'password':
      return { kind: 'password', user: auth.user, password: auth.password.reveal() };
    case 'client-credentials':
      return { ...auth, clientSecret: auth.clientSecret.reveal() };
  }
}

export function conceal(auth: RevealedAuth): Auth {
  switch (auth.kind) {
    case 'token':
      return token(auth.token);
    case 'password':
      return password(auth.user, auth.password);
    case 'client-credentials':
      return clientCredentials(auth);
  }
}
