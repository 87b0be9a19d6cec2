import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { ControlClient } from '../control/client.ts';
import { type MountStatus, mountStatusSchema } from '../control/protocol.ts';
import { describeFailure } from '../errors.ts';
import { type MountRecord, MountRegistry } from '../mounts/registry.ts';
import { count, formatBytes, print, printable, printJson, table } from '../output.ts';

/** A process that does not answer in this time is shown as such. */
const ANSWER_MS = 2_000;

/** What is known of a mount. */
type Shown =
  | { readonly state: 'mounted'; readonly status: MountStatus }
  | { readonly state: 'silent'; readonly record: MountRecord; readonly reason: string };

/** `seamount status`. */
export function registerStatus(program: Command, context: Context): void {
  program
    .command('status')
    .description('show the mounts of this user and what they have pending')
    .option('--json', 'print JSON')
    .action((options: { readonly json?: boolean }) => status(options, context));
}

async function status(options: { readonly json?: boolean }, context: Context): Promise<void> {
  const records = await new MountRegistry(context.directories.runtime).list();
  const mounts = await Promise.all(records.map((record) => ask(record, context)));
  if (options.json) return printJson(context, mounts.map(forPrograms));
  if (mounts.length === 0) return print(context.stdout, 'nothing is mounted');
  const rows = mounts.map(row);
  for (const line of table(['MOUNTPOINT', 'SPACE', 'SERVER', 'PROCESS', 'PENDING'], rows)) print(context.stdout, line);
  for (const mount of mounts) for (const line of notes(mount)) print(context.stdout, line);
}

async function ask(record: MountRecord, context: Context): Promise<Shown> {
  const tooLong = AbortSignal.timeout(ANSWER_MS);
  try {
    const client = await ControlClient.open(record.socket, AbortSignal.any([context.signal, tooLong]));
    try {
      return { state: 'mounted', status: await client.ask({ op: 'status' }, mountStatusSchema) };
    } finally {
      client.close();
    }
  } catch (error) {
    context.signal.throwIfAborted();
    const reason = tooLong.aborted ? `no answer in ${ANSWER_MS / 1000} s` : describeFailure(error).line;
    return { state: 'silent', record, reason };
  }
}

function row(mount: Shown): string[] {
  if (mount.state === 'silent') {
    const { mountpoint, folder, server, pid } = mount.record;
    return [mountpoint, folder.join('/'), hostOf(server), String(pid), 'not known'];
  }
  const { mountpoint, space, server, pid, pending, readOnly } = mount.status;
  const amount = `${count(pending.changes, 'change')}, ${formatBytes(pending.bytes)}`;
  const told = pending.changes > 0 ? amount : readOnly ? 'read-only' : 'nothing';
  return [mountpoint, space, hostOf(server), String(pid), told];
}

function notes(mount: Shown): string[] {
  if (mount.state === 'silent') return [`${printable(mount.record.mountpoint)}: ${printable(mount.reason)}`];
  const { mountpoint, conflicts, lastError } = mount.status;
  return [
    ...(lastError === null ? [] : [`not sent: ${lastError}`]),
    ...conflicts.map((conflict) => `conflict: ${conflict}`),
  ].map((note) => printable(`${mountpoint}: ${note}`));
}

function forPrograms(mount: Shown): object {
  if (mount.state === 'mounted') return { state: mount.state, ...mount.status };
  const { mountpoint, pid, server, account, folder } = mount.record;
  return { state: mount.state, reason: mount.reason, mountpoint, space: folder.join('/'), server, account, pid };
}

function hostOf(server: string): string {
  return URL.canParse(server) ? new URL(server).host : server;
}
