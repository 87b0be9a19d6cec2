import type { FastifyInstance } from 'fastify';
import type { FileEntry } from '../../seafile/objects/index.ts';
import { formatPath, type Path, parsePath } from '../libraries/index.ts';
import type { Site } from '../site.ts';
import type { LibraryRecord } from '../storage/index.ts';
import { type Answer, fail, utf8 } from './answers.ts';
import type { Call } from './call.ts';
import { quotePath } from './formats.ts';
import { resource } from './resource.ts';

/** Links to the content of files and blocks (seafile-api D.5). */
export function downloadLinkRoutes(app: FastifyInstance, site: Site): void {
  resource(app, site, '/api2/repos/:id/files/:file/blks/:block/download-link/', { GET: blockLink });
}

/** @returns the file at a path of the newest version, or of a commit's */
export function findFile(call: Call, library: LibraryRecord, path: Path, commitId?: string): FileEntry | undefined {
  const { libraries } = call.site;
  const record = libraries.get(library.id);
  const commit = commitId === undefined ? libraries.head(record) : libraries.commit(record, commitId);
  const entry = commit && libraries.trees(record).find(commit.rootId, path);
  return entry?.kind === 'file' ? entry : undefined;
}

/** GET of `/api2/repos/{id}/file/`: a link, or the blocks the file is made of. */
export function fileLink(call: Call): Answer {
  const library = call.library('r', { forbidden: 'You do not have permission to access this file.' });
  const path = parsePath(call.query('p') ?? '');
  if (path.length === 0) throw fail(400, 'Path is missing.');
  const entry = findFile(call, library, path);
  if (!entry) throw fail(404, 'File not found');
  if (call.query('op') === 'downloadblks') {
    const blklist = call.site.libraries.trees(library).file(entry.id).blockIds;
    return utf8(
      {
        file_id: entry.id,
        blklist,
        encrypted: library.encryption !== undefined,
        enc_version: library.encryption?.version ?? 0,
      },
      { oid: entry.id },
    );
  }
  return utf8(downloadUrl(call.site, library, entry, call.account, call.query('reuse') === '1'), { oid: entry.id });
}

/** A link to one version of a file; it still serves that version when the path has another one (seafile-api D.5). */
export function downloadUrl(
  site: Site,
  library: LibraryRecord,
  entry: FileEntry,
  account: string,
  reuse: boolean,
): string {
  const token = site.links.make(library.id, account, { kind: 'download', file: entry.id }, !reuse);
  return `${site.urls.files}/files/${token}/${quotePath(entry.name)}`;
}

function blockLink(call: Call): Answer {
  const library = call.library('r', { forbidden: 'You do not have permission to access this repo.' });
  const folder = parsePath(call.query('p') ?? '/');
  const { libraries, links, urls } = call.site;
  const trees = libraries.trees(library);
  if (trees.findDirectory(libraries.head(library).rootId, folder) === undefined) {
    throw fail(404, `Folder ${formatPath(folder)} not found.`);
  }
  const file = call.param('file') as FileEntry['id'];
  const token = links.make(library.id, call.account, { kind: 'block', file }, true);
  return { json: `${urls.files}/blks/${token}/${call.param('block')}` };
}
