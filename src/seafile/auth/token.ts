import { SeafileError } from '../errors.ts';
import { unexpectedAnswer } from '../http/failures.ts';
import type { HttpRequest, Secret } from '../http/index.ts';
import { answerText } from '../http/index.ts';
import type { Server } from '../server.ts';

/** Checks an API token: the cheapest call that needs one. */
export async function checkToken(server: Server, token: Secret, signal?: AbortSignal): Promise<void> {
  const request: HttpRequest = {
    what: 'sign in with the API token',
    method: 'GET',
    url: server.at('api2/auth/ping/'),
    side: 'web',
    headers: { authorization: `Token ${token.reveal()}` },
    repeatable: true,
    signal,
  };
  try {
    const answer = await server.transport.request(request);
    if (answerText(answer).trim() !== '"pong"') throw unexpectedAnswer(request, answer, 'something else than "pong"');
  } catch (error) {
    if (error instanceof SeafileError && (error.kind === 'unauthorized' || error.kind === 'forbidden')) {
      throw new SeafileError('unauthorized', `${server.url.host} does not accept the API token. Give a valid one.`, {
        ...(error.status === undefined ? {} : { status: error.status }),
        cause: error,
      });
    }
    throw error;
  }
}

/** The forms an API token is told in: bare text, a JSON string, or an object (seafile-api A.1). */
export function readToken(text: string): string | null {
  const bare = text.trim();
  if (/^[0-9a-zA-Z._-]{16,}$/.test(bare)) return bare;
  let value: unknown;
  try {
    value = JSON.parse(bare);
  } catch {
    // Neither a bare token nor JSON: the caller says what came instead.
    return null;
  }
  const inner = typeof value === 'object' && value !== null && 'token' in value ? value.token : value;
  return typeof inner === 'string' && /^[0-9a-zA-Z._-]{16,}$/.test(inner) ? inner : null;
}
