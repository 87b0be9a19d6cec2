import type { Context } from '../context.ts';
import { CliError, UsageError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { firstText, type SecretName, type Settings, type SignInOptions, settingsInOrder } from './settings.ts';

/** How to sign in. It holds the secret: it is never shown, and travels over private pipes only. */
export type Credentials =
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'password'; readonly user: string; readonly password: string }
  | {
      readonly kind: 'client';
      readonly clientId: string;
      readonly clientSecret: string;
      readonly issuer?: string | undefined;
    };

/** Where and as whom. */
export interface SignIn {
  readonly server: string;
  readonly credentials: Credentials;
  readonly fileServer?: string | undefined;
  readonly cache?: string | undefined;
}

const HOW_TO_SIGN_IN =
  'set SEAMOUNT_TOKEN, or SEAMOUNT_USER and SEAMOUNT_PASSWORD, or SEAMOUNT_CLIENT_ID and SEAMOUNT_CLIENT_SECRET' +
  ' (each secret also as ..._FILE), or write a profile into config.toml';

/**
 * Finds server and credentials: options first (an explicit `--profile` is one), then the environment, then the
 * configuration's default profile.
 *
 * The first place that says anything about credentials decides their kind; what it leaves out comes from the next ones.
 *
 * @throws UsageError when something is given twice or is incomplete; CliError (sign-in) when nothing is given
 */
export function resolveSignIn(options: SignInOptions, context: Context): SignIn {
  const places = settingsInOrder(options, context);
  const server = firstText(places, 'server');
  if (server === undefined) {
    throw new CliError(
      EXIT.signIn,
      'no server: give --server URL, or set SEAMOUNT_SERVER, or write a profile into config.toml.',
    );
  }
  const credentials = pickCredentials(places, server);
  context.redactor.add(secretOf(credentials));
  return {
    server,
    credentials,
    fileServer: firstText(places, 'fileServer'),
    cache: firstText(places, 'cache'),
  };
}

/** The secret part. */
export function secretOf(credentials: Credentials): string {
  switch (credentials.kind) {
    case 'token':
      return credentials.token;
    case 'password':
      return credentials.password;
    case 'client':
      return credentials.clientSecret;
  }
}

function pickCredentials(places: readonly Settings[], server: string): Credentials {
  const start = places.findIndex((place) => kindsIn(place).length > 0);
  const place = places[start];
  if (place === undefined) throw new CliError(EXIT.signIn, `no credentials for ${server}: ${HOW_TO_SIGN_IN}.`);
  const kinds = kindsIn(place);
  if (kinds.length > 1) {
    throw new UsageError(`credentials are given twice (${kinds.join(' and ')}): leave all but one out.`);
  }
  const rest = places.slice(start);
  const text = (name: 'user' | 'clientId', way: string): string => firstText(rest, name) ?? missing(way);
  const secret = (name: SecretName, way: string): string => secretFor(server, rest, name) ?? missing(way);
  switch (kinds[0]) {
    case 'password':
      return {
        kind: 'password',
        user: text('user', 'the user: set SEAMOUNT_USER or give --user'),
        password: secret('password', 'the password: set SEAMOUNT_PASSWORD or give --password-file'),
      };
    case 'client':
      return {
        kind: 'client',
        clientId: text('clientId', 'the client id: set SEAMOUNT_CLIENT_ID or give --client-id'),
        clientSecret: secret(
          'clientSecret',
          'the client secret: set SEAMOUNT_CLIENT_SECRET or give --client-secret-file',
        ),
        issuer: firstText(rest, 'issuer'),
      };
    default:
      return { kind: 'token', token: secret('token', 'the token: set SEAMOUNT_TOKEN or give --token-file') };
  }
}

function kindsIn(place: Settings): readonly Credentials['kind'][] {
  const kinds: Credentials['kind'][] = [];
  if (place.token !== undefined) kinds.push('token');
  if (place.user !== undefined || place.password !== undefined) kinds.push('password');
  if (place.clientId !== undefined || place.clientSecret !== undefined) kinds.push('client');
  return kinds;
}

/** A profile's secret belongs to its server: it must not travel to another one that an option or a variable names. */
function secretFor(server: string, places: readonly Settings[], name: SecretName): string | undefined {
  const place = places.find((candidate) => candidate[name] !== undefined);
  if (place?.profile !== undefined && place.server !== undefined && !sameServer(place.server, server)) {
    throw new UsageError(
      `profile ${place.profile} signs in at ${place.server}, not at ${server}: give credentials for ${server}, or leave its URL out.`,
    );
  }
  return place?.[name]?.();
}

function sameServer(one: string, other: string): boolean {
  return one.replace(/\/+$/, '').toLowerCase() === other.replace(/\/+$/, '').toLowerCase();
}

function missing(what: string): never {
  throw new CliError(EXIT.signIn, `signing in needs ${what}.`);
}
