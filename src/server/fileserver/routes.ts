import type { FastifyInstance } from 'fastify';
import { MissingObjectError, NoCommitError, NoLibraryError, PathTooLongError } from '../libraries/index.ts';
import { MultipartError } from '../multipart/parser.ts';
import type { Site } from '../site.ts';
import { FileServerError, sendBytes, syncError, uploadError } from './answers.ts';
import { directRoutes } from './direct.ts';
import { downloadRoutes } from './downloads.ts';
import { syncRoutes } from './sync.ts';
import { uploadRoutes } from './uploads.ts';

/** All routes of the file server, without the `/seafhttp` that a proxy puts before them. */
export async function fileServerRoutes(app: FastifyInstance, site: Site): Promise<void> {
  app.removeAllContentTypeParsers();
  // Bodies are streamed: each route reads its own.
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  syncRoutes(app, site);
  downloadRoutes(app, site);
  directRoutes(app, site);
  uploadRoutes(app, site);
  app.setNotFoundHandler((_request, reply) => sendBytes(reply, 404, ''));
  app.setErrorHandler((error, request, reply) => {
    const known = asFileServerError(error);
    if (known) return sendBytes(reply, known.status, known.body, known.type);
    request.log.error({ err: error }, 'request failed');
    return sendBytes(reply, 500, '');
  });
}

function asFileServerError(error: unknown): FileServerError | undefined {
  if (error instanceof FileServerError) return error;
  if (error instanceof PathTooLongError) return uploadError(400, 'Path is too long.');
  if (error instanceof MultipartError) return uploadError(400, 'Bad request.');
  if (error instanceof NoLibraryError) return syncError(444);
  if (error instanceof NoCommitError || error instanceof MissingObjectError) return syncError(500);
  return undefined;
}
