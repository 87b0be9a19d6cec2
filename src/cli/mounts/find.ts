import { parseSpace, type SpaceAddress } from '../../drive/index.ts';
import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { resolveSignIn, type SignIn } from '../options/credentials.ts';
import { identityOf } from '../options/identity.ts';
import { configuredServer, type SignInOptions } from '../options/settings.ts';
import { type MountRecord, MountRegistry } from './registry.ts';

/** Where a command finds a space. */
export type Whereabouts =
  /** A process of this user has it mounted: the command goes through it. */
  | { readonly kind: 'mounted'; readonly record: MountRecord }
  /** On the server. `maybe` are mounts that are this space if the account is theirs. */
  | { readonly kind: 'remote'; readonly signIn: SignIn; readonly maybe: readonly MountRecord[] };

/**
 * Looks for a space among the running mounts, without asking the server.
 *
 * @throws DriveError `bad-input` for a bad space; CliError when nobody has it mounted and no credentials are given
 */
export async function findSpace(space: string, options: SignInOptions, context: Context): Promise<Whereabouts> {
  const address = parseSpace(space);
  const server = configuredServer(options, context);
  const mounts = await new MountRegistry(context.directories.runtime).list();
  const same = mounts.filter((mount) => isSameSpace(mount, address) && isSameServer(mount, server));
  if (same.length === 0) return { kind: 'remote', signIn: resolveSignIn(options, context), maybe: [] };
  const signIn = signInOrNull(options, context);
  if (signIn === null) {
    const [only, ...others] = same;
    if (only !== undefined && others.length === 0) return { kind: 'mounted', record: only };
    const accounts = same.map(({ account, server }) => `${account} on ${server}`).join(', ');
    throw new CliError(
      EXIT.signIn,
      `space ${space} is mounted for more than one account (${accounts}): sign in as one.`,
    );
  }
  const identity = identityOf(signIn.credentials);
  const own = same.find((mount) => mount.identity === identity);
  return own === undefined ? { kind: 'remote', signIn, maybe: same } : { kind: 'mounted', record: own };
}

/** The mount of a space whose account is known by now. */
export function mountOf(mounts: readonly MountRecord[], server: string, account: string): MountRecord | undefined {
  return mounts.find((mount) => isSameServer(mount, server) && mount.account === account);
}

function isSameSpace({ library, folder }: MountRecord, address: SpaceAddress): boolean {
  if (JSON.stringify(folder) !== JSON.stringify(address.folder)) return false;
  switch (address.library.kind) {
    case 'default':
      return library.isDefault;
    case 'id':
      return library.id === address.library.id;
    case 'name':
      return library.name === address.library.name;
  }
}

function isSameServer(mount: MountRecord, server: string | undefined): boolean {
  return server === undefined || baseOf(mount.server) === baseOf(server);
}

function baseOf(server: string): string {
  return URL.canParse(server) ? new URL(server).href.replace(/\/+$/, '') : server;
}

function signInOrNull(options: SignInOptions, context: Context): SignIn | null {
  try {
    return resolveSignIn(options, context);
  } catch (error) {
    // Nothing to sign in with: a mount needs nothing. What is given but wrong is told.
    if (error instanceof CliError && error.exitCode === EXIT.signIn) return null;
    throw error;
  }
}
