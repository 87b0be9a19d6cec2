import { InvalidArgumentError } from 'commander';

/** For commander: 0, 1, 2... */
export function nonNegativeInteger(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Give a whole number from 0 up.');
  return Number(text);
}

/** For commander: a TCP port; 0 for any free one. */
export function portNumber(text: string): number {
  const port = nonNegativeInteger(text);
  if (port > 65535) throw new InvalidArgumentError('A port is at most 65535.');
  return port;
}

/** For commander: seconds, fractions allowed. */
export function seconds(text: string): number {
  if (!/^\d{1,7}(\.\d+)?$/.test(text)) throw new InvalidArgumentError('Give a number of seconds.');
  return Number(text);
}
