import { SeafileError, type SeafileErrorKind } from '../errors.ts';
import { withoutSecrets } from './redact.ts';
import { answerText, type HttpAnswer, type HttpRequest } from './request.ts';
import { kindOfStatus } from './statuses.ts';

const WAY_OUT: Partial<Record<SeafileErrorKind, string>> = {
  unreachable: 'Check the server URL and the network.',
  'not-seafile': 'Check the server URL: a Seafile server should answer there.',
  unauthorized: 'Sign in again with valid credentials.',
  forbidden: 'The account needs permission from the owner of the library.',
  'library-gone': 'The library was deleted or is not shared with this account any more.',
  'library-corrupted': "The server's administrator has to repair the library (seaf-fsck).",
  encrypted: 'Encrypted libraries cannot be used.',
  quota: 'Free space, or ask for a larger quota.',
  throttled: 'Try again in a minute.',
  'server-failed': "Try again later; the server's log has the reason.",
};

/** "GET /api2/ping/", secrets taken out. */
export function requestLine(request: Pick<HttpRequest, 'method' | 'url'>): string {
  return `${request.method} ${withoutSecrets(request.url)}`;
}

/** The error for an answer that is no success. */
export function failureOfAnswer(request: HttpRequest, answer: HttpAnswer): SeafileError {
  const html = isHtml(answer);
  // An unknown route of the web application is a page, an unknown thing is JSON (seafile-api 0.3).
  const kind =
    request.side === 'web' && answer.status === 404 && html ? 'not-seafile' : kindOfStatus(request.side, answer.status);
  const reason = redirectTarget(answer) ?? (html ? 'a web page' : reasonOf(answer));
  const parts = [
    `Cannot ${request.what}: ${request.url.host} answered ${answer.status}${reason ? ` (${reason})` : ''}.`,
    WAY_OUT[kind],
  ];
  return new SeafileError(kind, parts.filter(Boolean).join(' '), {
    status: answer.status,
    request: requestLine(request),
  });
}

/** The error for an answer that is a success but not what it should be. */
export function unexpectedAnswer(
  request: Pick<HttpRequest, 'what' | 'method' | 'url'>,
  answer: HttpAnswer,
  problem: string,
  cause?: unknown,
): SeafileError {
  const kind = isHtml(answer) ? 'not-seafile' : 'corrupt-answer';
  const parts = [
    `Cannot ${request.what}: ${request.url.host} answered ${answer.status} with ${isHtml(answer) ? 'a web page' : problem}.`,
    WAY_OUT[kind],
  ];
  return new SeafileError(kind, parts.filter(Boolean).join(' '), {
    status: answer.status,
    request: requestLine(request),
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The error for a request that got no (whole) answer. */
export function failureOfConnection(request: HttpRequest, cause: unknown): SeafileError {
  return new SeafileError(
    'unreachable',
    `Cannot ${request.what}: no answer from ${request.url.host} (${connectionProblem(cause)}). ${WAY_OUT.unreachable}`,
    { request: requestLine(request), cause },
  );
}

export function aborted(request: Pick<HttpRequest, 'what' | 'method' | 'url'>, reason: unknown): SeafileError {
  return new SeafileError('aborted', `Cancelled: ${request.what}.`, { request: requestLine(request), cause: reason });
}

/** The system's or undici's code of a network failure, also when several addresses were tried. */
export function connectionCode(cause: unknown): string | null {
  if (!(cause instanceof Error)) return null;
  if ('code' in cause && typeof cause.code === 'string') return cause.code;
  if (cause instanceof AggregateError) return connectionCode(cause.errors[0]);
  return connectionCode(cause.cause);
}

const PROBLEMS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection closed while sending',
  ENOTFOUND: 'host name not found',
  EAI_AGAIN: 'host name cannot be looked up now',
  EHOSTUNREACH: 'host not reachable',
  ENETUNREACH: 'network not reachable',
  ETIMEDOUT: 'timed out',
  UND_ERR_CONNECT_TIMEOUT: 'timed out while connecting',
  UND_ERR_HEADERS_TIMEOUT: 'timed out waiting for the answer',
  UND_ERR_BODY_TIMEOUT: 'timed out in the middle of the answer',
  UND_ERR_SOCKET: 'connection closed',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'the answer was cut short',
  HPE_INVALID_CONSTANT: 'the answer is no HTTP',
};

function connectionProblem(cause: unknown): string {
  const code = connectionCode(cause);
  if (code !== null) return PROBLEMS[code] ?? code;
  return cause instanceof Error ? oneLine(cause.message) : 'unknown failure';
}

/**
 * The server's own words. Error bodies come in many forms, some of them no valid JSON (seafile-api 0.3), and may be
 * translated: they are for people and decide nothing.
 */
export function reasonOf(answer: HttpAnswer): string {
  const text = answerText(answer);
  const quoted = /"(?:error_msg|detail|error|error_description)"\s*:\s*"((?:[^"\\]|\\.)*)"/s.exec(text)?.[1];
  if (quoted !== undefined) return oneLine(unescapeJson(quoted));
  const listed = /:\s*\[\s*"((?:[^"\\]|\\.)*)"/s.exec(text)?.[1];
  if (listed !== undefined) return oneLine(unescapeJson(listed));
  return /[<{[]/.test(text) ? '' : oneLine(text);
}

function unescapeJson(text: string): string {
  return text.replace(/\\u([0-9a-fA-F]{4})|\\(.)/gs, (_, hex: string | undefined, char: string | undefined) =>
    hex === undefined ? (char === 'n' || char === 't' || char === 'r' ? ' ' : (char ?? '')) : unit(hex),
  );
}

const unit = (hex: string): string => String.fromCharCode(Number.parseInt(hex, 16));

function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what a server sends must not control a terminal
  const line = text.replace(/[\u0000-\u0020\u007f-\u009f]+/g, ' ').trim();
  return (line.length > 200 ? `${line.slice(0, 200)}…` : line).replace(/\.$/, '');
}

export function isHtml(answer: HttpAnswer): boolean {
  return /^text\/html\b/i.test(answer.header('content-type') ?? '');
}

function redirectTarget(answer: HttpAnswer): string | null {
  if (answer.status < 300 || answer.status >= 400) return null;
  const location = answer.header('location');
  if (location === null || !URL.canParse(location)) return 'a redirect';
  const url = new URL(location);
  return `a redirect to ${url.origin}${withoutSecrets(url).split('?')[0]}`;
}
