import { createReadStream } from 'node:fs';
import { setInterval } from 'node:timers/promises';
import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { CliError, UsageError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { type LocalItem, localItems } from '../files/local-tree.ts';
import { withFiles } from '../files/open-files.ts';
import type { SpaceFiles } from '../files/space-files.ts';
import { targetIn } from '../files/target.ts';
import { addSignInOptions } from '../options/connection.ts';
import type { SignInOptions } from '../options/settings.ts';
import { count, formatBytes, print, printable } from '../output.ts';
import { ProgressBar } from '../progress.ts';

/** How often the bar looks at what was sent. */
const LOOK_MS = 100;

interface Options extends SignInOptions {
  readonly recursive?: boolean;
  readonly quiet?: boolean;
}

/** `seamount put`. */
export function registerPut(program: Command, context: Context): void {
  addSignInOptions(
    program
      .command('put')
      .description('copy a local file or folder into a space; done when the server has it')
      .argument('<local>', 'local file or folder; - is standard input')
      .argument('<space>', 'the space')
      .argument('<path>', 'new path, or the folder to put it into')
      .option('-r, --recursive', 'copy folders with everything in them')
      .option('-q, --quiet', 'say nothing when it went well'),
  ).action((local: string, space: string, path: string, options: Options) => put(local, space, path, options, context));
}

async function put(local: string, space: string, path: string, options: Options, context: Context): Promise<void> {
  const { items, skipped } =
    local === '-' ? { items: [], skipped: [] } : await localItems(local, options.recursive ?? false);
  const told = await withFiles(space, options, context, { paths: [path], readOnly: false }, async (files) => {
    if (local === '-') return putStream(files, path, context);
    return putItems(files, items, await targetIn(files, path, local), context);
  });
  if (!options.quiet) print(context.stderr, told);
  if (skipped.length > 0) {
    const names = skipped.map(printable).join(', ');
    throw new CliError(EXIT.failed, `${count(skipped.length, 'item')} left out, neither file nor folder: ${names}.`);
  }
}

async function putItems(
  files: SpaceFiles,
  items: readonly LocalItem[],
  target: string,
  context: Context,
): Promise<string> {
  const total = items.reduce((sum, item) => sum + item.size, 0);
  const reading = new ProgressBar(context.stderr, 'reading', total);
  try {
    for (const item of items) {
      const to = item.path === '' ? target : `${target}/${item.path}`;
      if (item.kind === 'directory') await files.mkdir(to, { parents: true });
      else {
        reading.label = item.path || to;
        const chunks = counted(createReadStream(item.local, { signal: context.signal }), reading);
        await files.write(to, chunks, { mtimeMs: item.mtimeMs, permissions: item.permissions });
      }
    }
  } finally {
    reading.finish();
  }
  await sending(files, total, context);
  const fileCount = items.filter(({ kind }) => kind === 'file').length;
  return `${count(fileCount, 'file')}, ${formatBytes(total)}, on the server as ${printable(target)}`;
}

async function putStream(files: SpaceFiles, path: string, context: Context): Promise<string> {
  if (path.endsWith('/')) throw new UsageError(`${path} is a folder: name the file that standard input becomes.`);
  const reading = new ProgressBar(context.stderr, 'reading', Number.NaN);
  let bytes = 0;
  try {
    await files.write(
      path,
      counted(context.stdin, {
        advance: (more) => {
          bytes += more;
          reading.advance(more);
        },
      }),
      {},
    );
  } finally {
    reading.finish();
  }
  await sending(files, bytes, context);
  return `${formatBytes(bytes)} on the server as ${printable(path)}`;
}

/** Waits for the server, and shows how far it is. */
async function sending(files: SpaceFiles, totalBytes: number, context: Context): Promise<void> {
  const bar = new ProgressBar(context.stderr, 'sending', totalBytes);
  const done = new AbortController();
  const watching = watchSent(files, bar, done.signal);
  try {
    await files.sync();
  } finally {
    done.abort();
    await watching;
    bar.finish();
  }
}

async function watchSent(files: SpaceFiles, bar: ProgressBar, signal: AbortSignal): Promise<void> {
  const start = files.sentBytes();
  if (start === null) return;
  let before: number = start;
  try {
    for await (const _ of setInterval(LOOK_MS, undefined, { signal })) {
      const now: number = files.sentBytes() ?? before;
      bar.advance(now - before);
      before = now;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function* counted(
  chunks: AsyncIterable<Uint8Array>,
  bar: { advance(bytes: number): void },
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    bar.advance(chunk.length);
    yield chunk;
  }
}
