import type { FastifyInstance } from 'fastify';
import type { Site } from '../site.ts';
import { accountRoutes } from './account.ts';
import { page } from './answers.ts';
import { batchRoutes } from './batch.ts';
import { commitRoutes } from './commits.ts';
import { directoryRoutes } from './directories.ts';
import { downloadLinkRoutes } from './download-links.ts';
import { fileRoutes } from './files.ts';
import { historyRoutes } from './history.ts';
import { libraryRoutes } from './libraries.ts';
import { libraryTokenRoutes } from './library-tokens.ts';
import { metricsRoutes } from './metrics.ts';
import { oidcRoutes } from './oidc.ts';
import { answer, type Resource } from './resource.ts';
import { searchRoutes } from './search.ts';
import { shareLinkRoutes } from './share-links.ts';
import { sharingRoutes } from './sharing.ts';
import { trashRoutes } from './trash.ts';
import { uploadRoutes } from './uploads.ts';
import { zipRoutes } from './zip-tasks.ts';

/** Longest body of a web API call; files go to the file server. */
const MAX_BODY_BYTES = 16 << 20;

/** All routes of the web application. */
export async function webRoutes(app: FastifyInstance, site: Site): Promise<void> {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>('*', { parseAs: 'buffer', bodyLimit: MAX_BODY_BYTES }, (_request, body, done) => {
    done(null, body);
  });
  const resources: { readonly pattern: RegExp; readonly resource: Resource | undefined }[] = [];
  app.addHook('onRoute', ({ url, config }) => {
    const { resource } = (config ?? {}) as { resource?: Resource }; // Put there by resource.ts.
    resources.push({ pattern: patternOf(url), resource });
  });
  accountRoutes(app, site);
  oidcRoutes(app, site);
  libraryRoutes(app, site);
  directoryRoutes(app, site);
  fileRoutes(app, site);
  downloadLinkRoutes(app, site);
  uploadRoutes(app, site);
  sharingRoutes(app, site);
  batchRoutes(app, site);
  historyRoutes(app, site);
  commitRoutes(app, site);
  trashRoutes(app, site);
  libraryTokenRoutes(app, site);
  shareLinkRoutes(app, site);
  searchRoutes(app, site);
  zipRoutes(app, site);
  metricsRoutes(app, site);
  app.setNotFoundHandler((request, reply) => {
    const [path = '', query] = request.url.split('?');
    // Django's APPEND_SLASH (seafile-api 0.1).
    if (!path.endsWith('/') && resources.some(({ pattern }) => pattern.test(`${path}/`))) {
      const location = query === undefined ? `${path}/` : `${path}/?${query}`;
      return reply.status(301).header('location', location).send();
    }
    // A method that a resource has no route for.
    const found = resources.find(({ pattern }) => pattern.test(path))?.resource;
    if (found) return answer(site, request, reply, found);
    const missing = page(404, 'Page not found', 'Sorry, but the requested page could not be found.');
    return reply
      .status(404)
      .header('content-type', missing.type)
      .send(Buffer.from(missing.text ?? ''));
  });
}

function patternOf(url: string): RegExp {
  return new RegExp(`^${url.replaceAll('.', '\\.').replaceAll(/:[^/]+/g, '[^/]+')}$`);
}
