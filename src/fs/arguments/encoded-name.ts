import type { CommonOptions } from './options.ts';

/** A name or path in the encoding that the caller wants it in. */
export function encodedName(name: string, encoding: CommonOptions['encoding']): string | Buffer {
  if (encoding === undefined || encoding === null || encoding === 'utf8' || encoding === 'utf-8') return name;
  const bytes = Buffer.from(name);
  return encoding === 'buffer' ? bytes : bytes.toString(encoding);
}
