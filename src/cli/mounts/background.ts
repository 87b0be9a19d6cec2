import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Context } from '../context.ts';
import { RemoteFailure } from '../control/failures.ts';
import { CliError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { type MountRequest, type Started, startedSchema } from './mount-request.ts';

/** What must not be in the environment of a process that lives long: it gets its secrets through a pipe. */
const SECRET_VARIABLES = /^SEAMOUNT_(TOKEN|PASSWORD|CLIENT_SECRET)(_FILE)?$/;

type Mounted = Extract<Started, { mounted: unknown }>['mounted'];

/**
 * Starts a process that mounts and goes on by itself, and waits until its mount answers.
 *
 * The request, secrets included, travels through a pipe that only the two processes have: a command line is visible to
 * everybody, an environment to the user's other processes.
 *
 * @throws RemoteFailure why it could not be mounted; CliError when the process ended without a word
 */
export async function mountInBackground(request: MountRequest, context: Context): Promise<Mounted> {
  const log = request.log === null ? 'ignore' : openLog(request.log);
  const child = spawn(process.execPath, [entryPoint()], {
    // Not in the caller's directory, which may be taken away.
    cwd: '/',
    detached: true,
    env: Object.fromEntries(Object.entries(context.env).filter(([name]) => !SECRET_VARIABLES.test(name))),
    stdio: ['ignore', log, log, 'ipc'],
  });
  if (typeof log === 'number') closeSync(log);
  const interrupt = (): void => {
    child.kill('SIGTERM');
  };
  context.signal.addEventListener('abort', interrupt, { once: true });
  try {
    const started = await new Promise<Started>((resolve, reject) => {
      child.once('error', reject);
      child.once('message', (message) => resolve(startedSchema.parse(message)));
      child.once('exit', (code, signal) => {
        const how = code === null ? `was ended by ${signal}` : `ended with code ${code}`;
        const see = request.log === null ? '' : ` Its log is ${request.log}.`;
        reject(new CliError(EXIT.failed, `the process that should mount ${request.space} ${how}.${see}`));
      });
      child.send(request, (error) => {
        if (error) reject(error);
      });
      if (context.signal.aborted) interrupt();
    });
    if ('error' in started) throw new RemoteFailure(started.error);
    return started.mounted;
  } finally {
    context.signal.removeEventListener('abort', interrupt);
    child.removeAllListeners();
    if (child.connected) child.disconnect();
    child.unref();
  }
}

function entryPoint(): string {
  const here = fileURLToPath(import.meta.url);
  return path.join(path.dirname(here), '..', `mount-process${path.extname(here)}`);
}

/** The process's own messages go here too, those of a crash included. */
function openLog(file: string): number {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  return openSync(file, 'a', 0o600);
}
