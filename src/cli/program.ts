import { Command, CommanderError } from 'commander';
import { VERSION } from '../drive/version.ts';
import type { Context } from './context.ts';
import { describeFailure } from './errors.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { print } from './output.ts';

/** Each is read when it is needed: most of the time a command takes is the reading of its code. */
const COMMANDS = new Map<string, () => Promise<Register>>([
  ['mount', async () => (await import('./commands/mount.ts')).registerMount],
  ['unmount', async () => (await import('./commands/unmount.ts')).registerUnmount],
  ['sync', async () => (await import('./commands/sync.ts')).registerSync],
  ['status', async () => (await import('./commands/status.ts')).registerStatus],
  ['space', async () => (await import('./commands/space.ts')).registerSpace],
  ['share', async () => (await import('./commands/share.ts')).registerShare],
  ['ls', async () => (await import('./commands/ls.ts')).registerLs],
  ['cat', async () => (await import('./commands/cat.ts')).registerCat],
  ['put', async () => (await import('./commands/put.ts')).registerPut],
  ['get', async () => (await import('./commands/get.ts')).registerGet],
  ['mkdir', async () => (await import('./commands/mkdir.ts')).registerMkdir],
  ['mv', async () => (await import('./commands/mv.ts')).registerMv],
  ['rm', async () => (await import('./commands/rm.ts')).registerRm],
  ['serve', async () => (await import('./commands/serve.ts')).registerServe],
]);

type Register = (program: Command, context: Context) => void;

/**
 * Runs a command line.
 *
 * @param args without the program's name
 * @returns how the process should end; what went wrong was told in one line
 */
export async function run(args: readonly string[], context: Context): Promise<ExitCode> {
  const program = await build(args, context);
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

async function build(args: readonly string[], context: Context): Promise<Command> {
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
  const named = COMMANDS.get(args.find((arg) => !arg.startsWith('-')) ?? '');
  // Help, and what to say of an unknown command, take all of them.
  for (const load of named ? [named] : COMMANDS.values()) (await load())(program, context);
  return program;
}

function trace(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\ncaused by ${trace(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
