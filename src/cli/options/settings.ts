import type { Context } from '../context.ts';
import { UsageError } from '../errors.ts';
import { type Profile, readProfile } from './config-file.ts';
import { readSecretFile } from './secret-source.ts';

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

/** One place that settings come from: the options, the environment, or a profile. */
export interface Settings {
  readonly server: string | undefined;
  readonly fileServer: string | undefined;
  readonly cache: string | undefined;
  readonly user: string | undefined;
  readonly clientId: string | undefined;
  readonly issuer: string | undefined;
  readonly token: Secret | undefined;
  readonly password: Secret | undefined;
  readonly clientSecret: Secret | undefined;
  /** Name of the profile, for a profile. */
  readonly profile: string | undefined;
}

export type SecretName = 'token' | 'password' | 'clientSecret';

/** Reads a secret when it is needed, and not before. */
export type Secret = () => string;

/** All places that say something, the one that counts most first. */
export function settingsInOrder(options: SignInOptions, context: Context): readonly Settings[] {
  const named = readProfile(context.directories.config, options.profile ?? context.env.SEAMOUNT_PROFILE);
  const fromProfile = named === null ? [] : [profileSettings(named.profile, named.name)];
  const fromEnvironment = environmentSettings(context.env);
  // --profile is an option: what it names comes before the environment.
  return options.profile === undefined
    ? [optionSettings(options), fromEnvironment, ...fromProfile]
    : [optionSettings(options), ...fromProfile, fromEnvironment];
}

/** Where the server is, as far as that is said; for commands that a running mount can answer without signing in. */
export function configuredServer(options: SignInOptions, context: Context): string | undefined {
  return firstText(settingsInOrder(options, context), 'server');
}

/** What the first place says that says anything. */
export function firstText(
  places: readonly Settings[],
  name: 'server' | 'fileServer' | 'cache' | 'user' | 'clientId' | 'issuer',
): string | undefined {
  return places.find((place) => place[name] !== undefined)?.[name];
}

function optionSettings(options: SignInOptions): Settings {
  return {
    server: options.server,
    fileServer: options.fileServer,
    cache: options.cache,
    user: options.user,
    clientId: options.clientId,
    issuer: options.oidcIssuer,
    token: secret(undefined, '', options.tokenFile, '--token-file'),
    password: secret(undefined, '', options.passwordFile, '--password-file'),
    clientSecret: secret(undefined, '', options.clientSecretFile, '--client-secret-file'),
    profile: undefined,
  };
}

function environmentSettings(env: Context['env']): Settings {
  // An empty variable is an unset one: that is how shells and unit files leave them out.
  const value = (name: string): string | undefined => env[name] || undefined;
  const fromEnv = (name: string): Secret | undefined =>
    secret(value(name), name, value(`${name}_FILE`), `${name}_FILE`);
  return {
    server: value('SEAMOUNT_SERVER'),
    fileServer: value('SEAMOUNT_FILE_SERVER'),
    cache: value('SEAMOUNT_CACHE'),
    user: value('SEAMOUNT_USER'),
    clientId: value('SEAMOUNT_CLIENT_ID'),
    issuer: value('SEAMOUNT_OIDC_ISSUER'),
    token: fromEnv('SEAMOUNT_TOKEN'),
    password: fromEnv('SEAMOUNT_PASSWORD'),
    clientSecret: fromEnv('SEAMOUNT_CLIENT_SECRET'),
    profile: undefined,
  };
}

function profileSettings(profile: Profile, name: string): Settings {
  const fromProfile = (setting: 'token' | 'password' | 'client_secret'): Secret | undefined => {
    const fileSetting = `${setting}_file` as const;
    const prefix = `profile ${name}: `;
    return secret(profile[setting], prefix + setting, profile[fileSetting], prefix + fileSetting);
  };
  return {
    server: profile.server,
    fileServer: profile.file_server,
    cache: profile.cache,
    user: profile.user,
    clientId: profile.client_id,
    issuer: profile.oidc_issuer,
    token: fromProfile('token'),
    password: fromProfile('password'),
    clientSecret: fromProfile('client_secret'),
    profile: name,
  };
}

function secret(
  value: string | undefined,
  valueName: string,
  file: string | undefined,
  fileName: string,
): Secret | undefined {
  if (value !== undefined && file !== undefined) {
    return () => {
      throw new UsageError(`${valueName} and ${fileName} are both set: leave one out.`);
    };
  }
  if (value !== undefined) return () => value;
  if (file !== undefined) return () => readSecretFile(file, fileName);
  return undefined;
}
