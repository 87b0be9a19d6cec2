import { createHash } from 'node:crypto';
import { mkdirSync, renameSync, statSync } from 'node:fs';
import path from 'node:path';
import { pino } from 'pino';
import type { Logger } from '../../drive/index.ts';
import type { Context, Directories } from '../context.ts';
import { print } from '../output.ts';

/** A log that is longer at the start of a mount is put aside; one older log is kept. */
const MAX_LOG_BYTES = 10 * 1024 * 1024;

/** Where the process that serves a mount point logs to. */
export function logFileFor(directories: Directories, mountpoint: string): string {
  const name = mountpoint
    .replace(/[^\w.-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(-60);
  const digest = createHash('sha256').update(mountpoint).digest('hex').slice(0, 8);
  return path.join(directories.log, `mount-${name || 'root'}-${digest}.log`);
}

/** Logs to a file, one JSON object a line; each line is there when the call returns, so that a crash loses none. */
export function fileLogger(file: string, redact: (text: string) => string): Logger {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > MAX_LOG_BYTES) renameSync(file, `${file}.1`);
  const destination = pino.destination({ dest: file, sync: true, mode: 0o600 });
  const level = process.env.SEAMOUNT_DEBUG ? 'debug' : 'info';
  return pino(
    { base: { pid: process.pid }, level, timestamp: pino.stdTimeFunctions.isoTime },
    { write: (line) => destination.write(redact(line)) },
  );
}

/** Tells a person, one line each. */
export function screenLogger(context: Context): Logger {
  const tell = (_: object, message: string): void => {
    print(context.stderr, context.redactor.redact(`seamount: ${message}`));
  };
  const debug = context.env.SEAMOUNT_DEBUG ? tell : (): void => undefined;
  return { debug, info: debug, warn: tell, error: tell };
}
