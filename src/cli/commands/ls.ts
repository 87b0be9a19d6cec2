import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { withFiles } from '../files/open-files.ts';
import type { FileInfo } from '../files/space-files.ts';
import { addSignInOptions } from '../options/connection.ts';
import type { SignInOptions } from '../options/settings.ts';
import { formatMode, formatTime, print, printable, printJson, table } from '../output.ts';

interface Options extends SignInOptions {
  readonly long?: boolean;
  readonly recursive?: boolean;
  readonly json?: boolean;
}

/** `seamount ls`. */
export function registerLs(program: Command, context: Context): void {
  addSignInOptions(
    program
      .command('ls')
      .description('list a folder of a space')
      .argument('<space>', 'the space')
      .argument('[path]', 'folder or file in the space', '/')
      .option('-l, --long', 'with mode, size and time')
      .option('-R, --recursive', 'with everything below')
      .option('--json', 'print JSON'),
  ).action((space: string, path: string, options: Options) => ls(space, path, options, context));
}

async function ls(space: string, path: string, options: Options, context: Context): Promise<void> {
  const listed = await withFiles(space, options, context, { paths: [path], readOnly: true }, (files) =>
    files.list(path, { recursive: options.recursive ?? false }),
  );
  const entries = listed.map((entry) => (entry.path === '.' ? { ...entry, path: lastName(path) } : entry));
  if (options.json) return printJson(context, entries.map(forPrograms));
  const lines = options.long ? longLines(entries) : entries.map(shownName);
  for (const line of lines) print(context.stdout, line);
}

function longLines(entries: readonly FileInfo[]): string[] {
  const rows = entries.map((entry) => [
    formatMode(entry.kind, entry.permissions),
    String(entry.size),
    formatTime(new Date(entry.mtimeMs)),
    shownName(entry),
  ]);
  return table(['', '>', '', ''], rows).slice(1);
}

function shownName({ path, kind }: FileInfo): string {
  return printable(path) + (kind === 'directory' ? '/' : '');
}

function forPrograms({ path, kind, size, mtimeMs, permissions }: FileInfo): object {
  return { path, kind, size, mtime: new Date(mtimeMs).toISOString(), mode: permissions.toString(8).padStart(4, '0') };
}

function lastName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
