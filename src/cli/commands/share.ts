import type { Command } from 'commander';
import * as z from 'zod';
import { parseInside, type SpaceShare } from '../../drive/index.ts';
import type { Context } from '../context.ts';
import { ControlClient } from '../control/client.ts';
import { shareSchema } from '../control/protocol.ts';
import { CliError, UsageError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { findSpace, mountOf } from '../mounts/find.ts';
import type { MountRecord } from '../mounts/registry.ts';
import { addSignInOptions, connectDrive } from '../options/connection.ts';
import type { SignInOptions } from '../options/settings.ts';
import { print, printable, printJson, table } from '../output.ts';

interface Options extends SignInOptions {
  readonly with?: string;
  readonly permission?: string;
  readonly list?: boolean;
  readonly remove?: boolean;
  readonly json?: boolean;
}

/** What can be done with shares, through a mount or directly. */
interface Sharing {
  share(path: string, request: { readonly user: string; readonly permission: 'r' | 'rw' }): Promise<void>;
  shares(path: string): Promise<readonly SpaceShare[]>;
  unshare(path: string, user: string): Promise<boolean>;
}

/** `seamount share`. */
export function registerShare(program: Command, context: Context): void {
  addSignInOptions(
    program
      .command('share')
      .description('share a folder of a space with a user; list and remove shares')
      .argument('<space>', 'the space')
      .argument('[path]', "folder in the space; the space's own folder when left out", '/')
      .option('--with <user>', 'account to share with, mostly its e-mail')
      .option('--permission <permission>', 'r to read, rw to read and write')
      .option('--list', 'list whom the folder is shared with')
      .option('--remove', 'take the share back')
      .option('--json', 'print JSON'),
  ).action((space: string, path: string, options: Options) => share(space, path, options, context));
}

async function share(space: string, path: string, options: Options, context: Context): Promise<void> {
  const what = wanted(path, options);
  await withSharing(space, options, context, async (sharing) => {
    const shown = printable(path === '/' ? space : `${space}/${path.replace(/^\//, '')}`);
    switch (what.kind) {
      case 'list': {
        showShares(await sharing.shares(path), options, context);
        return;
      }
      case 'remove': {
        if (!(await sharing.unshare(path, what.user))) {
          throw new CliError(EXIT.notFound, `${shown} is not shared with ${what.user}: --list shows with whom.`);
        }
        if (options.json) printJson(context, { path, user: what.user, removed: true });
        else print(context.stdout, `${shown} is no longer shared with ${printable(what.user)}`);
        return;
      }
      case 'share': {
        await sharing.share(path, { user: what.user, permission: what.permission });
        if (options.json) printJson(context, { path, user: what.user, permission: what.permission });
        else print(context.stdout, `${shown} is shared with ${printable(what.user)} (${what.permission})`);
      }
    }
  });
}

type Wanted =
  | { readonly kind: 'list' }
  | { readonly kind: 'remove'; readonly user: string }
  | { readonly kind: 'share'; readonly user: string; readonly permission: 'r' | 'rw' };

function wanted(path: string, options: Options): Wanted {
  if (path === '')
    throw new UsageError("the path is empty: name a folder, or leave it out for the space's own folder.");
  parseInside(path);
  if (options.list && options.remove) throw new UsageError('--list and --remove exclude each other: leave one out.');
  if (options.list) return { kind: 'list' };
  const user = options.with;
  if (user === undefined || user === '') throw new UsageError('no user was named: give --with USER.');
  if (options.remove) return { kind: 'remove', user };
  const { permission } = options;
  if (permission !== 'r' && permission !== 'rw') {
    const given = permission === undefined ? 'no permission was given' : `permission ${permission} cannot be given`;
    throw new UsageError(`${given}: use --permission r or --permission rw.`);
  }
  return { kind: 'share', user, permission };
}

function showShares(shares: readonly SpaceShare[], options: Options, context: Context): void {
  if (options.json) printJson(context, shares);
  else {
    const rows = shares.map((share) => [
      share.kind === 'user' ? share.with : `group ${share.name}`,
      share.permission,
      share.name,
    ]);
    for (const line of rows.length === 0 ? [] : table(['WITH', 'PERMISSION', 'NAME'], rows))
      print(context.stdout, line);
  }
}

async function withSharing(
  space: string,
  options: Options,
  context: Context,
  use: (sharing: Sharing) => Promise<void>,
): Promise<void> {
  const found = await findSpace(space, options, context);
  if (found.kind === 'mounted') return throughMount(found.record, context, use);
  const drive = await connectDrive(found.signIn, context);
  try {
    const record = mountOf(found.maybe, drive.server, drive.account.email);
    if (record !== undefined) return await throughMount(record, context, use);
    const { signal } = context;
    const opened = await drive.space(space, { signal });
    await use({
      share: (path, request) => opened.share(path, request, signal),
      shares: (path) => opened.shares(path, signal),
      unshare: (path, user) => opened.unshare(path, user, signal),
    });
  } finally {
    await drive.close();
  }
}

/** The mounted process sends what is pending before it shares: the folder may be a minute old. */
async function throughMount(
  record: MountRecord,
  context: Context,
  use: (sharing: Sharing) => Promise<void>,
): Promise<void> {
  const client = await ControlClient.open(record.socket, context.signal);
  try {
    await use({
      share: async (path, request) => {
        await client.ask({ op: 'share', path, ...request }, z.null());
      },
      shares: (path) => client.ask({ op: 'shares', path }, z.array(shareSchema)),
      unshare: (path, user) => client.ask({ op: 'unshare', path, user }, z.boolean()),
    });
  } finally {
    client.close();
  }
}
