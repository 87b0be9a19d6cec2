/**
 * JSON text exactly as the server's library (Jansson) writes it, because an object's id is the SHA-1 of that text:
 * separators `", "` and `": "`, raw UTF-8, and control characters as `\u00XX` with upper-case digits
 * (seafile-api F.2). Keys are written in the order the caller gives; the formats want them sorted.
 */

// JSON.stringify writes the other escapes (quote, backslash, \b \f \n \r \t) as Jansson does. Both alternatives are
// matched, so that an escaped backslash before "u00" is not taken for an escape.
const ESCAPED_BACKSLASH_OR_CONTROL = /\\\\|\\u00[0-9a-f]{2}/g;

/**
 * @param text any string that is valid Unicode
 * @returns the quoted JSON string
 */
export function jsonString(text: string): string {
  return JSON.stringify(text).replace(ESCAPED_BACKSLASH_OR_CONTROL, (found) =>
    found === '\\\\' ? found : `\\u${found.slice(2).toUpperCase()}`,
  );
}
