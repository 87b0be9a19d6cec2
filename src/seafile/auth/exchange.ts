import { SeafileError } from '../errors.ts';
import { reasonOf, unexpectedAnswer } from '../http/failures.ts';
import { answerText, type HttpRequest, Secret } from '../http/index.ts';
import type { Server } from '../server.ts';
import { readToken } from './token.ts';

/** The API token for an access token of the issuer the server trusts: an addition of EBRAINS (seafile-api A.1). */
export async function exchangeAccessToken(server: Server, accessToken: Secret, signal?: AbortSignal): Promise<Secret> {
  const request: HttpRequest = {
    what: 'exchange the access token for an API token',
    method: 'GET',
    url: server.at('api2/account/token/'),
    side: 'web',
    headers: { authorization: `Bearer ${accessToken.reveal()}` },
    repeatable: true,
    accept: [401, 403, 404],
    signal,
  };
  const answer = await server.transport.request(request);
  if (answer.status === 404) {
    throw new SeafileError(
      'rejected',
      `${server.url.host} does not exchange access tokens (no /api2/account/token/). Sign in with a password or an API token.`,
      { status: 404, request: 'GET /api2/account/token/' },
    );
  }
  if (answer.status >= 400) {
    throw new SeafileError(
      'unauthorized',
      `${server.url.host} does not accept the access token of the issuer (${reasonOf(answer) || answer.status}). Check that the server trusts this issuer and that the client has the scope collab.drive.`,
      { status: answer.status, request: 'GET /api2/account/token/' },
    );
  }
  const token = readToken(answerText(answer));
  if (token === null) throw unexpectedAnswer(request, answer, 'no token');
  return new Secret(token);
}
