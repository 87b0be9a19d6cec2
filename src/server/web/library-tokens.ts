import type { FastifyInstance } from 'fastify';
import { parsePath } from '../libraries/index.ts';
import type { Site } from '../site.ts';
import type { LibraryRecord, LibraryTokenRecord, Permission } from '../storage/index.ts';
import { type Answer, fail } from './answers.ts';
import { batch, batchDelete } from './batch.ts';
import type { Call } from './call.ts';
import { listNew, operateNew, removeNew } from './directories.ts';
import { downloadUrl, findFile } from './download-links.ts';
import { describeNew, lockNew, operateNew as operateFile, removeNew as removeFile } from './files.ts';
import { isoTime } from './formats.ts';
import { resource } from './resource.ts';
import { uploadLink } from './uploads.ts';

/** Tokens that open one library for an application: making them, and what they open (seafile-api A.5). */
export function libraryTokenRoutes(app: FastifyInstance, site: Site): void {
  resource(app, site, '/api/v2.1/repos/:id/repo-api-tokens/', { GET: list, POST: create });
  resource(app, site, '/api/v2.1/repos/:id/repo-api-tokens/:app/', { PUT: change, DELETE: remove });

  const base = '/api/v2.1/via-repo-token';
  const token = { open: 'library-token' } as const;
  resource(app, site, `${base}/dir/`, { GET: listNew, POST: operateNew, DELETE: removeNew }, token);
  resource(app, site, `${base}/upload-link/`, { GET: uploadLink }, token);
  resource(app, site, `${base}/download-link/`, { GET: downloadLink }, token);
  resource(app, site, `${base}/repo-info/`, { GET: info }, token);
  if (!site.features.fullLibraryTokens) return;
  const files = { GET: describeNew, POST: operateFile, PUT: lockNew, DELETE: removeFile };
  resource(app, site, `${base}/file/`, files, token);
  resource(app, site, `${base}/sync-batch-move-item/`, { POST: (call) => batch(call, 'move') }, token);
  resource(app, site, `${base}/sync-batch-copy-item/`, { POST: (call) => batch(call, 'copy') }, token);
  resource(app, site, `${base}/batch-delete-item/`, { DELETE: batchDelete }, token);
}

function owned(call: Call): LibraryRecord {
  const library = call.library('r');
  if (library.owner !== call.account) throw fail(403, 'Permission denied.');
  return library;
}

function permissionOf(call: Call): Permission {
  const permission = call.text('permission') ?? 'rw';
  if (permission !== 'r' && permission !== 'rw') throw fail(400, 'permission invalid.');
  return permission;
}

function show(record: LibraryTokenRecord): Record<string, unknown> {
  return {
    repo_id: record.library,
    app_name: record.app,
    generated_by: record.generatedBy,
    permission: record.permission,
    api_token: record.token,
  };
}

function list(call: Call): Answer {
  return { json: { repo_api_tokens: call.site.tokens.libraryTokens(owned(call).id).map(show) } };
}

function create(call: Call): Answer {
  const library = owned(call);
  const app = call.text('app_name') ?? '';
  if (app === '' || app.includes('/')) throw fail(400, 'app_name invalid.');
  const permission = permissionOf(call);
  if (call.site.tokens.findLibraryToken(library.id, app)) throw fail(400, `app: ${app} token already exists.`);
  return { json: show(call.site.tokens.newLibraryToken(library.id, app, call.account, permission)) };
}

function change(call: Call): Answer {
  const record = call.site.tokens.findLibraryToken(owned(call).id, call.param('app'));
  if (!record) throw fail(404, 'api token not found');
  return { json: show(call.site.tokens.setLibraryTokenPermission(record, permissionOf(call))) };
}

function remove(call: Call): Answer {
  if (!call.site.tokens.removeLibraryToken(owned(call).id, call.param('app'))) throw fail(404, 'api token not found');
  return { json: { success: true } };
}

function downloadLink(call: Call): Answer {
  const library = call.library('r');
  const path = parsePath(call.query('p') ?? '');
  if (path.length === 0) throw fail(400, 'path invalid.');
  const entry = findFile(call, library, path);
  if (!entry) throw fail(404, 'File not found');
  return { json: downloadUrl(call.site, library, entry, '', call.query('reuse') === '1') };
}

function info(call: Call): Answer {
  const library = call.library('r');
  const { features, libraries } = call.site;
  const size = libraries.size(library);
  const more = {
    size: size.bytes,
    file_count: size.files,
    last_modified: isoTime(libraries.head(library).ctime),
  };
  return { json: { repo_id: library.id, repo_name: library.name, ...(features.fullLibraryTokens ? more : {}) } };
}
