// Routes of the file server and of the web pages that carry what grants access in the path (seafile-api D.5, E.1, I.2).
const GRANTING_SEGMENT =
  /\/(files|blks|zip|f|u|d|upload-api|upload-aj|update-api|update-aj|upload-raw-blks-api|upload-blks-api|update-blks-api|share-links|upload-links)\/[^/?]+/g;
const GRANTING_QUERY = /([?&](?:token|access_token|password|code|client_secret|jwt_token)=)[^&]*/gi;
const LIBRARY_FILES = /\/files\/[0-9a-f]{40}(?=\/)/;

/**
 * A URL as it may appear in messages and logs: path and query, with everything that grants access replaced by `(…)`.
 */
export function withoutSecrets(url: URL): string {
  const path = `${url.pathname}${url.search}`;
  // `/api2/repos/{id}/files/{file id}/blks/...` names a file by id and grants nothing.
  const masked = LIBRARY_FILES.test(path) ? path : path.replace(GRANTING_SEGMENT, '/$1/(…)');
  return decodeQuietly(masked.replace(GRANTING_QUERY, '$1(…)'));
}

function decodeQuietly(text: string): string {
  try {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters of names must not reach a terminal
    return decodeURI(text).replace(/[\u0000-\u001f\u007f-\u009f]/g, '?');
  } catch {
    // Bytes that are no UTF-8: shown as they were sent.
    return text;
  }
}
