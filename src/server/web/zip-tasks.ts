import type { FastifyInstance } from 'fastify';
import { formatPath, nameOf, parsePath } from '../libraries/index.ts';
import type { Site } from '../site.ts';
import { type Answer, fail, unavailable } from './answers.ts';
import type { Call } from './call.ts';
import { resource } from './resource.ts';

/** Archives of folders (seafile-api D.7). They are streamed when they are fetched: a task is done at once. */
export function zipRoutes(app: FastifyInstance, site: Site): void {
  resource(app, site, '/api/v2.1/repos/:id/zip-task/', { POST: create });
  resource(app, site, '/api/v2.1/query-zip-progress/', { GET: progress });
  resource(app, site, '/api/v2.1/cancel-zip-task/', { POST: () => ({ json: { success: true } }) });
}

function create(call: Call): Answer {
  // The view reads lists from the form and fails on JSON (seafile-api L 33).
  if (call.isJson) throw unavailable();
  const library = call.library('r');
  const folder = parsePath(call.field('parent_dir') ?? '');
  const { libraries, links } = call.site;
  const root = libraries.head(library).rootId;
  const trees = libraries.trees(library);
  if (trees.findDirectory(root, folder) === undefined) throw fail(404, `Folder ${formatPath(folder)} not found.`);
  const names = call.form().get('dirents') ?? [];
  if (names.length === 0) throw fail(400, 'dirents invalid.');
  for (const name of names) {
    if (!trees.find(root, [...folder, name])) throw fail(404, `${name} not found.`);
  }
  const token = links.make(library.id, call.account, {
    kind: 'zip',
    folder: formatPath(folder),
    names,
    title: names.length === 1 ? (names[0] ?? '') : nameOf(folder) || library.name,
  });
  return { json: { zip_token: token } };
}

function progress(call: Call): Answer {
  const link = call.site.links.peek(call.query('token') ?? '');
  if (link?.purpose.kind !== 'zip') throw fail(404, 'token not found.');
  return { json: { zipped: 1, total: 1, failed: 0, failed_reason: '', canceled: 0 } };
}
