#!/usr/bin/env node
import { userDirectories } from './directories.ts';
import { describeFailure } from './errors.ts';
import { EXIT } from './exit-codes.ts';
import { run } from './program.ts';
import { Redactor } from './redact.ts';

/*
 * The command line. `serve` takes secrets as arguments: the first thing done is to take them out of what other users
 * of this machine see of the process.
 */
const args = process.argv.slice(2);
process.title = `seamount ${args.find((arg) => /^[a-z]+$/.test(arg)) ?? ''}`.trimEnd();

const told = new AbortController();
const end = (): void => {
  // The second time there is no waiting.
  if (told.signal.aborted) process.exit(EXIT.interrupted);
  told.abort();
};
process.on('SIGINT', end);
process.on('SIGTERM', end);

// `seamount cat ... | head`: who reads has enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.failed);
});

const redactor = new Redactor();
process.on('uncaughtException', (error) => {
  const shown = process.env.SEAMOUNT_DEBUG ? (error.stack ?? error.message) : describeFailure(error).line;
  process.stderr.write(`seamount: ${redactor.redact(shown)}\n`);
  process.exit(EXIT.failed);
});

const exitCode = await run(args, {
  env: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  directories: userDirectories(process.env),
  signal: told.signal,
  redactor,
});
process.exit(exitCode);
