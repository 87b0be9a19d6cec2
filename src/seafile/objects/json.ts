/**
 * JSON text exactly as the server's library (Jansson) writes it, because an object's id is the SHA-1 of that text:
 * separators `", "` and `": "`, raw UTF-8, and control characters as `\u00XX` with upper-case digits
 * (seafile-api F.2). Keys are written in the order the caller gives; the formats want them sorted.
 */

// JSON.stringify writes the other escapes (quote, backslash, \b \f \n \r \t) as Jansson does.
const LOWER_CASE_ESCAPE = /\\u00([0-9a-f]{2})/g;
const NEEDS_CARE = /[\u0000-\u001f"\\\ud800-\udfff]/;

/**
 * @param text any string that is valid Unicode
 * @returns the quoted JSON string
 */
export function jsonString(text: string): string {
  if (!NEEDS_CARE.test(text)) return `"${text}"`;
  // An escaped backslash before "u00" must not be read as an escape: handle pairs of backslashes first.
  return JSON.stringify(text).replace(/\\\\|\\u00[0-9a-f]{2}/g, (escape) =>
    escape === '\\\\'
      ? escape
      : escape.replace(LOWER_CASE_ESCAPE, (_, digits: string) => `\\u00${digits.toUpperCase()}`),
  );
}
