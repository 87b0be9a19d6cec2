import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { parseJson } from '../json.ts';
import { syncError } from './answers.ts';

/** Longest body that is read into memory: lists of ids and packs of objects. */
const MAX_BODY_BYTES = 256 << 20;

/** Reads a whole body. @throws FileServerError 400 when it is too long */
export async function readBody(request: FastifyRequest): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request.raw) {
    pieces.push(piece);
    length += piece.length;
    if (length > MAX_BODY_BYTES) throw syncError(400);
  }
  const [only] = pieces;
  return pieces.length === 1 && only ? only : Buffer.concat(pieces, length);
}

const idList = z.array(z.string());

/** @throws FileServerError 400 */
export async function readIds(request: FastifyRequest): Promise<string[]> {
  const body = await readBody(request);
  try {
    return idList.parse(parseJson(body.toString('utf8')));
  } catch (error) {
    request.log.debug({ err: error }, 'a list of ids that cannot be read');
    throw syncError(400);
  }
}
