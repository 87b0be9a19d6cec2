/** Part of a file: `end` is exclusive. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Reads a `Range` header as the real file server does (seafile-api D.6): its unit is not looked at, one range only, and a
 * suffix longer than the file is unsatisfiable.
 *
 * @param size of the file, in bytes
 * @returns undefined when the range cannot be satisfied (416)
 */
export function parseRange(header: string, size: number): ByteRange | undefined {
  const found = /^[^=]*=(\d*)-(\d*)$/.exec(header.trim());
  if (!found) return undefined;
  const [, from = '', to = ''] = found;
  if (from === '') {
    const length = Number(to);
    return to !== '' && length > 0 && length <= size ? { start: size - length, end: size } : undefined;
  }
  const start = Number(from);
  const end = to === '' ? size : Math.min(Number(to) + 1, size);
  return start < end && start < size ? { start, end } : undefined;
}
