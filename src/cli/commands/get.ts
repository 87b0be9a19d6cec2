import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, open, rename, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import { parseInside } from '../../drive/index.ts';
import type { Context } from '../context.ts';
import { errnoOf, UsageError } from '../errors.ts';
import { withFiles } from '../files/open-files.ts';
import type { FileContent, FileInfo, SpaceFiles } from '../files/space-files.ts';
import { addSignInOptions } from '../options/connection.ts';
import type { SignInOptions } from '../options/settings.ts';
import { count, formatBytes, print, printable } from '../output.ts';
import { ProgressBar } from '../progress.ts';

interface Options extends SignInOptions {
  readonly recursive?: boolean;
  readonly quiet?: boolean;
}

/** `seamount get`. */
export function registerGet(program: Command, context: Context): void {
  addSignInOptions(
    program
      .command('get')
      .description('copy a file or folder of a space to this machine')
      .argument('<space>', 'the space')
      .argument('<path>', 'file or folder in the space')
      .argument('<local>', 'new local path, or the folder to put it into; - is standard output')
      .option('-r, --recursive', 'copy folders with everything in them')
      .option('-q, --quiet', 'say nothing when it went well'),
  ).action((space: string, path: string, local: string, options: Options) => get(space, path, local, options, context));
}

async function get(space: string, from: string, local: string, options: Options, context: Context): Promise<void> {
  const told = await withFiles(space, options, context, { paths: [from], readOnly: true }, async (files) => {
    const top = await files.stat(from);
    if (top.kind === 'directory' && !options.recursive) {
      throw new UsageError(`${from} is a folder: give --recursive to copy it with everything in it.`);
    }
    if (local === '-') return toStdout(files, from, top, context);
    return toDisk(files, from, top, await localTarget(local, from), context);
  });
  if (!options.quiet) print(context.stderr, told);
}

async function toStdout(files: SpaceFiles, from: string, top: FileInfo, context: Context): Promise<string> {
  if (top.kind === 'directory') throw new UsageError(`${from} is a folder: standard output takes one file.`);
  const { chunks } = await files.read(from);
  for await (const chunk of chunks) {
    if (!context.stdout.write(chunk)) await once(context.stdout, 'drain', { signal: context.signal });
  }
  return formatBytes(top.size);
}

async function toDisk(
  files: SpaceFiles,
  from: string,
  top: FileInfo,
  target: string,
  context: Context,
): Promise<string> {
  const items = top.kind === 'file' ? [top] : [top, ...(await files.list(from, { recursive: true }))];
  const total = items.reduce((sum, item) => sum + item.size, 0);
  const bar = new ProgressBar(context.stderr, from, total);
  try {
    for (const item of items) {
      // Names come from others: none may lead out of the target.
      const names = item.path === '.' ? [] : parseInside(item.path);
      const local = path.join(target, ...names);
      if (item.kind === 'directory') await mkdir(local, { recursive: true });
      else {
        bar.label = item.path === '.' ? from : item.path;
        await writeLocal(local, await files.read([from, ...names].join('/')), bar, context.signal);
      }
    }
  } finally {
    bar.finish();
  }
  const fileCount = items.filter(({ kind }) => kind === 'file').length;
  return `${count(fileCount, 'file')}, ${formatBytes(total)}, in ${printable(target)}`;
}

/** Writes a file that is seen under its name only when it is whole. */
async function writeLocal(
  target: string,
  { info, chunks }: FileContent,
  bar: ProgressBar,
  signal: AbortSignal,
): Promise<void> {
  const staging = path.join(path.dirname(target), `.seamount-${randomBytes(6).toString('hex')}.part`);
  const file = await open(staging, 'wx', 0o600);
  try {
    try {
      for await (const chunk of chunks) {
        signal.throwIfAborted();
        await file.writeFile(chunk);
        bar.advance(chunk.length);
      }
    } finally {
      await file.close();
    }
    await chmod(staging, info.permissions);
    await utimes(staging, info.mtimeMs / 1000, info.mtimeMs / 1000);
    await rename(staging, target);
  } catch (error) {
    await rm(staging, { force: true });
    throw error;
  }
}

async function localTarget(local: string, from: string): Promise<string> {
  const stats = await stat(local).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  });
  if (!stats?.isDirectory()) return local;
  const name = parseInside(from).at(-1);
  return name === undefined ? local : path.join(local, name);
}
