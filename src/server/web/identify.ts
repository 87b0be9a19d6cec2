import type { FastifyRequest } from 'fastify';
import type { LibraryId } from '../../seafile/objects/index.ts';
import type { Site } from '../site.ts';
import type { Permission } from '../storage/index.ts';
import { detail } from './answers.ts';

/** Who makes a request, and with what right. */
export interface Caller {
  /** Address of the account; empty for anybody and for library tokens. */
  readonly account: string;
  /** What a library token is good for. */
  readonly grant?: { readonly library: LibraryId; readonly permission: Permission };
}

/**
 * Who makes a request, by its `Authorization` header (seafile-api A.3, A.5).
 *
 * `Token` with an API token on every version; `Bearer` with one from version 12 on; `Bearer` with an access token of the
 * token endpoint on all, as EBRAINS' servers take it (A.1).
 */
export function identify(site: Site, request: FastifyRequest, open: 'account' | 'anybody' | 'library-token'): Caller {
  if (open === 'anybody') return { account: '' };
  const [scheme = '', ...values] = (request.headers.authorization ?? '').trim().split(/\s+/);
  const isToken = scheme.toLowerCase() === 'token';
  const isBearer = scheme.toLowerCase() === 'bearer';
  const value = values[0];
  const granted = isBearer && value !== undefined ? site.bearers.find(value) : undefined;
  if (granted !== undefined && open === 'account') return active(site, granted);
  if (!isToken && !(isBearer && site.features.bearerApiTokens)) throw notProvided();
  if (value === undefined) throw detail(401, 'Invalid token header. No credentials provided.');
  if (values.length > 1) throw detail(401, 'Invalid token header. Token string should not contain spaces.');
  const holder = site.tokens.find(value);
  if (open === 'library-token') {
    const token = holder?.kind === 'library' ? site.tokens.findLibraryToken(holder.library, holder.app) : undefined;
    if (!token) throw detail(401, 'Token inactive or deleted');
    return { account: '', grant: token };
  }
  if (holder?.kind !== 'account') throw detail(401, 'Invalid token');
  return active(site, holder.account);
}

function active(site: Site, account: string): Caller {
  if (!site.accounts.find(account)?.active) throw detail(401, 'User inactive or deleted');
  return { account };
}

/** The framework makes 403 of the 401, because its authenticator sends no challenge (seafile-api A.3). */
export const notProvided = () => detail(403, 'Authentication credentials were not provided.');

/** The token of an `Authorization` header, whatever it is worth. */
export function tokenOf(authorization: string | undefined): string | undefined {
  return /^(?:token|bearer)\s+(\S+)$/i.exec((authorization ?? '').trim())?.[1];
}
