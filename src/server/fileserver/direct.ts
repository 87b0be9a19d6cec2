import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { parsePath } from '../libraries/index.ts';
import { livingLink } from '../share-link-access.ts';
import type { Site } from '../site.ts';
import type { LibraryRecord } from '../storage/index.ts';
import { downloadError, sendBytes } from './answers.ts';
import { sendFile } from './downloads.ts';
import { param } from './requests.ts';

/** Reading a file without asking for a link: by its path with an API token, or by a share link (seafile-api D.6; version 12). */
export function directRoutes(app: FastifyInstance, site: Site): void {
  if (!site.features.directAccess) return;
  app.route({
    method: ['GET', 'HEAD'],
    url: '/repos/:id/files/*',
    handler: (request, reply) => getByPath(site, request, reply),
  });
  app.route({
    method: ['GET', 'HEAD'],
    url: '/f/:token',
    handler: (request, reply) => getShared(site, request, reply),
  });
}

/** The file of a share link. Links with a password are for browsers, whose session has it. */
async function getShared(site: Site, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const link = livingLink(site, param(request, 'token'));
  if (!link) throw downloadError(404, 'Link not found');
  const { record, library } = link;
  if (record.kind !== 'download' || record.isFolder || !record.canDownload || record.password !== null) {
    throw downloadError(403, 'Permission denied.');
  }
  const entry = site.libraries.trees(library).find(site.libraries.head(library).rootId, parsePath(record.path));
  if (entry?.kind !== 'file') throw downloadError(400, 'File not found');
  site.tables.shareLinks.put(record.token, { ...record, views: record.views + 1 });
  return sendFile(site, request, reply, { library, file: entry.id, name: entry.name, headers: {} });
}

async function getByPath(site: Site, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const token = /^token\s+(\S+)$/i.exec((request.headers.authorization ?? '').trim())?.[1];
  if (token === undefined) throw downloadError(400, 'Both token and cookie are not set');
  const library = site.libraries.find(param(request, 'id'));
  if (!library) throw downloadError(404, 'Library not found');
  if (!mayRead(site, token, library)) throw downloadError(403, 'Permission denied.');
  const path = parsePath(param(request, '*'));
  const entry = site.libraries.trees(library).find(site.libraries.head(library).rootId, path);
  if (entry?.kind !== 'file') throw downloadError(400, 'File not found');
  const fresh = { etag: entry.id, 'cache-control': 'private, no-cache' };
  // The id is compared as it stands, without quotes.
  if (request.headers['if-none-match'] === entry.id) return sendBytes(reply.headers(fresh), 304, '');
  return sendFile(site, request, reply, { library, file: entry.id, name: entry.name, headers: fresh });
}

/** Tokens of devices are not taken here, library tokens are. */
function mayRead(site: Site, token: string, library: LibraryRecord): boolean {
  if (site.tokens.isDevice(token)) return false;
  const holder = site.tokens.find(token);
  if (holder?.kind === 'library') return holder.library === library.id;
  const active = holder && site.accounts.find(holder.account)?.active;
  return active === true && site.access.permission(holder.account, library) !== undefined;
}
