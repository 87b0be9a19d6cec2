import path from 'node:path';
import { type Command, Option } from 'commander';
import type { AccountOption, ClientOption, RunningServer } from '../../server/index.ts';
import type { Context } from '../context.ts';
import { CliError, errnoOf, reasonOf, UsageError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { nonNegativeInteger, portNumber } from '../options/numbers.ts';
import { readSecretLines } from '../options/secret-source.ts';
import { print } from '../output.ts';

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
  readonly latency: number;
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
    .action((options: Options) => serve(options, context));
}

async function serve(options: Options, context: Context): Promise<void> {
  if (options.memory && options.data !== undefined) {
    throw new UsageError('--memory and --data exclude each other: leave one out.');
  }
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
  const place = options.memory
    ? { memory: true }
    : { data: path.resolve(options.data ?? path.join(context.directories.data, 'server')) };
  // No other command needs the server, and loading it takes a quarter of a second.
  const { startServer } = await import('../../server/index.ts');
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
