import path from 'node:path';
import { type Command, Option } from 'commander';
import { parseSpace } from '../../drive/index.ts';
import type { MountDriver } from '../../mount/index.ts';
import type { Context } from '../context.ts';
import { CliError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { mountInBackground } from '../mounts/background.ts';
import { logFileFor, screenLogger } from '../mounts/log.ts';
import type { MountRequest } from '../mounts/mount-request.ts';
import { MountedSpace } from '../mounts/mounted-space.ts';
import { addSignInOptions } from '../options/connection.ts';
import { resolveSignIn } from '../options/credentials.ts';
import { parseMountOptions } from '../options/mount-options.ts';
import type { SignInOptions } from '../options/settings.ts';
import { print, printable } from '../output.ts';

interface Options extends SignInOptions {
  readonly create?: boolean;
  readonly foreground?: boolean;
  readonly readOnly?: boolean;
  readonly fsync: 'staged' | 'committed';
  readonly symlinks: 'safe' | 'all';
  readonly driver: MountDriver;
  readonly option: readonly string[];
}

/** `seamount mount`. */
export function registerMount(program: Command, context: Context): void {
  addSignInOptions(
    program
      .command('mount')
      .description('mount a space at a local folder; goes to the background once the mount answers')
      .argument('<space>', 'users/NAME in the default library, or lib:LIBRARY/FOLDER')
      .argument('<mountpoint>', 'an empty folder')
      .option('--create', 'create the space if it does not exist')
      .option('--foreground', 'stay in the foreground; Ctrl-C unmounts')
      .option('--read-only', 'refuse changes')
      .addOption(
        new Option('--fsync <when>', 'fsync returns when the data is safe on this disk, or on the server')
          .choices(['staged', 'committed'])
          .default('staged'),
      )
      .addOption(
        new Option('--symlinks <which>', 'links to follow: those that stay in the space or were made here, or all')
          .choices(['safe', 'all'])
          .default('safe'),
      )
      .addOption(
        new Option('--driver <driver>', 'what speaks to the kernel; fuse-native is libfuse 2, which does less')
          .choices(['channel', 'fuse-native'])
          .default('channel'),
      )
      .option(
        '-o, --option <options>',
        'mount options, separated by commas (docs/CLI.md lists them)',
        (value: string, before: readonly string[]) => [...before, value],
        [] as readonly string[],
      ),
  ).action((space: string, mountpoint: string, options: Options) => mount(space, mountpoint, options, context));
}

async function mount(space: string, mountpoint: string, options: Options, context: Context): Promise<void> {
  // What is wrong on the command line is told before any request.
  parseSpace(space);
  const fuse = { ...parseMountOptions(options.option), driver: options.driver };
  const request = requestFor(space, path.resolve(mountpoint), fuse, options, context);
  if (options.foreground) return stay(request, context);
  const mounted = await mountInBackground(request, context);
  print(
    context.stdout,
    `${printable(mounted.space)} is mounted at ${printable(mounted.mountpoint)} (process ${mounted.pid}, log ${request.log})`,
  );
}

function requestFor(
  space: string,
  mountpoint: string,
  fuse: MountRequest['options'],
  options: Options,
  context: Context,
): MountRequest {
  const { server, credentials, fileServer, cache } = resolveSignIn(options, context);
  return {
    space,
    mountpoint,
    create: options.create ?? false,
    readOnly: (options.readOnly ?? false) || fuse.readOnly === true,
    durability: options.fsync,
    symlinks: options.symlinks,
    options: fuse,
    signIn: { server, credentials, fileServer, cache: cache === undefined ? undefined : path.resolve(cache) },
    directories: context.directories,
    log: options.foreground ? null : logFileFor(context.directories, mountpoint),
  };
}

async function stay(request: MountRequest, context: Context): Promise<void> {
  const { signal } = context;
  const mounted = await MountedSpace.start(request, context, screenLogger(context));
  print(context.stdout, `${printable(request.space)} is mounted at ${printable(request.mountpoint)}`);
  let stopping: Promise<void> | undefined;
  const stop = (): void => {
    stopping = mounted.stop();
  };
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  const exitCode = await mounted.ended;
  await stopping;
  if (exitCode !== EXIT.ok) {
    throw new CliError(
      exitCode,
      `${request.space} is unmounted, but not everything is on the server; it is kept and sent at the next mount.`,
    );
  }
}
