import type { FastifyInstance } from 'fastify';
import type { DirectoryId } from '../../seafile/objects/index.ts';
import type { Site } from '../site.ts';
import { type Answer, fail } from './answers.ts';
import type { Call } from './call.ts';
import { isoTime } from './formats.ts';
import { resource } from './resource.ts';

const MAX_RESULTS = 1000;

/** Finding files and folders by a part of their name (seafile-api J). */
export function searchRoutes(app: FastifyInstance, site: Site): void {
  resource(app, site, '/api/v2.1/search-file/', { GET: search });
}

function search(call: Call): Answer {
  const library = call.libraryById(call.query('repo_id') ?? '', 'r');
  const wanted = (call.query('q') ?? '').toLowerCase();
  if (wanted === '') throw fail(400, 'q invalid.');
  const { libraries } = call.site;
  const trees = libraries.trees(library);
  const found: Record<string, unknown>[] = [];
  const walk = (folder: DirectoryId, at: string): void => {
    for (const entry of trees.entries(folder)) {
      if (found.length >= MAX_RESULTS) return;
      const path = `${at}/${entry.name}`;
      const isFolder = entry.kind === 'directory';
      if (entry.name.toLowerCase().includes(wanted)) {
        const size = entry.kind === 'file' ? entry.size : 0;
        found.push({ path, size, mtime: isoTime(entry.mtime), type: isFolder ? 'folder' : 'file' });
      }
      if (isFolder) walk(entry.id, path);
    }
  };
  walk(libraries.head(library).rootId, '');
  return { json: { data: found } };
}
