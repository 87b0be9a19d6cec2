import type { FastifyReply, FastifyRequest } from 'fastify';
import { type BlockId, isObjectId } from '../../seafile/objects/index.ts';
import { parseJson } from '../json.ts';
import { parsePath } from '../libraries/index.ts';
import type { Site } from '../site.ts';
import { sendBytes, UPLOAD_JSON, uploadError } from './answers.ts';
import { placeFiles } from './upload-commits.ts';
import { blockSink, readUpload } from './upload-form.ts';
import { checkQuota, uploadTarget } from './uploads.ts';

/** Many blocks in one request, each named by its SHA-1 (seafile-api E.5). */
export async function rawBlocks(site: Site, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { library } = uploadTarget(site, request, 'blocks');
  const store = site.libraries.storeOf(library);
  let count = 0;
  await readUpload(request, (name) => {
    count += 1;
    if (!isObjectId(name)) throw uploadError(500, 'Internal error');
    return blockSink(site.contents.writeBlock(store), name);
  });
  if (count === 0) throw uploadError(400, 'No file uploaded.');
  return sendBytes(reply, 200, '"OK"', UPLOAD_JSON);
}

/** Makes a file of blocks that are stored (seafile-api E.5). */
export async function commitBlocks(site: Site, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { library, link } = uploadTarget(site, request, 'blocks');
  const fields = await readUpload(request, () => ({
    write: () => undefined,
    end: () => Promise.resolve(),
    abort: () => Promise.resolve(),
  }));
  const parent = fields.get('parent_dir');
  const name = fields.get('file_name');
  const list = fields.get('blockids');
  if (list === undefined) throw uploadError(400, 'No blockids.');
  if (parent === undefined) throw uploadError(400, 'Invalid parent dir.');
  if (name === undefined) throw uploadError(400, 'No file name.');
  const blockIds = parseBlockIds(list);
  const { libraries, contents } = site;
  const trees = libraries.trees(library);
  if (trees.findDirectory(libraries.head(library).rootId, parsePath(parent)) === undefined) {
    throw uploadError(400, "Parent dir doesn't exist.");
  }
  const store = libraries.storeOf(library);
  const sizes = blockIds.map((id) => contents.blockSize(store, id));
  // Its size cannot be read, so the real server believes the quota is exceeded (seafile-api E.5, L 16).
  if (sizes.includes(undefined)) throw uploadError(443, 'Out of quota.');
  const stored = sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
  const size = Number(fields.get('file_size') ?? Number.NaN);
  // The real server believes any size and makes a file that cannot be read (seafile-api L 18).
  if (size !== stored) throw uploadError(400, 'Bad request.');
  const file = { name, size, id: trees.saveFile(blockIds, size) };
  checkQuota(site, library, [file]);
  await placeFiles(site, {
    library,
    author: link.account,
    folder: parsePath(parent),
    relative: [],
    files: [file],
    replace: fields.get('replace') === '1',
    lastModify: fields.get('last_modify'),
    propagate: false,
    dot: false,
  });
  return sendBytes(reply, 200, JSON.stringify({ id: file.id }), UPLOAD_JSON);
}

function parseBlockIds(text: string): BlockId[] {
  let parsed: unknown;
  try {
    parsed = parseJson(text);
  } catch {
    // Not JSON at all: refused like JSON of another form.
    parsed = undefined;
  }
  if (!Array.isArray(parsed)) throw uploadError(400, 'Bad request.');
  return parsed.map((id: unknown) => {
    if (typeof id !== 'string' || !isObjectId(id)) throw uploadError(443, 'Out of quota.');
    return id as BlockId; // Its form was just checked.
  });
}
