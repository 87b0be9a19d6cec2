/** Longest name, in bytes of UTF-8. */
const MAX_NAME_BYTES = 255;
/** Not expressible in UTF-8. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** What names a server of one version takes (seafile-api C.9). */
export interface NameRules {
  /** Whether `..` is refused (from version 11 on). */
  readonly refuseDotDot: boolean;
  /** Whether the web application refuses some emoji (from version 12 on). */
  readonly refuseEmoji: boolean;
}

/** U+1F300 to U+1FAD6. */
const REFUSED_EMOJI = /[\u{1f300}-\u{1fad6}]/u;

/** Whether the server stores an entry of this name. Backslashes, control characters and `.` are names like others. */
export function isStorableName(name: string, rules: NameRules): boolean {
  if (name === '' || name.includes('/') || name.includes('\0')) return false;
  if (LONE_SURROGATE.test(name)) return false;
  if (rules.refuseDotDot && name === '..') return false;
  return Buffer.byteLength(name) <= MAX_NAME_BYTES;
}

/** Whether the web application gives an entry this name; what is uploaded may have others (seafile-api C.9). */
export function isNewName(name: string, rules: NameRules): boolean {
  return isStorableName(name, rules) && !(rules.refuseEmoji && REFUSED_EMOJI.test(name));
}

/** Where the extension begins that `(1)` is put before. */
export type NameSplit =
  /** The web application: Python's `splitext`, where leading dots belong to the name. */
  | 'web'
  /** The file server: the last dot, wherever it stands (`.a` becomes ` (1).a`). */
  | 'fileserver';

/**
 * A name that is not taken: itself, or `name (n).ext` with the lowest free n (seafile-api E.3).
 *
 * @param taken says whether an entry of that name exists
 * @returns undefined after 1000 attempts
 */
export function freeName(name: string, taken: (name: string) => boolean, split: NameSplit): string | undefined {
  if (!taken(name)) return name;
  let dot = name.lastIndexOf('.');
  if (split === 'web' && /^\.*$/.test(name.slice(0, Math.max(dot, 0)))) dot = -1;
  const stem = dot < 0 ? name : name.slice(0, dot);
  const extension = dot < 0 ? '' : name.slice(dot);
  for (let n = 1; n <= 1000; n++) {
    const candidate = `${stem} (${n})${extension}`;
    if (!taken(candidate)) return candidate;
  }
  return undefined;
}

/**
 * Name of a conflict copy, as the real server gives it: `name (SFConflict WHO YYYY-MM-DD-HH-MM-SS).ext`, in local time.
 *
 * @param mtime seconds since 1970
 */
export function conflictName(name: string, who: string, mtime: number): string {
  const time = new Date(mtime * 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  const date = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  const clock = `${two(time.getHours())}-${two(time.getMinutes())}-${two(time.getSeconds())}`;
  const dot = name.lastIndexOf('.');
  const suffix = `(SFConflict ${who} ${date}-${clock})`;
  return dot < 0 ? `${name} ${suffix}` : `${name.slice(0, dot)} ${suffix}${name.slice(dot)}`;
}
