import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { EMPTY_FILE, type FileId, isObjectId } from '../../seafile/objects/index.ts';
import { MissingObjectError, parsePath } from '../libraries/index.ts';
import type { Link } from '../links.ts';
import type { Site } from '../site.ts';
import type { LibraryRecord } from '../storage/index.ts';
import { zip } from '../zip/zip.ts';
import { downloadError, sendBytes } from './answers.ts';
import { contentTypeOf } from './content-types.ts';
import { parseRange } from './ranges.ts';
import { param } from './requests.ts';
import { sendStream } from './streaming.ts';
import { entriesOf } from './zip-entries.ts';

/** Content by link: files with ranges, and single blocks (seafile-api D.5, D.6). */
export function downloadRoutes(app: FastifyInstance, site: Site): void {
  app.route({
    method: ['GET', 'HEAD'],
    url: '/files/:token/*',
    handler: (request, reply) => getFile(site, request, reply),
  });
  app.route({ method: ['GET', 'HEAD'], url: '/zip/:token', handler: (request, reply) => getZip(site, request, reply) });
  app.route({
    method: ['GET', 'HEAD'],
    url: '/blks/:token/:block',
    handler: (request, reply) => getBlock(site, request, reply),
  });
}

/** Answers with an archive of the entries that a zip task named. */
async function getZip(site: Site, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { link, library } = take(site, request);
  if (link.purpose.kind !== 'zip') throw downloadError(403, 'Operation does not match access token.');
  inClear(library);
  const { folder, names, title } = link.purpose;
  const headers = {
    'content-type': 'application/zip',
    'content-disposition': `attachment;filename*="utf-8' '${encodeURIComponent(`${title}.zip`)}"`,
  };
  const content = zip(entriesOf(site, library, parsePath(folder), names));
  return sendStream(reply, 200, headers, request.method === 'HEAD' ? nothing() : content);
}

/** What a library's clients encrypted is nobody's file: it goes out by blocks alone (seafile-api B.6). */
function inClear(library: LibraryRecord): void {
  if (library.encryption) throw downloadError(400, 'Repo is encrypted. Please provide password to view it.');
}

function take(site: Site, request: FastifyRequest): { link: Link; library: LibraryRecord } {
  const link = site.links.take(param(request, 'token'));
  if (!link) throw downloadError(403, 'Access token not found');
  const library = site.libraries.find(link.library);
  if (!library) throw downloadError(400, 'Bad repo id');
  return { link, library };
}

async function getFile(site: Site, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { link, library } = take(site, request);
  if (link.purpose.kind !== 'download') throw downloadError(403, 'Operation does not match access token.');
  const name = param(request, '*').split('/').at(-1) ?? '';
  return sendFile(site, request, reply, { library, file: link.purpose.file, name });
}

/** A version of a file, to be sent under a name. */
export interface Download {
  readonly library: LibraryRecord;
  readonly file: FileId;
  readonly name: string;
  /** Added to those of every answer, or in place of them. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers with a file's content or a range of it. */
export async function sendFile(
  site: Site,
  request: FastifyRequest,
  reply: FastifyReply,
  download: Download,
): Promise<FastifyReply> {
  // Any value at all: a link names one version (seafile-api D.6, L 13).
  if (request.headers['if-modified-since'] !== undefined) return sendBytes(reply, 304, '');
  const { library, file, name } = download;
  inClear(library);
  const trees = site.libraries.trees(library);
  let size: number;
  try {
    size = trees.file(file).size;
  } catch (error) {
    if (error instanceof MissingObjectError) throw downloadError(404, 'File not found');
    throw error;
  }
  const common = {
    'last-modified': new Date(site.now()).toUTCString(),
    'cache-control': 'max-age=3600',
    'access-control-allow-origin': '*',
    'content-security-policy': 'sandbox',
    'x-content-type-options': 'nosniff',
    ...(site.features.etag ? { etag: file } : {}),
    ...download.headers,
  };
  const isHead = request.method === 'HEAD';
  const store = site.libraries.storeOf(library);
  const content = (start: number, end: number) =>
    isHead ? nothing() : site.contents.readFile(trees, store, file, start, end);
  const { range } = request.headers;
  if (range === undefined || file === EMPTY_FILE) {
    const headers = {
      ...common,
      'content-type': contentTypeOf(name),
      'content-length': size,
      'content-disposition': `attachment;filename*="utf-8' '${encodeURIComponent(name)}"`,
    };
    return sendStream(reply, 200, headers, content(0, size));
  }
  const wanted = parseRange(range, size);
  if (!wanted) {
    return sendStream(reply, 416, { ...common, 'content-range': `bytes */${size}`, 'content-length': 0 }, nothing());
  }
  const headers = {
    ...common,
    'accept-ranges': 'bytes',
    'content-type': contentTypeOf(name),
    'content-length': wanted.end - wanted.start,
    'content-range': `bytes ${wanted.start}-${wanted.end - 1}/${size}`,
    'content-disposition': `attachment;filename="${encodeURIComponent(name)}"`,
  };
  return sendStream(reply, 206, headers, content(wanted.start, wanted.end));
}

async function* nothing(): AsyncGenerator<Buffer> {
  // A HEAD, or an answer without a body.
}

async function getBlock(site: Site, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { link, library } = take(site, request);
  if (link.purpose.kind !== 'block') throw downloadError(403, 'Operation does not match access token.');
  const block = param(request, 'block');
  const store = site.libraries.storeOf(library);
  const size = isObjectId(block) ? site.contents.blockSize(store, block) : undefined;
  if (size === undefined) throw downloadError(404, 'Block not found');
  const headers = {
    'last-modified': new Date(site.now()).toUTCString(),
    'cache-control': 'max-age=3600',
    'content-disposition': `attachment;filename="${block}"`,
    'content-length': size,
  };
  const content = request.method === 'HEAD' ? nothing() : site.contents.readBlock(store, block, 0, size);
  return sendStream(reply, 200, headers, content);
}
