import type { Context } from '../context.ts';
import { CliError, UsageError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { type NamedProfile, readProfile } from './config-file.ts';
import { readSecretFile } from './secret-source.ts';

/** How to sign in; it holds the secret, so it is never shown and travels over private pipes only. */
export type Credentials =
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'password'; readonly user: string; readonly password: string }
  | {
      readonly kind: 'client';
      readonly clientId: string;
      readonly clientSecret: string;
      readonly issuer: string | undefined;
    };

/** Where and as whom. */
export interface SignIn {
  readonly server: string;
  readonly credentials: Credentials;
  readonly fileServer: string | undefined;
  readonly cache: string | undefined;
}

/** The sign-in options of the command line. Secrets come as files only: a command line is visible to every user. */
export interface SignInOptions {
  readonly server?: string;
  readonly fileServer?: string;
  readonly cache?: string;
  readonly profile?: string;
  readonly tokenFile?: string;
  readonly user?: string;
  readonly passwordFile?: string;
  readonly clientId?: string;
  readonly clientSecretFile?: string;
  readonly oidcIssuer?: string;
}

/** One place that settings come from; secrets are read when they are needed. */
interface Layer {
  readonly server: string | undefined;
  readonly fileServer: string | undefined;
  readonly cache: string | undefined;
  readonly token: Secret | undefined;
  readonly user: string | undefined;
  readonly password: Secret | undefined;
  readonly clientId: string | undefined;
  readonly clientSecret: Secret | undefined;
  readonly issuer: string | undefined;
  readonly profile: NamedProfile | null;
}

/** A secret that is known, or the file it is in. */
type Secret = { readonly value: string } | { readonly file: string; readonly namedBy: string };

const HOW_TO_SIGN_IN =
  'set SEAMOUNT_TOKEN, or SEAMOUNT_USER and SEAMOUNT_PASSWORD, or SEAMOUNT_CLIENT_ID and SEAMOUNT_CLIENT_SECRET' +
  ' (each secret also as ..._FILE), or write a profile into config.toml';

/**
 * Finds server and credentials: options first, then (for an explicit `--profile`) that profile, then the environment,
 * then the configuration's default profile.
 *
 * The first place that says anything about credentials decides their kind; what it leaves out comes from the next ones.
 *
 * @throws UsageError when something is given twice, or is incomplete; CliError (sign-in) when nothing is given
 */
export function resolveSignIn(options: SignInOptions, context: Context): SignIn {
  const layers = settingsInOrder(options, context);
  const server = first(layers, 'server');
  if (server === undefined) {
    throw new CliError(EXIT.signIn, 'no server: give --server URL, or set SEAMOUNT_SERVER, or write a profile into config.toml.');
  }
  const credentials = pickCredentials(layers, server);
  context.redactor.add(secretOf(credentials));
  return { server, credentials, fileServer: first(layers, 'fileServer'), cache: first(layers, 'cache') };
}

/** Where the server is, as far as that is said; for commands that a running mount can answer without signing in. */
export function configuredServer(options: SignInOptions, context: Context): string | undefined {
  return first(settingsInOrder(options, context), 'server');
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

function settingsInOrder(options: SignInOptions, context: Context): readonly Layer[] {
  const profile = readProfile(context.directories.config, options.profile ?? context.env['SEAMOUNT_PROFILE']);
  const fromProfile = profile === null ? [] : [profileLayer(profile)];
  const fromOptions = optionsLayer(options);
  const fromEnvironment = environmentLayer(context.env);
  // --profile is an option: what it names comes before the environment.
  return options.profile === undefined
    ? [fromOptions, fromEnvironment, ...fromProfile]
    : [fromOptions, ...fromProfile, fromEnvironment];
}

function pickCredentials(layers: readonly Layer[], server: string): Credentials {
  const start = layers.findIndex((layer) => kindsOf(layer).length > 0);
  const layer = layers[start];
  if (layer === undefined) throw new CliError(EXIT.signIn, `no credentials for ${server}: ${HOW_TO_SIGN_IN}.`);
  const kinds = kindsOf(layer);
  if (kinds.length > 1) {
    throw new UsageError(`credentials are given twice (${kinds.join(' and ')}): leave all but one out.`);
  }
  const rest = layers.slice(start);
  checkServerOfProfile(rest, layer, server);
  switch (kinds[0]) {
    case 'token':
      return { kind: 'token', token: needed(rest, 'token', 'a token', 'SEAMOUNT_TOKEN or --token-file') };
    case 'password':
      return {
        kind: 'password',
        user: neededText(rest, 'user', 'a user', 'SEAMOUNT_USER or --user'),
        password: needed(rest, 'password', 'a password', 'SEAMOUNT_PASSWORD or --password-file'),
      };
    default:
      return {
        kind: 'client',
        clientId: neededText(rest, 'clientId', 'a client id', 'SEAMOUNT_CLIENT_ID or --client-id'),
        clientSecret: needed(rest, 'clientSecret', 'a client secret', 'SEAMOUNT_CLIENT_SECRET or --client-secret-file'),
        issuer: first(rest, 'issuer'),
      };
  }
}

/** A profile's secret is for its server: it must not travel to another one that an option or a variable names. */
function checkServerOfProfile(rest: readonly Layer[], chosen: Layer, server: string): void {
  for (const layer of chosen.profile === null ? rest : [chosen]) {
    const { profile } = layer;
    if (profile === null || kindsOf(layer).length === 0) continue;
    if (layer.server !== undefined && layer.server.replace(/\/+$/, '') !== server.replace(/\/+$/, '')) {
      if (layer !== chosen) continue;
      throw new UsageError(
        `profile ${profile.name} signs in at ${layer.server}, not at ${server}: leave --server and SEAMOUNT_SERVER out, or give credentials for ${server}.`,
      );
    }
  }
}

function kindsOf(layer: Layer): readonly Credentials['kind'][] {
  const kinds: Credentials['kind'][] = [];
  if (layer.token !== undefined) kinds.push('token');
  if (layer.user !== undefined || layer.password !== undefined) kinds.push('password');
  if (layer.clientId !== undefined || layer.clientSecret !== undefined) kinds.push('client');
  return kinds;
}
