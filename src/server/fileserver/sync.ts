import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { commitId, decodeCommit, isObjectId } from '../../seafile/objects/index.ts';
import type { Site } from '../site.ts';
import type { LibraryRecord } from '../storage/index.ts';
import { sendBytes, syncError } from './answers.ts';
import { readBody, readIds } from './bodies.ts';
import { either, param, queryValue, sendJson } from './requests.ts';
import { blockRoutes } from './sync-blocks.ts';
import { objectRoutes } from './sync-objects.ts';
import { openSession, sessionFor } from './sync-session.ts';
import { missingBlocksOf, vetCommit } from './vetting.ts';

/** The sync protocol but for objects and blocks: permissions, heads, commits (seafile-api G.1, G.4). */
export function syncRoutes(app: FastifyInstance, site: Site): void {
  app.get('/protocol-version', (_request, reply) => sendJson(reply, { version: 2 }));
  either(app, 'GET', '/repo/:id/permission-check', (request, reply) => checkPermission(site, request, reply));
  either(app, 'GET', '/repo/:id/quota-check', (request, reply) => checkQuota(site, request, reply));
  either(app, 'GET', '/repo/:id/commit/HEAD', (request, reply) => {
    const { library } = openSession(site, request, 'r');
    return sendJson(reply, { is_corrupted: 0, head_commit_id: library.head });
  });
  either(app, 'PUT', '/repo/:id/commit/HEAD', (request, reply) => putHead(site, request, reply));
  app.get('/repo/:id/commit/:commit', (request, reply) => getCommit(site, request, reply));
  app.put('/repo/:id/commit/:commit', (request, reply) => putCommit(site, request, reply));
  either(app, 'POST', '/repo/head-commits-multi', (request, reply) => headCommits(site, request, reply));
  app.get('/repo/:id/jwt-token', (request, reply) => ticket(site, request, reply));
  either(app, 'GET', '/accessible-repos', (request, reply) => accessible(site, request, reply));
  objectRoutes(app, site);
  blockRoutes(app, site);
}

/** A ticket for the notification server; where there is none, version 10 fails and newer ones say so (seafile-api G.1). */
function ticket(site: Site, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { account, library } = openSession(site, request, 'r');
  if (!site.tickets) throw syncError(site.features.notificationTicketByApi ? 404 : 500);
  return sendJson(reply, { jwt_token: site.tickets.issue(library.id, account) });
}

function checkPermission(site: Site, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const op = queryValue(request, 'op');
  if (op !== 'download' && op !== 'upload') throw syncError(400);
  const { token, library } = openSession(site, request, op === 'upload' ? 'rw' : 'r');
  if (op === 'upload') site.uploadMarks.begin(token, library);
  return sendBytes(reply, 200, '');
}

function checkQuota(site: Site, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { library } = openSession(site, request, 'r');
  const delta = Number(queryValue(request, 'delta') ?? Number.NaN);
  if (!Number.isSafeInteger(delta)) throw syncError(400);
  if (!site.usage.allows(library.owner, delta)) throw syncError(443);
  return sendBytes(reply, 200, '');
}

async function putHead(site: Site, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { token, account, library } = openSession(site, request, 'rw');
  const head = queryValue(request, 'head') ?? '';
  if (!isObjectId(head)) throw syncError(400);
  const commit = site.libraries.commit(library, head);
  if (!commit) throw syncError(500);
  if (commit.parentId === null || !site.libraries.commit(library, commit.parentId)) throw syncError(400);
  const vetted = vetCommit(site, library, commit);
  if (vetted.refusedName) throw syncError(400);
  if (!site.usage.allows(library.owner, vetted.addedBytes)) throw syncError(443);
  if (site.features.verifyBlocks) {
    const missing = missingBlocksOf(site, library, vetted.newFiles);
    if (missing.length > 0) throw syncError(446, JSON.stringify(missing));
  }
  if (site.features.refuseCollected && site.uploadMarks.isStale(token, library)) throw syncError(409);
  await site.branches.push(library.id, commit.id, account);
  return sendBytes(reply, 200, '');
}

function getCommit(site: Site, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { library } = openSession(site, request, 'r');
  const id = param(request, 'commit');
  if (!isObjectId(id)) throw syncError(400);
  const text = site.libraries.commits.readText(library.id, commitId(id));
  if (!text) throw syncError(404);
  return sendBytes(reply, 200, text, 'text/plain');
}

async function putCommit(site: Site, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { library } = openSession(site, request, 'rw');
  const id = param(request, 'commit');
  const body = await readBody(request);
  let claims: { id: string; library: string };
  try {
    const commit = decodeCommit(body.toString('utf8'));
    claims = { id: commit.id, library: commit.libraryId };
  } catch (error) {
    // Whatever is wrong with it, it is the client's text that is wrong.
    request.log.debug({ err: error }, 'a commit that cannot be read');
    throw syncError(400);
  }
  if (claims.library !== library.id || claims.id !== id) throw syncError(400);
  site.libraries.commits.writeText(library.id, commitId(id), body);
  return sendBytes(reply, 200, '');
}

/** The heads of any libraries, for anybody: clients send no token here (seafile-api L 21). */
async function headCommits(site: Site, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const heads: Record<string, string> = {};
  for (const id of await readIds(request)) {
    const library = site.libraries.find(id);
    if (library) heads[id] = library.head;
  }
  return sendJson(reply, heads);
}

function accessible(site: Site, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { account } = sessionFor(site, request, queryValue(request, 'repo_id') ?? '', 'r');
  const show = (library: LibraryRecord, permission: string, type: string): Record<string, unknown> => ({
    version: 1,
    id: library.id,
    head_commit_id: library.head,
    name: library.name,
    mtime: site.libraries.head(library).ctime,
    permission,
    type,
    owner: library.owner,
  });
  const own = site.libraries.ownedBy(account);
  const shared = site.access.sharedWith(account);
  return sendJson(reply, [
    ...own.map((library) => show(library, 'rw', 'repo')),
    ...shared.map(({ library, permission }) => show(library, permission, 'srepo')),
  ]);
}
