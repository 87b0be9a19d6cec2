import type { Command } from 'commander';
import { parseSpace, type Space } from '../../drive/index.ts';
import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { findSpace, mountOf } from '../mounts/find.ts';
import { addSignInOptions, connectDrive, withDrive } from '../options/connection.ts';
import type { SignInOptions } from '../options/settings.ts';
import { print, printable, printJson } from '../output.ts';

type Options = SignInOptions & { readonly json?: boolean };

/** `seamount space create|list|remove`. */
export function registerSpace(program: Command, context: Context): void {
  const space = program.command('space').description('create, list and remove spaces');
  addSignInOptions(
    space
      .command('create')
      .description('create a space, level by level; one that exists stays as it is')
      .argument('<space>', 'users/NAME in the default library, or lib:LIBRARY/FOLDER')
      .option('--json', 'print JSON'),
  ).action((path: string, options: Options) => create(path, options, context));
  addSignInOptions(
    space
      .command('list')
      .description('list the spaces below a folder')
      .argument('[space]', 'the folder; the root of the default library when left out', '')
      .option('--json', 'print JSON'),
  ).action((path: string, options: Options) => list(path, options, context));
  addSignInOptions(
    space
      .command('remove')
      .description('remove a space with everything in it')
      .argument('<space>', 'the space')
      .option('--json', 'print JSON'),
  ).action((path: string, options: Options) => remove(path, options, context));
}

async function create(path: string, options: Options, context: Context): Promise<void> {
  // What can never be a space is told first, whatever else is missing.
  parseSpace(path);
  const space = await withDrive(options, context, (drive) => drive.spaces.create(path, context.signal));
  if (options.json) printJson(context, describe(space));
  else print(context.stdout, `${printable(space.path)} is ready in library ${printable(space.library.name)}`);
}

async function list(path: string, options: Options, context: Context): Promise<void> {
  if (path !== '') parseSpace(path);
  const spaces = await withDrive(options, context, (drive) => drive.spaces.list(path, context.signal));
  if (options.json) printJson(context, spaces);
  else for (const space of spaces) print(context.stdout, printable(space));
}

async function remove(path: string, options: Options, context: Context): Promise<void> {
  const found = await findSpace(path, options, context);
  if (found.kind === 'mounted') throw inUse(path, found.record.mountpoint);
  const drive = await connectDrive(found.signIn, context);
  try {
    const record = mountOf(found.maybe, drive.server, drive.account.email);
    if (record !== undefined) throw inUse(path, record.mountpoint);
    await drive.spaces.remove(path, context.signal);
  } finally {
    await drive.close();
  }
  if (options.json) printJson(context, { removed: path });
  else print(context.stdout, `${printable(path)} is removed; the library's trash and history still have it`);
}

function inUse(path: string, mountpoint: string): CliError {
  return new CliError(
    EXIT.busy,
    `space ${path} is mounted at ${mountpoint}: run seamount unmount ${mountpoint} before it is removed.`,
  );
}

function describe(space: Space): object {
  return { space: space.path, library: { id: space.library.id, name: space.library.name }, folder: space.folder };
}
