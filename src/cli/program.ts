import { Command, CommanderError } from 'commander';
import { VERSION } from '../drive/index.ts';
import { registerCat } from './commands/cat.ts';
import { registerGet } from './commands/get.ts';
import { registerLs } from './commands/ls.ts';
import { registerMkdir } from './commands/mkdir.ts';
import { registerMount } from './commands/mount.ts';
import { registerMv } from './commands/mv.ts';
import { registerPut } from './commands/put.ts';
import { registerRm } from './commands/rm.ts';
import { registerServe } from './commands/serve.ts';
import { registerShare } from './commands/share.ts';
import { registerSpace } from './commands/space.ts';
import { registerStatus } from './commands/status.ts';
import { registerSync } from './commands/sync.ts';
import { registerUnmount } from './commands/unmount.ts';
import type { Context } from './context.ts';
import { describeFailure } from './errors.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { print } from './output.ts';

const COMMANDS = [
  registerMount,
  registerUnmount,
  registerSync,
  registerStatus,
  registerSpace,
  registerShare,
  registerLs,
  registerCat,
  registerPut,
  registerGet,
  registerMkdir,
  registerMv,
  registerRm,
  registerServe,
];

/**
 * Runs a command line.
 *
 * @param args without the program's name
 * @returns how the process should end; what went wrong was told in one line
 */
export async function run(args: readonly string[], context: Context): Promise<ExitCode> {
  const program = build(context);
  try {
    await program.parseAsync(args, { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    const { line, exitCode } = describeFailure(error);
    print(context.stderr, context.redactor.redact(`seamount: ${line}`));
    const wantsMore = program.opts<{ debug?: boolean }>().debug || Boolean(context.env.SEAMOUNT_DEBUG);
    if (wantsMore) print(context.stderr, context.redactor.redact(trace(error)));
    return exitCode;
  }
}

function build(context: Context): Command {
  const program = new Command('seamount')
    .description('Seafile folders as filesystems: mounted, or file by file')
    .version(VERSION, '--version', 'show the version')
    .option('--debug', 'show where a failure came from (SEAMOUNT_DEBUG)')
    .showHelpAfterError('(--help shows what can be given)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(context.redactor.redact(text)),
      outputError: (text, write) => write(text.replace(/^error: /, 'seamount: ')),
    });
  for (const register of COMMANDS) register(program, context);
  return program;
}

function trace(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\ncaused by ${trace(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
