import type { Context, Screen } from './context.ts';

/** Writes a line for people or a program. */
export function print(screen: Screen, line: string): void {
  screen.write(`${line}\n`);
}

/** Writes a value as JSON: indented for a terminal, one line otherwise. */
export function printJson(context: Context, value: unknown): void {
  print(context.stdout, JSON.stringify(value, null, context.stdout.isTTY ? 2 : undefined));
}

/** Rows with aligned columns; the last column is not padded. Columns whose header starts with `>` are right-aligned. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const titles = header.map((title) => title.replace(/^>/, ''));
  const clean = rows.map((row) => row.map(printable));
  const widths = titles.map((title, column) => Math.max(title.length, ...clean.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        if (header[column]?.startsWith('>')) return cell.padStart(width);
        return column === cells.length - 1 ? cell : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd();
  return [titles, ...clean].map(line);
}

/** A name as it may be shown: what could control a terminal is escaped. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, (character) => {
    const code = character.charCodeAt(0).toString(16);
    return code.length > 2 ? `\\u${code.padStart(4, '0')}` : `\\x${code.padStart(2, '0')}`;
  });
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** `1536` as `1.5 KiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

/** `2026-11-22 14:03`, local time. */
export function formatTime(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** `1 change`, `2 changes`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

/** `drwxr-xr-x`. */
export function formatMode(kind: 'file' | 'directory', permissions: number): string {
  const bits = [...'rwxrwxrwx'].map((letter, place) => ((permissions >> (8 - place)) & 1 ? letter : '-'));
  return (kind === 'directory' ? 'd' : '-') + bits.join('');
}
