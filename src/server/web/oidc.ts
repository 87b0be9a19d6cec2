import type { FastifyInstance } from 'fastify';
import { BEARER_LIFETIME_S } from '../accounts/index.ts';
import { ISSUER_PATH, type Site } from '../site.ts';
import { type Answer, Refusal } from './answers.ts';
import type { Call } from './call.ts';
import { resource } from './resource.ts';

/** The OIDC issuer: its discovery document, and the token endpoint for client credentials (seafile-api A.1). */
export function oidcRoutes(app: FastifyInstance, site: Site): void {
  const anybody = { open: 'anybody' } as const;
  resource(app, site, `${ISSUER_PATH}/.well-known/openid-configuration`, { GET: discovery }, anybody);
  resource(app, site, `${ISSUER_PATH}/protocol/openid-connect/token`, { POST: token }, anybody);
  resource(app, site, `${ISSUER_PATH}/protocol/openid-connect/certs`, { GET: () => ({ json: { keys: [] } }) }, anybody);
}

function discovery(call: Call): Answer {
  const issuer = `${call.site.urls.web}${ISSUER_PATH}`;
  return {
    json: {
      issuer,
      token_endpoint: `${issuer}/protocol/openid-connect/token`,
      jwks_uri: `${issuer}/protocol/openid-connect/certs`,
      grant_types_supported: ['client_credentials'],
      response_types_supported: ['none'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
      scopes_supported: SCOPES,
    },
  };
}

const SCOPES = ['openid', 'email', 'profile', 'collab.drive'];

async function token(call: Call): Promise<Answer> {
  const basic = basicCredentials(call.header('authorization'));
  const id = basic?.id ?? call.field('client_id') ?? '';
  const secret = basic?.secret ?? call.field('client_secret') ?? '';
  const grant = call.field('grant_type');
  if (grant === undefined) throw oauth(400, 'invalid_request', 'Missing form parameter: grant_type');
  if (grant !== 'client_credentials') throw oauth(400, 'unsupported_grant_type', 'Unsupported grant_type');
  const scope = (call.field('scope') ?? 'openid').split(' ').filter((name) => name !== '');
  const unknown = scope.find((name) => !SCOPES.includes(name));
  const account = await call.site.accounts.signInClient(id, secret);
  if (!account) throw oauth(401, 'unauthorized_client', 'Invalid client or Invalid client credentials');
  if (unknown !== undefined) throw oauth(400, 'invalid_scope', `Invalid scopes: ${scope.join(' ')}`);
  return {
    json: {
      access_token: call.site.bearers.issue(account.email),
      expires_in: BEARER_LIFETIME_S,
      refresh_expires_in: 0,
      token_type: 'Bearer',
      'not-before-policy': 0,
      scope: scope.join(' '),
    },
    headers: { 'cache-control': 'no-store', pragma: 'no-cache' },
  };
}

const oauth = (status: number, error: string, description: string) =>
  new Refusal({ status, json: { error, error_description: description } });

/** HTTP Basic as OAuth 2 wants it: both parts are form-encoded (RFC 6749, 2.3.1). */
function basicCredentials(header: string | undefined): { id: string; secret: string } | undefined {
  const encoded = /^basic\s+(\S+)$/i.exec((header ?? '').trim())?.[1];
  if (encoded === undefined) return undefined;
  const [id = '', ...rest] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  try {
    const decode = (text: string): string => decodeURIComponent(text.replaceAll('+', ' '));
    return { id: decode(id), secret: decode(rest.join(':')) };
  } catch (error) {
    if (error instanceof URIError) throw oauth(401, 'invalid_client', 'Malformed client credentials');
    throw error;
  }
}
