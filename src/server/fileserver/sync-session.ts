import type { FastifyRequest } from 'fastify';
import { isLibraryId } from '../../seafile/objects/index.ts';
import type { Site } from '../site.ts';
import type { LibraryRecord, Permission } from '../storage/index.ts';
import { syncError } from './answers.ts';

/** A request of the sync protocol that was let in. */
export interface SyncSession {
  readonly token: string;
  readonly account: string;
  readonly library: LibraryRecord;
}

/**
 * Lets a request in by its sync token (seafile-api G): none 400, a wrong one 403, no such library 444.
 *
 * The real server remembers permissions for two hours, so that a share that was ended stays open (seafile-api L 22);
 * here each request asks afresh.
 */
export function openSession(site: Site, request: FastifyRequest, need: Permission): SyncSession {
  const params = request.params as Record<string, string>; // Fastify: every parameter of a route is a string.
  const id = params.id ?? '';
  if (!isLibraryId(id)) throw syncError(400);
  return sessionFor(site, request, id, need);
}

export function sessionFor(site: Site, request: FastifyRequest, id: string, need: Permission): SyncSession {
  const token = syncToken(site, request);
  if (token === undefined) throw syncError(400);
  const library = site.libraries.find(id);
  if (!library) throw syncError(444);
  const holder = site.tokens.findSync(token);
  if (!holder || holder.library !== library.id || !site.accounts.find(holder.account)?.active) throw syncError(403);
  const permission = site.access.permission(holder.account, library);
  if (permission === undefined || (need === 'rw' && permission !== 'rw')) throw syncError(403);
  return { token, account: holder.account, library };
}

function syncToken(site: Site, request: FastifyRequest): string | undefined {
  const header = request.headers['seafile-repo-token'];
  if (typeof header === 'string') return header;
  if (!site.features.syncAuthorization) return undefined;
  return /^\S+\s+(\S+)$/.exec((request.headers.authorization ?? '').trim())?.[1];
}
