import type { HttpAnswer, HttpRequest } from './request.ts';

/**
 * Where a redirect may be followed: GET only (a redirected POST loses its body, and the old API answers 301 to what it
 * has already done, seafile-api D.2), on the same host, and never from https to http. Servers behind a proxy that
 * terminates TLS hand out such links.
 *
 * @returns the request to send instead, or null when the redirect is to be reported
 */
export function redirected(request: HttpRequest, answer: HttpAnswer): HttpRequest | null {
  if (request.method !== 'GET' || ![301, 302, 303, 307, 308].includes(answer.status)) return null;
  const location = answer.header('location');
  if (location === null || !URL.canParse(location, request.url.href)) return null;
  const url = new URL(location, request.url);
  const sameHost = url.hostname === request.url.hostname;
  const samePort = url.port === request.url.port;
  const upgraded = request.url.protocol === 'http:' && url.protocol === 'https:';
  if (!sameHost || !(upgraded || (samePort && url.protocol === request.url.protocol))) return null;
  return { ...request, url };
}
