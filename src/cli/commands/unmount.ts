import { realpath } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import type * as z from 'zod';
import { cleanMountpoint, MountError } from '../../mount/index.ts';
import type { Context } from '../context.ts';
import { ControlClient } from '../control/client.ts';
import { unmountedSchema } from '../control/protocol.ts';
import { CliError, errnoOf } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { type MountRecord, MountRegistry } from '../mounts/registry.ts';
import { seconds } from '../options/numbers.ts';
import { count, formatBytes, print, printable } from '../output.ts';

const DEFAULT_TIMEOUT_SECONDS = 60;
/** Beyond the time for sending: unmounting and answering. */
const GRACE_MS = 30_000;

type Unmounted = z.infer<typeof unmountedSchema>;

interface Options {
  readonly timeout: number;
}

/** `seamount unmount`. */
export function registerUnmount(program: Command, context: Context): void {
  program
    .command('unmount')
    .alias('umount')
    .description('send what is pending, and unmount')
    .argument('<mountpoint>', 'where the space is mounted')
    .option('--timeout <seconds>', 'how long to wait for the server', seconds, DEFAULT_TIMEOUT_SECONDS)
    .action((mountpoint: string, options: Options) => unmount(mountpoint, options, context));
}

async function unmount(mountpoint: string, options: Options, context: Context): Promise<void> {
  const place = await locate(mountpoint);
  const records = await new MountRegistry(context.directories.runtime).list();
  const record = records.find((candidate) => candidate.mountpoint === place);
  if (record === undefined) return withoutProcess(place, context);
  const { pending, cache } = await ask(record, options.timeout, context);
  if (pending.changes > 0) {
    throw new CliError(
      EXIT.pending,
      `${place} is unmounted, but ${count(pending.changes, 'change')} (${formatBytes(pending.bytes)}) not on the server yet: kept in ${cache}, sent at the next mount.`,
    );
  }
  print(context.stdout, `${printable(place)} is unmounted; everything is on the server`);
}

async function ask(record: MountRecord, timeoutSeconds: number, context: Context): Promise<Unmounted> {
  const timeoutMs = timeoutSeconds * 1000;
  // The process answers in time whatever the server does; one that does not is stopped or stuck.
  const tooLong = AbortSignal.timeout(timeoutMs + GRACE_MS);
  try {
    const client = await ControlClient.open(record.socket, AbortSignal.any([context.signal, tooLong]));
    try {
      return await client.ask({ op: 'unmount', timeoutMs }, unmountedSchema);
    } finally {
      client.close();
    }
  } catch (error) {
    if (!tooLong.aborted) throw error;
    throw new CliError(
      EXIT.failed,
      `process ${record.pid}, which serves ${record.mountpoint}, does not answer: look at ${record.log ?? 'its output'}, or kill it (what is pending is kept) and unmount again.`,
      { cause: error },
    );
  }
}

/** Nobody of ours serves it: a process that was killed may have left a dead mount there. */
async function withoutProcess(place: string, context: Context): Promise<void> {
  let cleaned: boolean;
  try {
    cleaned = await cleanMountpoint(place);
  } catch (error) {
    if (!(error instanceof MountError) || error.code !== 'already-mounted') throw error;
    throw new CliError(
      EXIT.notPermitted,
      `${place} is served by a process that this user cannot reach: run seamount unmount as the user who mounted it.`,
      { cause: error },
    );
  }
  if (!cleaned) {
    throw new CliError(EXIT.notFound, `nothing of seamount is mounted at ${place}: seamount status shows what is.`);
  }
  print(
    context.stdout,
    `${printable(place)} was a dead mount and is cleaned up; what was pending is sent at the next mount`,
  );
}

/** The mount point as mounts are known: absolute, without links. */
async function locate(mountpoint: string): Promise<string> {
  const absolute = path.resolve(mountpoint);
  try {
    return await realpath(absolute);
  } catch (error) {
    if (errnoOf(error) !== 'ENOTCONN') return absolute;
    // The mount is dead: its own name cannot be looked at, but those above it can.
    return path.join(await realpath(path.dirname(absolute)), path.basename(absolute));
  }
}
