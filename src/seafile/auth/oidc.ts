import {
  allowInsecureRequests,
  type Configuration,
  type CustomFetch,
  clientCredentialsGrant,
  customFetch,
  discovery,
  ResponseBodyError,
} from 'openid-client';
import { fetch as undiciFetch } from 'undici';
import { SeafileError } from '../errors.ts';
import { connectionCode } from '../http/failures.ts';
import { Secret, type Transport } from '../http/index.ts';
import type { ClientCredentialsAuth } from './auth.ts';

/** What EBRAINS asks for (seafile-api A.1). */
const SCOPE = 'openid email collab.drive';
const TIMEOUT_SECONDS = 30;

/** An access token of the issuer, by the client-credentials grant. A wrong secret is told at once, never tried again. */
export async function accessTokenOf(
  transport: Transport,
  auth: ClientCredentialsAuth,
  signal?: AbortSignal,
): Promise<Secret> {
  const issuer = issuerUrl(auth.issuer);
  // openid-client wants a function of the global fetch's shape; undici's is the same function with its own Request and Response types.
  const send = ((url: string, init: Parameters<typeof undiciFetch>[1]) =>
    undiciFetch(url, {
      ...init,
      dispatcher: transport.dispatcher,
      ...(signal ? { signal: init?.signal ? AbortSignal.any([init.signal, signal]) : signal } : {}),
    })) as unknown as CustomFetch;
  let stage: Stage = 'discovery';
  try {
    const configuration: Configuration = await discovery(issuer, auth.clientId, auth.clientSecret.reveal(), undefined, {
      timeout: TIMEOUT_SECONDS,
      [customFetch]: send,
      execute: issuer.protocol === 'http:' ? [allowInsecureRequests] : [],
    });
    stage = 'grant';
    const tokens = await clientCredentialsGrant(configuration, { scope: SCOPE });
    return new Secret(tokens.access_token);
  } catch (error) {
    throw oidcFailure(issuer, auth.clientId, stage, error, signal);
  }
}

/** Finding the issuer's endpoints, which shows no secret, and asking for the token. */
type Stage = 'discovery' | 'grant';

function issuerUrl(text: string): URL {
  if (!URL.canParse(text)) {
    throw new SeafileError('rejected', 'The issuer is no URL. Give one like https://iam.ebrains.eu/auth/realms/hbp.');
  }
  const url = new URL(text);
  const loopback = url.hostname === 'localhost' || url.hostname === '[::1]' || /^127(\.\d+){3}$/.test(url.hostname);
  if (url.protocol === 'https:' || (url.protocol === 'http:' && loopback)) return url;
  throw new SeafileError(
    'rejected',
    `The issuer ${url.host} must be given with https://: the client secret would travel in clear text.`,
  );
}

function oidcFailure(
  issuer: URL,
  clientId: string,
  stage: Stage,
  error: unknown,
  signal: AbortSignal | undefined,
): SeafileError {
  if (signal?.aborted) {
    return new SeafileError('aborted', `Cancelled: sign in as client ${clientId}.`, { cause: signal.reason });
  }
  const tried = `Cannot sign in as client ${clientId} at ${issuer.host}`;
  const status = statusOf(error);
  const details = status === null ? {} : { status };
  const told = error instanceof ResponseBodyError ? error.error : null;
  const reason = error instanceof ResponseBodyError ? [told, error.error_description].filter(Boolean).join(': ') : null;
  if (stage === 'grant' && (status === 401 || (told !== null && WRONG_CREDENTIALS.includes(told)))) {
    return new SeafileError(
      'unauthorized',
      `${tried}: ${(reason ?? 'refused').slice(0, 200)}. Check client id and secret.`,
      details,
    );
  }
  if (status !== null) {
    const kind = status >= 500 ? 'server-failed' : status === 429 ? 'throttled' : 'rejected';
    const answer = reason?.slice(0, 200) ?? `it answered ${status} with something else than expected`;
    return new SeafileError(kind, `${tried}: ${answer}. Check the issuer's URL.`, details);
  }
  const problem = networkProblem(error);
  if (problem !== null) {
    return new SeafileError(
      'unreachable',
      `${tried}: no answer (${problem}). Check the issuer's URL and the network.`,
      { cause: error },
    );
  }
  const message = error instanceof Error ? error.message.slice(0, 200) : 'unknown failure';
  return new SeafileError('rejected', `${tried}: ${message}. Check the issuer's URL.`);
}

const WRONG_CREDENTIALS = ['invalid_client', 'unauthorized_client', 'invalid_grant'];

/** Why there was no answer; null when there was one, or none was waited for. */
function networkProblem(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  if ('code' in error && error.code === 'OAUTH_TIMEOUT') return 'timed out';
  // What fetch throws for every failure of the network; the reason is in its cause.
  if (!(error instanceof TypeError) || error.message !== 'fetch failed') return null;
  return connectionCode(error) ?? (error.cause instanceof Error ? error.cause.message : 'network failure');
}

/** The status of the answer that openid-client would not take, when there was one. */
function statusOf(error: unknown): number | null {
  if (!(error instanceof Error)) return null;
  for (const holder of [error, error.cause]) {
    if (typeof holder === 'object' && holder !== null && 'status' in holder && typeof holder.status === 'number') {
      return holder.status;
    }
  }
  return null;
}
