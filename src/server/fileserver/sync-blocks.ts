import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type FileId, isObjectId } from '../../seafile/objects/index.ts';
import { MissingObjectError } from '../libraries/index.ts';
import type { Site } from '../site.ts';
import { sendBytes, syncError } from './answers.ts';
import { readIds } from './bodies.ts';
import { eachPiece } from './pieces.ts';
import { either, param, sendJson } from './requests.ts';
import { sendStream } from './streaming.ts';
import { openSession } from './sync-session.ts';

/** Largest block that is taken; clients cut at 10 MiB (seafile-api F.4). */
const MAX_BLOCK_BYTES = 256 << 20;

/** Blocks by id (seafile-api G.1). */
export function blockRoutes(app: FastifyInstance, site: Site): void {
  app.get('/repo/:id/block/:block', (request, reply) => getBlock(site, request, reply));
  app.put('/repo/:id/block/:block', (request, reply) => putBlock(site, request, reply));
  app.get('/repo/:id/block-map/:file', (request, reply) => blockMap(site, request, reply));
  either(app, 'POST', '/repo/:id/check-blocks', (request, reply) => checkBlocks(site, request, reply));
}

async function getBlock(site: Site, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { library } = openSession(site, request, 'r');
  const id = param(request, 'block');
  if (!isObjectId(id)) throw syncError(400);
  const store = site.libraries.storeOf(library);
  const size = site.contents.blockSize(store, id);
  if (size === undefined) throw syncError(500);
  const headers = { 'content-type': 'text/plain', 'content-length': size };
  return sendStream(reply, 200, headers, site.contents.readBlock(store, id, 0, size));
}

/** Stores what comes under the id that is named; the real server does not verify it either (seafile-api L 18). */
async function putBlock(site: Site, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { library } = openSession(site, request, 'rw');
  const id = param(request, 'block');
  if (!isObjectId(id)) throw syncError(400);
  const block = site.contents.writeBlock(site.libraries.storeOf(library));
  try {
    await eachPiece(request.raw, (bytes) => {
      if (block.size + bytes.length > MAX_BLOCK_BYTES) throw syncError(400);
      return block.write(bytes);
    });
    if (block.size === 0) throw syncError(400);
    await block.finish(id);
  } catch (error) {
    await block.abort();
    throw error;
  }
  return sendBytes(reply, 200, '');
}

function blockMap(site: Site, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { library } = openSession(site, request, 'r');
  const id = param(request, 'file');
  if (!isObjectId(id)) throw syncError(400);
  const store = site.libraries.storeOf(library);
  try {
    const { blockIds } = site.libraries.trees(library).file(id as FileId);
    const sizes = blockIds.map((block) => site.contents.blockSize(store, block));
    if (sizes.includes(undefined)) throw syncError(404);
    return sendJson(reply, sizes);
  } catch (error) {
    if (error instanceof MissingObjectError) throw syncError(404);
    throw error;
  }
}

async function checkBlocks(site: Site, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { library } = openSession(site, request, 'r');
  const store = site.libraries.storeOf(library);
  const ids = await readIds(request);
  return sendJson(
    reply,
    ids.filter((id) => !isObjectId(id) || !site.contents.hasBlock(store, id)),
  );
}
