import type { FastifyInstance } from 'fastify';
import { isObjectId } from '../../seafile/objects/index.ts';
import { formatPath, parsePath } from '../libraries/index.ts';
import type { LinkPurpose } from '../links.ts';
import type { Site } from '../site.ts';
import type { LibraryRecord } from '../storage/index.ts';
import { type Answer, fail, utf8 } from './answers.ts';
import type { Call } from './call.ts';
import { resource } from './resource.ts';

/** Links to upload by (seafile-api E.1). */
export function uploadRoutes(app: FastifyInstance, site: Site): void {
  resource(app, site, '/api2/repos/:id/upload-link/', { GET: uploadLink });
  resource(app, site, '/api2/repos/:id/update-link/', { GET: (call) => ({ json: makeLink(call, 'update').url }) });
  resource(app, site, '/api/v2.1/repos/:id/file-uploaded-bytes/', { GET: uploadedBytes });
  resource(app, site, '/api2/repos/:id/upload-blks-link/', { GET: blocksLink, POST: missingBlocks });
  resource(app, site, '/api2/repos/:id/update-blks-link/', {
    GET: (call) => ({ json: makeLink(call, 'blocks', 'update-blks-api').url }),
  });
}

const ROUTES = { upload: 'upload-api', update: 'update-api', blocks: 'upload-blks-api' } as const;

/**
 * How far an upload in pieces has come (seafile-api E.6). The real server tells anybody; here one has to be able to write
 * to the library.
 */
function uploadedBytes(call: Call): Answer {
  const library = call.library('rw');
  const path = parsePath(`${call.query('parent_dir') ?? '/'}/${call.query('file_name') ?? ''}`);
  const file = { library: library.id, account: call.account, path: formatPath(path) };
  return { json: { uploadedBytes: call.site.chunks.received(file) }, headers: { 'accept-ranges': 'bytes' } };
}

function makeLink(
  call: Call,
  kind: 'upload' | 'update' | 'blocks',
  route: string = ROUTES[kind],
): { library: LibraryRecord; token: string; url: string } {
  const library = call.library('r', { forbidden: 'You do not have permission to access this folder.' });
  const path = parsePath(call.query('p') ?? '/');
  const { libraries, links, urls, usage } = call.site;
  if (libraries.trees(library).findDirectory(libraries.head(library).rootId, path) === undefined) {
    throw fail(404, `Folder ${formatPath(path)} not found.`);
  }
  call.library('rw', { forbidden: 'You do not have permission to access this folder.' });
  if (!usage.allows(library.owner, 0)) throw fail(443, 'Out of quota.');
  const purpose: LinkPurpose = { kind, folder: formatPath(path) };
  const token = links.make(library.id, call.account, purpose);
  return { library, token, url: `${urls.files}/${route}/${token}` };
}

export function uploadLink(call: Call): Answer {
  const from = call.query('from') ?? 'api';
  if (from !== 'api' && from !== 'web') throw fail(400, 'from invalid.');
  return { json: makeLink(call, 'upload', from === 'web' ? 'upload-aj' : 'upload-api').url };
}

function blocksLink(call: Call): Answer {
  return { json: makeLink(call, 'blocks').url };
}

/** The links of the block upload, and which of the blocks named the server lacks (seafile-api E.5). */
function missingBlocks(call: Call): Answer {
  const { library, token } = makeLink(call, 'blocks');
  const { contents, libraries, urls } = call.site;
  const wanted = (call.field('blklist') ?? '').split(',').filter((id) => id !== '');
  const store = libraries.storeOf(library);
  const missing = wanted.filter((id) => !isObjectId(id) || !contents.hasBlock(store, id));
  return utf8({
    rawblksurl: `${urls.files}/upload-raw-blks-api/${token}`,
    commiturl: `${urls.files}/upload-blks-api/${token}?commitonly=true&ret-json=true`,
    blklist: missing,
  });
}
