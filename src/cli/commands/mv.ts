import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { withFiles } from '../files/open-files.ts';
import { targetIn } from '../files/target.ts';
import { addSignInOptions } from '../options/connection.ts';
import type { SignInOptions } from '../options/settings.ts';

/** `seamount mv`. */
export function registerMv(program: Command, context: Context): void {
  addSignInOptions(
    program
      .command('mv')
      .description('move or rename within a space')
      .argument('<space>', 'the space')
      .argument('<from>', 'file or folder in the space')
      .argument('<to>', 'new path, or the folder to move it into'),
  ).action((space: string, from: string, to: string, options: SignInOptions) => mv(space, from, to, options, context));
}

async function mv(space: string, from: string, to: string, options: SignInOptions, context: Context): Promise<void> {
  await withFiles(space, options, context, { paths: [from, to], readOnly: false }, async (files) => {
    await files.rename(from, await targetIn(files, to, from));
    await files.sync();
  });
}
