import { once } from 'node:events';
import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { withFiles } from '../files/open-files.ts';
import { addSignInOptions } from '../options/connection.ts';
import type { SignInOptions } from '../options/settings.ts';

/** `seamount cat`. */
export function registerCat(program: Command, context: Context): void {
  addSignInOptions(
    program
      .command('cat')
      .description('write files of a space to standard output')
      .argument('<space>', 'the space')
      .argument('<path...>', 'files in the space'),
  ).action((space: string, paths: string[], options: SignInOptions) => cat(space, paths, options, context));
}

async function cat(space: string, paths: readonly string[], options: SignInOptions, context: Context): Promise<void> {
  await withFiles(space, options, context, { paths, readOnly: true }, async (files) => {
    for (const path of paths) {
      const { chunks } = await files.read(path);
      for await (const chunk of chunks) {
        if (!context.stdout.write(chunk)) await once(context.stdout, 'drain', { signal: context.signal });
      }
    }
  });
}
