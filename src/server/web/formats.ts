/** How Seahub writes times and sizes. Times are seconds since 1970. */

/** `2026-11-22T20:42:27+00:00` */
export function isoTime(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}+00:00`;
}

/** The HTML element that says how long ago something was. */
export function relativeTime(seconds: number, now: number): string {
  const iso = new Date(seconds * 1000).toISOString().slice(0, 19);
  const title = new Date(seconds * 1000).toUTCString().replace('GMT', '+0000');
  return `<time datetime="${iso}" is="relative-time" title="${title}" >${ago(now - seconds)}</time>`;
}

function ago(elapsed: number): string {
  if (elapsed < 60) return 'Just now';
  if (elapsed < 3600) return plural(Math.floor(elapsed / 60), 'minute');
  if (elapsed < 86_400) return plural(Math.floor(elapsed / 3600), 'hour');
  return plural(Math.floor(elapsed / 86_400), 'day');
}

const plural = (count: number, unit: string): string => `${count} ${unit}${count === 1 ? '' : 's'} ago`;

/** `43 bytes`, `7.2 MB`: steps of 1024, and a no-break space as Django puts it. */
export function formatSize(bytes: number): string {
  if (bytes < 1024) return `${bytes}\u00a0byte${bytes === 1 ? '' : 's'}`;
  let value = bytes;
  let unit = -1;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value.toFixed(1)}\u00a0${UNITS[unit]}`;
}

const UNITS = ['KB', 'MB', 'GB', 'TB', 'PB'];

/** Quotes a path for a `Location` header as Django does: everything but letters, digits, `_.-~/`. */
export function quotePath(path: string): string {
  return encodeURIComponent(path)
    .replaceAll('%2F', '/')
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
