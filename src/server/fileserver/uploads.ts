import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { formatPath, parsePath } from '../libraries/index.ts';
import type { Link } from '../links.ts';
import type { Site } from '../site.ts';
import type { LibraryRecord } from '../storage/index.ts';
import { sendBytes, UPLOAD_JSON, uploadError } from './answers.ts';
import { commitBlocks, rawBlocks } from './block-uploads.ts';
import { param, queryValue } from './requests.ts';
import { placeFiles, updateFile } from './upload-commits.ts';
import { receiveFiles } from './upload-files.ts';

/** Uploads by link (seafile-api E). */
export function uploadRoutes(app: FastifyInstance, site: Site): void {
  app.post('/upload-api/:token', (request, reply) => upload(site, request, reply, false));
  app.post('/upload-aj/:token', (request, reply) => upload(site, request, reply, true));
  app.post('/update-api/:token', (request, reply) => update(site, request, reply));
  app.post('/update-aj/:token', (request, reply) => update(site, request, reply));
  app.post('/upload-raw-blks-api/:token', (request, reply) => rawBlocks(site, request, reply));
  app.post('/upload-blks-api/:token', (request, reply) => commitBlocks(site, request, reply));
}

/** What an upload is for; asked again at each request, so that a withdrawn permission counts at once. */
export interface UploadTarget {
  readonly link: Link;
  readonly library: LibraryRecord;
  /** The folder the link was made for. */
  readonly folder: string;
}

/** @throws FileServerError 403 */
export function uploadTarget(site: Site, request: FastifyRequest, kind: 'upload' | 'update' | 'blocks'): UploadTarget {
  const link = site.links.take(param(request, 'token'));
  if (!link) throw uploadError(403, 'Access token not found.', false);
  if (link.purpose.kind !== kind) throw uploadError(403, 'Operation does not match access token.', false);
  const library = site.libraries.find(link.library);
  if (!library) throw uploadError(400, 'Bad repo id.');
  if (link.account !== '' && site.access.permission(link.account, library) !== 'rw') {
    throw uploadError(403, 'Permission denied.', false);
  }
  // What comes in whole is in clear, and the server has no key to encrypt it with.
  if (library.encryption && kind !== 'blocks')
    throw uploadError(400, 'Repo is encrypted. Please provide password to view it.');
  return { link, library, folder: link.purpose.folder };
}

async function upload(
  site: Site,
  request: FastifyRequest,
  reply: FastifyReply,
  fromBrowser: boolean,
): Promise<FastifyReply> {
  const target = uploadTarget(site, request, 'upload');
  const received = await receiveFiles(site, request, target);
  if (!received) return sendBytes(reply, 200, '{"success": true}', 'text/plain');
  const { fields, files } = received;
  const parent = fields.get('parent_dir');
  if (parent === undefined) throw uploadError(400, 'Invalid parent dir.');
  if (files.length === 0) throw uploadError(400, 'No file uploaded.');
  const folder = formatPath(parsePath(parent));
  const { libraries } = site;
  const root = libraries.head(target.library).rootId;
  if (libraries.trees(target.library).findDirectory(root, parsePath(parent)) === undefined) {
    throw uploadError(400, "Parent dir doesn't exist.");
  }
  if (folder !== target.folder) throw uploadError(403, 'Permission denied.', false);
  const relative = fields.get('relative_path') ?? '';
  if (relative.startsWith('/')) throw uploadError(400, 'Invalid relative path.');
  checkQuota(site, target.library, files);
  const placed = await placeFiles(site, {
    library: target.library,
    author: target.link.account,
    folder: parsePath(parent),
    relative: parsePath(relative),
    files,
    replace: !fromBrowser && fields.get('replace') === '1',
    lastModify: fields.get('last_modify'),
  });
  // Several files come back in reverse (seafile-api E.2, L 10).
  const answer = placed.reverse();
  const asJson = fromBrowser || isSet(queryValue(request, 'ret-json'));
  const body = asJson ? JSON.stringify(answer) : answer.map((file) => file.id).join('\t');
  return sendBytes(reply, 200, body, UPLOAD_JSON);
}

const isSet = (value: string | undefined): boolean => value !== undefined && value !== '' && value !== '0';

export function checkQuota(site: Site, library: LibraryRecord, files: readonly { size: number }[]): void {
  const bytes = files.reduce((sum, file) => sum + file.size, 0);
  if (!site.usage.allows(library.owner, bytes)) throw uploadError(443, 'Out of quota.');
}

async function update(site: Site, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const target = uploadTarget(site, request, 'update');
  const received = await receiveFiles(site, request, target);
  if (!received) return sendBytes(reply, 200, '{"success": true}', 'text/plain');
  const { fields, files } = received;
  const path = fields.get('target_file');
  if (path === undefined) throw uploadError(400, 'No target file.');
  const [file] = files;
  if (!file) throw uploadError(400, 'No file uploaded.');
  checkQuota(site, target.library, files);
  await updateFile(site, {
    library: target.library,
    author: target.link.account,
    path: parsePath(path),
    file,
    lastModify: fields.get('last_modify'),
    base: queryValue(request, 'head'),
  });
  return sendBytes(reply, 200, file.id, UPLOAD_JSON);
}
