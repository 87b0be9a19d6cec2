import { stdin, stdout } from 'node:process';
import type { Context } from './context.ts';
import { toWire } from './control/failures.ts';
import { describeFailure } from './errors.ts';
import { EXIT } from './exit-codes.ts';
import { fileLogger, screenLogger } from './mounts/log.ts';
import { type MountRequest, mountRequestSchema, type Started } from './mounts/mount-request.ts';
import { MountedSpace } from './mounts/mounted-space.ts';
import { secretOf } from './options/credentials.ts';
import { Redactor } from './redact.ts';

/*
 * The process that serves a mount in the background: started by `seamount mount`, which sends it what to do through a
 * pipe and waits for one word about how it went.
 */

const redactor = new Redactor();
const told = new AbortController();
process.once('SIGTERM', () => told.abort());
process.once('SIGINT', () => told.abort());
// The terminal it was started from may be closed.
process.on('SIGHUP', () => undefined);

process.once('message', (message) => {
  void serve(mountRequestSchema.parse(message)).then((exitCode) => process.exit(exitCode));
});

async function serve(request: MountRequest): Promise<number> {
  process.title = `seamount mount ${request.space} ${request.mountpoint}`;
  redactor.add(secretOf(request.signIn.credentials));
  const context: Context = {
    env: process.env,
    stdin,
    stdout,
    stderr: process.stderr,
    directories: request.directories,
    signal: told.signal,
    redactor,
  };
  const logger =
    request.log === null ? screenLogger(context) : fileLogger(request.log, (text) => redactor.redact(text));
  process.on('uncaughtException', (error) => {
    logger.error({}, redactor.redact(`ended by a failure: ${error.stack ?? error.message}`));
    process.exit(EXIT.failed);
  });
  // Whoever started it has gone away: nobody would learn that it is mounted.
  const orphaned = (): void => told.abort();
  process.once('disconnect', orphaned);
  let mounted: MountedSpace;
  try {
    mounted = await MountedSpace.start(request, context, logger);
  } catch (error) {
    const failure = toWire(error, (text) => redactor.redact(text));
    logger.error({}, failure.line);
    await tell({ error: failure });
    return failure.exitCode;
  }
  const end = (): void => {
    mounted.stop().catch((error: unknown) => {
      logger.error({}, redactor.redact(describeFailure(error).line));
      process.exit(EXIT.failed);
    });
  };
  process.off('disconnect', orphaned);
  told.signal.addEventListener('abort', end, { once: true });
  if (told.signal.aborted) end();
  else await tell({ mounted: { space: request.space, mountpoint: request.mountpoint, pid: process.pid } });
  if (process.connected) process.disconnect();
  return mounted.ended;
}

function tell(started: Started): Promise<void> {
  return new Promise((resolve) => {
    // Nobody listens any more: the log has it.
    if (!process.connected || process.send === undefined) resolve();
    else process.send(started, () => resolve());
  });
}
