import path from 'node:path';
import { type Command, Option } from 'commander';
import type { AccountOption, ClientOption, FaultRule, RunningServer } from '../../server/index.ts';
import type { Context } from '../context.ts';
import { CliError, errnoOf, reasonOf, UsageError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { nonNegativeInteger, portNumber } from '../options/numbers.ts';
import { readSecretLines } from '../options/secret-source.ts';
import { count, formatBytes, print, printable } from '../output.ts';

interface Options {
  readonly data?: string;
  readonly memory?: boolean;
  readonly host: string;
  readonly port: number;
  readonly fileServerPort?: number;
  readonly account: readonly string[];
  readonly accountsFile?: string;
  readonly client: readonly string[];
  readonly clientsFile?: string;
  readonly serverVersion: '10' | '12';
  readonly throttle?: boolean;
  readonly latency: number;
  readonly fault: readonly string[];
  readonly seed: number;
  readonly fsync: boolean;
  readonly check?: boolean;
  readonly gc?: boolean;
}

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

/** `seamount serve`. */
export function registerServe(program: Command, context: Context): void {
  program
    .command('serve')
    .description('run the embedded Seafile-compatible server until it is told to end')
    .option('--data <dir>', "folder to keep everything in; below the user's data home when left out")
    .option('--memory', 'keep everything in memory')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <number>', 'port to listen on; 0 is any free one', portNumber, 0)
    .option('--file-server-port <number>', 'give the file server a port of its own; 0 is any free one', portNumber)
    .option(
      '--account <email:password>',
      'account to be there (repeatable; other users of this machine may see it)',
      collect,
      [],
    )
    .option('--accounts-file <file>', 'accounts, EMAIL:PASSWORD a line (SEAMOUNT_SERVE_ACCOUNTS_FILE)')
    .option(
      '--client <id:secret>',
      'OpenID Connect client (repeatable; other users of this machine may see it)',
      collect,
      [],
    )
    .option('--clients-file <file>', 'clients, ID:SECRET a line (SEAMOUNT_SERVE_CLIENTS_FILE)')
    .addOption(new Option('--server-version <version>', 'Seafile to answer like').choices(['10', '12']).default('10'))
    .option('--latency <ms>', 'added to each request', nonNegativeInteger, 0)
    .option('--throttle', 'limit the web API as a real server does: 3000 requests a minute of an account, 60 of others')
    .option('--fault <rule>', 'what goes wrong, for trying out clients (repeatable; docs/OPERATIONS.md)', collect, [])
    .option('--seed <number>', 'makes faults fall in the same way each time', nonNegativeInteger, 1)
    .option('--no-fsync', 'answered changes survive the death of the process, not a power cut')
    .option('--check', 'serve nothing: read every object of the data folder, and compare it with its id')
    .option('--gc', 'serve nothing: remove from the data folder what no library needs any more')
    .action((options: Options) => serve(options, context));
}

async function serve(options: Options, context: Context): Promise<void> {
  if (options.memory && options.data !== undefined) {
    throw new UsageError('--memory and --data exclude each other: leave one out.');
  }
  if (options.check || options.gc) return maintain(options, context);
  const accounts = pairs('accounts', options.account, options.accountsFile, context);
  const clients = pairs('clients', options.client, options.clientsFile, context);
  const server = await start(
    options,
    accounts.map(([email, password]) => ({ email, password })),
    clients.map(([id, secret]) => ({ id, secret })),
    context,
  );
  print(context.stdout, JSON.stringify({ url: server.url, fileServer: server.fileServer, pid: process.pid }));
  await ended(context.signal);
  await server.close();
}

async function start(
  options: Options,
  accounts: readonly AccountOption[],
  clients: readonly ClientOption[],
  context: Context,
): Promise<RunningServer> {
  const place = options.memory ? { memory: true } : { data: dataFolder(options, context) };
  const { startServer, parseFaultRule } = await loadServer();
  const faults = options.fault.map((text) => faultRule(text, parseFaultRule));
  try {
    return await startServer({
      ...place,
      host: options.host,
      port: options.port,
      ...(options.fileServerPort === undefined
        ? {}
        : { fileServer: 'own-port', fileServerPort: options.fileServerPort }),
      accounts,
      clients,
      version: options.serverVersion === '12' ? 12 : 10,
      latencyMs: options.latency,
      ...(options.throttle ? { throttle: USUAL_LIMITS } : {}),
      fsync: options.fsync,
      faults,
      faultSeed: options.seed,
      onError: (error, what) => {
        const message = error instanceof Error ? error.message : String(error);
        print(context.stderr, context.redactor.redact(`seamount serve: ${what}: ${message}`));
      },
    });
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === null) throw error;
    const where = errno.startsWith('EADDR') || !('data' in place) ? `${options.host}:${options.port}` : place.data;
    throw new CliError(EXIT.failed, `cannot serve at ${where}: ${reasonOf(error)}.`, { cause: error });
  }
}

