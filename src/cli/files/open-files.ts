import { setTimeout as wait } from 'node:timers/promises';
import { type Drive, type OpenVolume, parseInside, type Space } from '../../drive/index.ts';
import { VolumeError } from '../../volume/index.ts';
import type { Context } from '../context.ts';
import { ControlClient, ControlFiles } from '../control/client.ts';
import { CliError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { findSpace, mountOf } from '../mounts/find.ts';
import type { MountRecord } from '../mounts/registry.ts';
import { connectDrive } from '../options/connection.ts';
import type { SignInOptions } from '../options/settings.ts';
import type { SpaceFiles } from './space-files.ts';
import { VolumeFiles } from './volume-files.ts';

/** Two commands at once take turns: how long one waits for the other, and how often it looks. */
const TURN_MS = 30_000;
const LOOK_MS = 100;

/**
 * Opens the files of a space, does something, and closes them: through the process that has the space mounted, where
 * there is one, and else directly.
 *
 * @param what.paths paths inside the space that will be used: bad ones are refused before any request
 */
export async function withFiles<T>(
  space: string,
  options: SignInOptions,
  context: Context,
  { paths, readOnly }: { readonly paths: readonly string[]; readonly readOnly: boolean },
  use: (files: SpaceFiles) => Promise<T>,
): Promise<T> {
  for (const path of paths) parseInside(path);
  const files = await openFiles(space, options, context, readOnly);
  let result: T;
  try {
    result = await use(files);
  } catch (error) {
    // The first failure is the one to tell.
    await files.close().catch(() => undefined);
    throw error;
  }
  await files.close();
  return result;
}

async function openFiles(
  space: string,
  options: SignInOptions,
  context: Context,
  readOnly: boolean,
): Promise<SpaceFiles> {
  const found = await findSpace(space, options, context);
  if (found.kind === 'mounted') return throughMount(found.record, context);
  const drive = await connectDrive(found.signIn, context);
  try {
    const record = mountOf(found.maybe, drive.server, drive.account.email);
    if (record !== undefined) {
      await drive.close();
      return await throughMount(record, context);
    }
    const opened = await drive.space(space, { signal: context.signal });
    if (!readOnly && opened.library.permission === 'r') {
      throw new CliError(
        EXIT.notPermitted,
        `the account may only read library ${JSON.stringify(opened.library.name)}: ask its owner for write permission.`,
      );
    }
    return directly(drive, await openInTurn(opened, readOnly, context.signal));
  } catch (error) {
    await drive.close().catch(() => undefined);
    throw error;
  }
}

async function throughMount(record: MountRecord, context: Context): Promise<SpaceFiles> {
  return new ControlFiles(await ControlClient.open(record.socket, context.signal));
}

function directly(drive: Drive, volume: OpenVolume): SpaceFiles {
  return new VolumeFiles(volume.fs.promises, {
    sync: () => volume.sync(),
    close: () => drive.close(),
    sentBytes: () => drive.stats.bytesUp,
  });
}

/** A space belongs to one process at a time; commands are short, so one waits for the other. */
async function openInTurn(space: Space, readOnly: boolean, signal: AbortSignal): Promise<OpenVolume> {
  const deadline = performance.now() + TURN_MS;
  for (;;) {
    try {
      return await space.open({ readOnly });
    } catch (error) {
      const isTaken = error instanceof VolumeError && error.code === 'EBUSY';
      if (!isTaken || performance.now() > deadline) throw error;
    }
    await wait(LOOK_MS, undefined, { signal });
  }
}
