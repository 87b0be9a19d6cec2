import { SeafileError } from '../errors.ts';
import { reasonOf, unexpectedAnswer } from '../http/failures.ts';
import { answerText, type HttpRequest, Secret } from '../http/index.ts';
import type { Server } from '../server.ts';
import { readToken } from './token.ts';

/** The API token for a user name and password (seafile-api A.2). A wrong password is an answer, not a failure: 400. */
export async function tokenForPassword(
  server: Server,
  user: string,
  password: Secret,
  signal?: AbortSignal,
): Promise<Secret> {
  const request: HttpRequest = {
    what: `sign in as ${user}`,
    method: 'POST',
    url: server.at('api2/auth-token/'),
    side: 'web',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: Buffer.from(new URLSearchParams({ username: user, password: password.reveal() }).toString()),
    // It makes nothing twice (the same token is given again), but an attempt may count against the account.
    repeatable: false,
    accept: [400, 401, 403],
    signal,
  };
  const answer = await server.transport.request(request);
  if (answer.status >= 400) {
    const otp = answer.header('x-seafile-otp') === 'required';
    const reason = otp
      ? 'the account uses two-factor sign-in. Use an API token instead'
      : `${reasonOf(answer) || answer.status}. Check user name and password`;
    throw new SeafileError('unauthorized', `Cannot sign in as ${user} at ${server.url.host}: ${reason}.`, {
      status: answer.status,
      request: 'POST /api2/auth-token/',
    });
  }
  const token = readToken(answerText(answer));
  if (token === null) throw unexpectedAnswer(request, answer, 'no token');
  return new Secret(token);
}
