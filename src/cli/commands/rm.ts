import type { Command } from 'commander';
import { parseInside } from '../../drive/index.ts';
import type { Context } from '../context.ts';
import { CliError, errnoOf, UsageError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { withFiles } from '../files/open-files.ts';
import { addSignInOptions } from '../options/connection.ts';
import type { SignInOptions } from '../options/settings.ts';

interface Options extends SignInOptions {
  readonly recursive?: boolean;
  readonly force?: boolean;
}

/** `seamount rm`. */
export function registerRm(program: Command, context: Context): void {
  addSignInOptions(
    program
      .command('rm')
      .description('remove files of a space')
      .argument('<space>', 'the space')
      .argument('<path...>', 'files in the space')
      .option('-r, --recursive', 'remove folders with everything in them')
      .option('-f, --force', 'what does not exist is no error'),
  ).action((space: string, paths: string[], options: Options) => rm(space, paths, options, context));
}

async function rm(space: string, paths: readonly string[], options: Options, context: Context): Promise<void> {
  const { recursive = false, force = false } = options;
  await withFiles(space, options, context, { paths, readOnly: false }, async (files) => {
    for (const path of paths) {
      if (parseInside(path).length === 0) {
        throw new UsageError(`${path} is the space itself: seamount space remove ${space} removes it.`);
      }
      const kind = await files.stat(path).then(
        (info) => info.kind,
        (error: unknown) => {
          if (errnoOf(error) !== 'ENOENT') throw error;
          return null;
        },
      );
      if (kind === null && force) continue;
      if (kind === null) throw new CliError(EXIT.notFound, `${path} does not exist in ${space}: --force ignores that.`);
      if (kind === 'directory' && !recursive) {
        throw new UsageError(`${path} is a folder: give --recursive to remove it with everything in it.`);
      }
      await files.remove(path, { recursive, force });
    }
    await files.sync();
  });
}
