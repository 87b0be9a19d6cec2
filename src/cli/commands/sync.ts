import path from 'node:path';
import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { ControlClient } from '../control/client.ts';
import { type Pending, pendingSchema } from '../control/protocol.ts';
import { CliError, describeFailure } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { type MountRecord, MountRegistry } from '../mounts/registry.ts';
import { seconds } from '../options/numbers.ts';
import { count, formatBytes, print, printable } from '../output.ts';

interface Options {
  readonly timeout?: number;
}

/** `seamount sync`. */
export function registerSync(program: Command, context: Context): void {
  program
    .command('sync')
    .description('wait until everything written is on the server')
    .argument('[mountpoint]', 'a mount; all mounts of this user when left out')
    .option('--timeout <seconds>', 'how long to wait; without it as long as it takes', seconds)
    .action((mountpoint: string | undefined, options: Options) => sync(mountpoint, options, context));
}

async function sync(mountpoint: string | undefined, options: Options, context: Context): Promise<void> {
  const records = await new MountRegistry(context.directories.runtime).list();
  const wanted = mountpoint === undefined ? records : [mountAt(records, mountpoint)];
  // One that fails does not keep the others from being waited for.
  const results = await Promise.all(wanted.map((record) => syncOne(record, options, context)));
  const failures = results.filter((failure) => failure !== null);
  const [first] = failures;
  if (first === undefined) return;
  for (const failure of failures.slice(0, -1)) print(context.stderr, `seamount: ${failure.message}`);
  throw failures.at(-1) ?? first;
}

/** @returns why not everything is on the server, or null */
async function syncOne(record: MountRecord, { timeout }: Options, context: Context): Promise<CliError | null> {
  const timeoutMs = timeout === undefined ? {} : { timeoutMs: timeout * 1000 };
  let pending: Pending;
  try {
    const client = await ControlClient.open(record.socket, context.signal);
    try {
      pending = await client.ask({ op: 'sync', ...timeoutMs }, pendingSchema);
    } finally {
      client.close();
    }
  } catch (error) {
    const { line, exitCode } = describeFailure(error);
    return new CliError(exitCode, `${record.mountpoint}: ${line}`, { cause: error });
  }
  if (pending.changes === 0) {
    print(context.stdout, `${printable(record.mountpoint)}: everything is on the server`);
    return null;
  }
  return new CliError(
    EXIT.pending,
    `${record.mountpoint}: ${count(pending.changes, 'change')} (${formatBytes(pending.bytes)}) not on the server yet: wait longer, or see seamount status.`,
  );
}

/** The mount at a path, or the one that a path is in. */
function mountAt(records: readonly MountRecord[], given: string): MountRecord {
  const place = path.resolve(given);
  const record = records
    .filter(({ mountpoint }) => place === mountpoint || place.startsWith(`${mountpoint}/`))
    .sort((a, b) => b.mountpoint.length - a.mountpoint.length)[0];
  if (record !== undefined) return record;
  throw new CliError(EXIT.notFound, `nothing of seamount is mounted at ${place}: seamount status shows what is.`);
}