/** Of a real server (seafile-api A.6). */
const USUAL_LIMITS = { accountPerMinute: 3000, anonymousPerMinute: 60 };

/** No other command needs the server, and loading it takes a quarter of a second. */
const loadServer = () => import('../../server/index.ts');

function dataFolder(options: Options, context: Context): string {
  return path.resolve(options.data ?? path.join(context.directories.data, 'server'));
}

function faultRule(text: string, parse: (text: string) => FaultRule): FaultRule {
  try {
    return parse(text);
  } catch (error) {
    throw new UsageError(`--fault ${text}: ${reasonOf(error)} (docs/OPERATIONS.md lists the rules).`);
  }
}

/** `--check` and `--gc`: work on the data of a server that does not run. */
async function maintain(options: Options, context: Context): Promise<void> {
  if (options.memory) throw new UsageError('--check and --gc work on a data folder: leave --memory out.');
  const folder = dataFolder(options, context);
  const { checkData, collectGarbage } = await loadServer();
  const found = await checkData(folder).catch((cause: unknown) => {
    throw new CliError(EXIT.failed, `cannot check ${folder}: ${reasonOf(cause)}.`, { cause });
  });
  for (const problem of found.problems) print(context.stdout, printable(problem));
  if (found.problems.length > 0) {
    const left = options.gc ? '; nothing was removed' : '';
    throw new CliError(EXIT.failed, `${folder}: ${count(found.problems.length, 'problem')} found${left}.`);
  }
  const objects = found.commits + found.objects + found.blocks;
  print(context.stdout, `${count(found.libraries, 'library', 'libraries')}, ${count(objects, 'object')}: all whole`);
  if (!options.gc) return;
  const { removedObjects, removedBytes, keptObjects } = await collectGarbage(folder);
  print(
    context.stdout,
    `${count(removedObjects, 'object')} (${formatBytes(removedBytes)}) removed, ${keptObjects} kept`,
  );
}

/** `NAME:SECRET` from the command line, the environment and a file, one a line in both. */
function pairs(
  what: 'accounts' | 'clients',
  given: readonly string[],
  file: string | undefined,
  context: Context,
): readonly (readonly [name: string, secret: string])[] {
  const variable = what === 'accounts' ? 'SEAMOUNT_SERVE_ACCOUNTS' : 'SEAMOUNT_SERVE_CLIENTS';
  const fromFile = file ?? context.env[`${variable}_FILE`];
  const texts = [
    ...given,
    ...(context.env[variable] ?? '').split('\n'),
    ...(fromFile ? readSecretLines(fromFile, file === undefined ? `${variable}_FILE` : `--${what}-file`) : []),
  ];
  return texts
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .map((text) => {
      const colon = text.indexOf(':');
      if (colon <= 0 || colon === text.length - 1) {
        const form = what === 'accounts' ? 'EMAIL:PASSWORD' : 'ID:SECRET';
        // Not shown: what stands there may be a secret.
        throw new UsageError(`one of the ${what} is not of the form ${form}.`);
      }
      const secret = text.slice(colon + 1);
      context.redactor.add(secret);
      return [text.slice(0, colon), secret];
    });
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
