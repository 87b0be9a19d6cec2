import type { FastifyRequest } from 'fastify';
import type { Site } from '../site.ts';
import type { Chunk, ChunkedFile } from '../storage/index.ts';
import { uploadError } from './answers.ts';
import { fileSink, type PartSink, readUpload, type UploadedFile, type UploadFields } from './upload-form.ts';
import type { UploadTarget } from './uploads.ts';

/** What an upload brought: its fields, and its files stored, in the order they came. */
export interface Received {
  readonly fields: UploadFields;
  readonly files: UploadedFile[];
}

/** Stores the files of an upload. @returns undefined when it was a piece of a file that is not the last */
export async function receiveFiles(
  site: Site,
  request: FastifyRequest,
  target: UploadTarget,
): Promise<Received | undefined> {
  if (request.headers['content-range'] !== undefined) return receiveChunk(site, request, target);
  const files: UploadedFile[] = [];
  const trees = site.libraries.trees(target.library);
  const store = site.libraries.storeOf(target.library);
  const fields = await readUpload(request, (name) =>
    fileSink(site.contents.writeFile(store), async (writer) => {
      const { size } = writer;
      files.push({ name, id: await writer.finish(trees), size });
    }),
  );
  return { fields, files };
}

/** One piece of a file that comes in several requests (seafile-api E.6). */
async function receiveChunk(site: Site, request: FastifyRequest, target: UploadTarget): Promise<Received | undefined> {
  const chunk = parseRange(request.headers['content-range'] ?? '');
  const name = parseName(request.headers['content-disposition'] ?? '');
  const file: ChunkedFile = {
    library: target.library.id,
    account: target.link.account,
    path: `${target.folder.replace(/\/$/, '')}/${name}`,
  };
  // A piece that would leave a hole before it is refused: the real server leaves the hole in the file.
  if (chunk.start > site.chunks.received(file)) throw uploadError(400, 'Invalid Seafile-Content-Range');
  let end = 0;
  const fields = await readUpload(request, () => chunkSink(site, file, chunk, (at) => (end = at)));
  if (end < chunk.total) return undefined;
  const writer = site.contents.writeFile(site.libraries.storeOf(target.library));
  for await (const bytes of site.chunks.take(file)) await writer.write(bytes);
  const { size } = writer;
  return { fields, files: [{ name, id: await writer.finish(site.libraries.trees(target.library)), size }] };
}

function chunkSink(site: Site, file: ChunkedFile, chunk: Chunk, done: (end: number) => void): PartSink {
  const opened = site.chunks.open(file, chunk);
  return {
    write: async (bytes) => (await opened).write(bytes),
    end: async () => done(await (await opened).end()),
    abort: async () => (await opened).abort(),
  };
}

function parseRange(header: string): Chunk {
  const found = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(header.trim());
  const [start, last, total] = found ? found.slice(1).map(Number) : [];
  if (start === undefined || last === undefined || total === undefined || start > last || last >= total) {
    throw uploadError(400, 'Invalid Seafile-Content-Range');
  }
  return { start, total };
}

function parseName(header: string): string {
  const quoted = /filename="([^"]*)"/.exec(header)?.[1];
  if (quoted === undefined || quoted === '') throw uploadError(400, 'Bad request.');
  try {
    return decodeURIComponent(quoted);
  } catch (error) {
    if (error instanceof URIError) throw uploadError(400, 'Bad request.');
    throw error;
  }
}
