import type { Entry } from '../../seafile/index.ts';

/** Bytes of UTF-8 a name may have (seafile-api C.9). */
const NAME_BYTES = 255;

/** Who and when, as a conflict copy's name tells it. */
export interface ConflictMark {
  readonly account: string;
  readonly date: Date;
}

/**
 * A free name for our version of something that keeps its name in their version, made as Seafile's own clients make
 * it: `report (SFConflict jo@example.org 2026-11-22-10-05-00).txt`, in local time.
 *
 * @param taken whether the directory has a name already
 */
export function conflictName(
  name: string,
  kind: Entry['kind'],
  mark: ConflictMark,
  taken: (name: string) => boolean,
): string {
  const [stem, extension] = split(name, kind);
  const who = mark.account.replaceAll('/', '_');
  for (let copy = 1; ; copy++) {
    const tail = ` (SFConflict ${who} ${timestamp(mark.date)}${copy > 1 ? `-${copy}` : ''})${extension}`;
    const candidate = cut(stem, NAME_BYTES - Buffer.byteLength(tail)) + tail;
    if (!taken(candidate)) return candidate;
  }
}

/** Whether `candidate` is the name of a conflict copy of `name`, made here, by another client or by the server. */
export function isConflictNameOf(candidate: string, name: string, kind: Entry['kind']): boolean {
  return [split(name, kind), splitAtLastDot(name)].some(([stem, extension]) => {
    const mark = candidate.lastIndexOf(' (SFConflict ');
    if (mark === -1 || !candidate.endsWith(`)${extension}`)) return false;
    const start = candidate.slice(0, mark);
    // A long stem was cut to make room.
    return start === stem || (stem.startsWith(start) && Buffer.byteLength(candidate) > NAME_BYTES - 4);
  });
}

/** Stem and extension; a directory and a name like `.profile` have none, so that a hidden file's copy stays hidden. */
function split(name: string, kind: Entry['kind']): [stem: string, extension: string] {
  return kind === 'directory' || name.lastIndexOf('.') < 1 ? [name, ''] : splitAtLastDot(name);
}

function splitAtLastDot(name: string): [stem: string, extension: string] {
  const dot = name.lastIndexOf('.');
  return dot === -1 ? [name, ''] : [name.slice(0, dot), name.slice(dot)];
}

function timestamp(date: Date): string {
  const parts = [
    date.getFullYear(),
    date.getMonth() + 1,
    date.getDate(),
    date.getHours(),
    date.getMinutes(),
    date.getSeconds(),
  ];
  return parts.map((part) => String(part).padStart(2, '0')).join('-');
}

/** The longest start of `text` that fits, at a whole character. */
function cut(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text;
  const characters = [...text];
  while (characters.length > 0 && Buffer.byteLength(characters.join('')) > bytes) characters.pop();
  return characters.join('');
}
