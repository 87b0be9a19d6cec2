import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { withFiles } from '../files/open-files.ts';
import { addSignInOptions } from '../options/connection.ts';
import type { SignInOptions } from '../options/settings.ts';

interface Options extends SignInOptions {
  readonly parents?: boolean;
}

/** `seamount mkdir`. */
export function registerMkdir(program: Command, context: Context): void {
  addSignInOptions(
    program
      .command('mkdir')
      .description('make folders in a space')
      .argument('<space>', 'the space')
      .argument('<path...>', 'folders in the space')
      .option('-p, --parents', 'make the folders above too; one that exists is no error'),
  ).action((space: string, paths: string[], options: Options) => mkdir(space, paths, options, context));
}

async function mkdir(space: string, paths: readonly string[], options: Options, context: Context): Promise<void> {
  await withFiles(space, options, context, { paths, readOnly: false }, async (files) => {
    for (const path of paths) await files.mkdir(path, { parents: options.parents ?? false });
    await files.sync();
  });
}
