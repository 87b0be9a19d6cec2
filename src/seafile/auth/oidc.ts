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
  try {
    const configuration: Configuration = await discovery(issuer, auth.clientId, auth.clientSecret.reveal(), undefined, {
      timeout: TIMEOUT_SECONDS,
      [customFetch]: send,
      execute: issuer.protocol === 'http:' ? [allowInsecureRequests] : [],
    });
    const tokens = await clientCredentialsGrant(configuration, { scope: SCOPE });
    return new Secret(tokens.access_token);
  } catch (error) {
    throw oidcFailure(issuer, auth.clientId, error, signal);
  }
}

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

function oidcFailure(issuer: URL, clientId: string, error: unknown, signal?: AbortSignal): SeafileError {
  if (signal?.aborted) {
    return new SeafileError('aborted', `Cancelled: sign in as client ${clientId}.`, { cause: signal.reason });
  }
  const tried = `Cannot sign in as client ${clientId} at ${issuer.host}`;
  if (error instanceof ResponseBodyError) {
    const details = { status: error.status, request: 'POST (token endpoint)' };
    const reason = [error.error, error.error_description].filter(Boolean).join(': ').slice(0, 200);
    if (error.status === 401 || ['invalid_client', 'unauthorized_client', 'invalid_grant'].includes(error.error)) {
      return new SeafileError('unauthorized', `${tried}: ${reason}. Check client id and secret.`, details);
    }
    const kind = error.status >= 500 ? 'server-failed' : error.status === 429 ? 'throttled' : 'rejected';
    return new SeafileError(kind, `${tried}: ${reason}.`, details);
  }
  const status = statusOf(error);
  if (status === 401) {
    // Some issuers refuse with a challenge instead of an error body.
    return new SeafileError('unauthorized', `${tried}: refused. Check client id and secret.`, { status });
  }
  if (status !== null) {
    const kind = status >= 500 ? 'server-failed' : 'rejected';
    return new SeafileError(kind, `${tried}: it answered ${status}. Check the issuer's URL.`, { status });
  }
  const code = connectionCode(error);
  const timedOut = error instanceof Error && (error.name === 'TimeoutError' || codeOf(error) === 'OAUTH_TIMEOUT');
  if (timedOut || (code !== null && !code.startsWith('OAUTH_'))) {
    const reason = timedOut ? 'timed out' : code;
    return new SeafileError('unreachable', `${tried}: no answer (${reason}). Check the issuer's URL and the network.`);
  }
  const reason = error instanceof Error ? error.message.slice(0, 200) : 'unknown failure';
  return new SeafileError('rejected', `${tried}: ${reason}. Check the issuer's URL.`);
}

const codeOf = (error: Error): string | null => ('code' in error && typeof error.code === 'string' ? error.code : null);

/** The status of the answer that openid-client would not take, when there was one. */
function statusOf(error: unknown): number | null {
  if (!(error instanceof Error)) return null;
  if ('status' in error && typeof error.status === 'number') return error.status;
  if (error.cause instanceof Response) return error.cause.status;
  const { cause } = error;
  return typeof cause === 'object' && cause !== null && 'status' in cause && typeof cause.status === 'number'
    ? cause.status
    : null;
}
