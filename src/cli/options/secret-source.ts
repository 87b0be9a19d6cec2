import { readFileSync } from 'node:fs';
import { reasonOf, UsageError } from '../errors.ts';

/** Longer files are no secrets: somebody named the wrong one. */
const MAX_SECRET_BYTES = 16 * 1024;

/**
 * Reads a secret from a file, as container platforms hand them over; one line break at the end is not part of it.
 *
 * @param namedBy the option or variable that names the file, for the message
 * @throws UsageError when the file cannot be read, is empty, or has more than one line
 */
export function readSecretFile(file: string, namedBy: string): string {
  const secret = read(file, namedBy).replace(/\r?\n$/, '');
  if (secret === '') throw new UsageError(`${namedBy}: ${file} is empty: put the secret into it.`);
  if (/[\r\n\0]/.test(secret)) {
    throw new UsageError(`${namedBy}: ${file} has more than one line: put the secret alone into it.`);
  }
  return secret;
}

/** Reads secrets, one a line; empty lines are left out. @throws UsageError when the file cannot be read */
export function readSecretLines(file: string, namedBy: string): readonly string[] {
  return read(file, namedBy)
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '');
}

function read(file: string, namedBy: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${namedBy}: cannot read ${file}: ${reasonOf(error)}.`);
  }
  if (text.length > MAX_SECRET_BYTES) throw new UsageError(`${namedBy}: ${file} is too large to hold secrets.`);
  return text;
}
