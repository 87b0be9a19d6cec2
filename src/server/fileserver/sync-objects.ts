import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  type DirectoryId,
  decodeFrames,
  EMPTY_DIRECTORY,
  EMPTY_FILE,
  encodeFrame,
  isObjectId,
} from '../../seafile/objects/index.ts';
import type { Trees } from '../libraries/index.ts';
import type { Site } from '../site.ts';
import { sendBytes, syncError } from './answers.ts';
import { readBody, readIds } from './bodies.ts';
import { either, queryValue, sendJson } from './requests.ts';
import { openSession } from './sync-session.ts';

/** A pack ends with the record that brings it to this size (seafile-api G.2). */
const PACK_BYTES = 1 << 20;

/** Directory and file objects in bulk (seafile-api G.1, G.2). */
export function objectRoutes(app: FastifyInstance, site: Site): void {
  either(app, 'GET', '/repo/:id/fs-id-list', (request, reply) => listIds(site, request, reply));
  either(app, 'POST', '/repo/:id/pack-fs', (request, reply) => pack(site, request, reply));
  either(app, 'POST', '/repo/:id/check-fs', (request, reply) => check(site, request, reply));
  either(app, 'POST', '/repo/:id/recv-fs', (request, reply) => receive(site, request, reply));
}

function listIds(site: Site, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { library } = openSession(site, request, 'r');
  const { libraries } = site;
  const rootOf = (id: string): DirectoryId => {
    const commit = libraries.commit(library, id);
    if (!commit) throw syncError(500);
    return commit.rootId;
  };
  const server = queryValue(request, 'server-head') ?? '';
  const client = queryValue(request, 'client-head') ?? '';
  if (!isObjectId(server) || (client !== '' && !isObjectId(client))) throw syncError(400);
  const ids: string[] = [];
  const foldersOnly = (queryValue(request, 'dir-only') ?? '') !== '';
  collect(libraries.trees(library), rootOf(server), client === '' ? undefined : rootOf(client), foldersOnly, ids);
  return sendJson(reply, ids);
}

/**
 * Ids in post-order: what a folder holds comes before the folder, by ascending name. Ids may occur more than
 * once, zero ids do not (seafile-api G.3).
 *
 * @param known a tree the client has: what is in it at the same place with the same id is left out
 */
function collect(
  trees: Trees,
  folder: DirectoryId,
  known: DirectoryId | undefined,
  foldersOnly: boolean,
  ids: string[],
): void {
  if (folder === known || folder === EMPTY_DIRECTORY) return;
  const old = new Map((known === undefined ? [] : trees.entries(known)).map((entry) => [entry.name, entry]));
  for (const entry of [...trees.entries(folder)].reverse()) {
    const before = old.get(entry.name);
    if (entry.kind === 'directory') {
      collect(trees, entry.id, before?.kind === 'directory' ? before.id : undefined, foldersOnly, ids);
    } else if (!foldersOnly && entry.id !== EMPTY_FILE && before?.id !== entry.id) {
      ids.push(entry.id);
    }
  }
  ids.push(folder);
}

async function pack(site: Site, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { library } = openSession(site, request, 'r');
  const store = site.libraries.storeOf(library);
  const records: Uint8Array[] = [];
  let bytes = 0;
  for (const id of await readIds(request)) {
    const compressed = isObjectId(id) ? site.objects.read('fs', store, id) : undefined;
    if (!compressed) throw syncError(500);
    const record = encodeFrame({ id, compressed });
    records.push(record);
    bytes += record.byteLength;
    if (bytes >= PACK_BYTES) break;
  }
  return sendBytes(reply, 200, Buffer.concat(records, bytes), 'text/plain');
}

async function check(site: Site, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { library } = openSession(site, request, 'r');
  const store = site.libraries.storeOf(library);
  const ids = await readIds(request);
  return sendJson(
    reply,
    ids.filter((id) => !isObjectId(id) || !site.objects.has('fs', store, id)),
  );
}

/** Stores objects as they come; the real server verifies neither ids nor content (seafile-api G.2, L 18). */
async function receive(site: Site, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { library } = openSession(site, request, 'rw');
  const store = site.libraries.storeOf(library);
  const body = await readBody(request);
  try {
    for (const { id, compressed } of decodeFrames(body)) {
      if (!isObjectId(id)) throw syncError(400);
      site.objects.write('fs', store, id, compressed);
    }
  } catch (error) {
    if (error instanceof RangeError) throw syncError(400);
    throw error;
  }
  return sendBytes(reply, 200, '');
}
