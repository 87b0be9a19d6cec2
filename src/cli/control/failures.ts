import { CliError, describeFailure, errnoOf } from '../errors.ts';
import type { WireFailure } from './protocol.ts';

/** A failure that happened in the process that has the space mounted. */
export class RemoteFailure extends CliError {
  override readonly name = 'RemoteFailure';
  /** The errno, where there is one: callers decide by it as they do with failures of their own. */
  readonly code: string | undefined;

  constructor({ line, exitCode, code }: WireFailure) {
    super(exitCode, line);
    this.code = code ?? undefined;
  }
}

export function toWire(error: unknown, redact: (text: string) => string): WireFailure {
  const { line, exitCode } = describeFailure(error);
  return { line: redact(line), exitCode, code: errnoOf(error) };
}
