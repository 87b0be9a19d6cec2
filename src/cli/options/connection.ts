import type { Command } from 'commander';
import { clientCredentials, connect, type Drive, type Logger, password, token } from '../../drive/index.ts';
import type { Context } from '../context.ts';
import { UsageError } from '../errors.ts';
import { type Credentials, resolveSignIn, type SignIn } from './credentials.ts';
import type { SignInOptions } from './settings.ts';

/** The issuer that the EBRAINS drive trusts (seafile-api A.1). */
const EBRAINS_DRIVE = /^https:\/\/drive(-int|-dev)?\.ebrains\.eu(\/|$)/i;
const EBRAINS_ISSUER = 'https://iam.ebrains.eu/auth/realms/hbp';

/** Adds the options that say where and as whom. */
export function addSignInOptions(command: Command): Command {
  return command
    .optionsGroup('Sign-in:')
    .option('--server <url>', 'Seafile server (SEAMOUNT_SERVER)')
    .option('--profile <name>', 'profile of config.toml (SEAMOUNT_PROFILE)')
    .option('--token-file <file>', 'file with an API token (SEAMOUNT_TOKEN, SEAMOUNT_TOKEN_FILE)')
    .option('--user <name>', 'user name or e-mail (SEAMOUNT_USER)')
    .option('--password-file <file>', 'file with the password (SEAMOUNT_PASSWORD, SEAMOUNT_PASSWORD_FILE)')
    .option('--client-id <id>', 'OpenID Connect client (SEAMOUNT_CLIENT_ID)')
    .option('--client-secret-file <file>', 'file with its secret (SEAMOUNT_CLIENT_SECRET, SEAMOUNT_CLIENT_SECRET_FILE)')
    .option('--oidc-issuer <url>', 'OpenID Connect issuer (SEAMOUNT_OIDC_ISSUER)')
    .option('--file-server <url>', 'file server, where it cannot be found by itself (SEAMOUNT_FILE_SERVER)')
    .option('--cache <dir>', 'directory for caches and unsent changes (SEAMOUNT_CACHE)');
}

/** Connects as the options, the environment or the configuration say, does something, and disconnects. */
export async function withDrive<T>(
  options: SignInOptions,
  context: Context,
  use: (drive: Drive) => Promise<T>,
): Promise<T> {
  const drive = await connectDrive(resolveSignIn(options, context), context);
  let result: T;
  try {
    result = await use(drive);
  } catch (error) {
    // The first failure is the one to tell; closing fails for the same reason if it does.
    await drive.close().catch(() => undefined);
    throw error;
  }
  await drive.close();
  return result;
}

export function connectDrive(signIn: SignIn, context: Context, logger?: Logger): Promise<Drive> {
  return connect({
    server: signIn.server,
    auth: authOf(signIn.credentials, signIn.server),
    cache: signIn.cache ?? context.directories.cache,
    ...(signIn.fileServer === undefined ? {} : { fileServer: signIn.fileServer }),
    ...(logger === undefined ? {} : { logger }),
    signal: context.signal,
  });
}

function authOf(credentials: Credentials, server: string): Parameters<typeof connect>[0]['auth'] {
  switch (credentials.kind) {
    case 'token':
      return token(credentials.token);
    case 'password':
      return password(credentials.user, credentials.password);
    case 'client': {
      const issuer = credentials.issuer ?? (EBRAINS_DRIVE.test(server) ? EBRAINS_ISSUER : undefined);
      if (issuer === undefined) {
        throw new UsageError(
          'signing in as a client needs the issuer: set SEAMOUNT_OIDC_ISSUER or give --oidc-issuer URL.',
        );
      }
      return clientCredentials({ issuer, clientId: credentials.clientId, clientSecret: credentials.clientSecret });
    }
  }
}
