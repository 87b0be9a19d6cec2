import type { FastifyInstance } from 'fastify';
import { parsePath, type Revision, revisionsOf } from '../libraries/index.ts';
import type { Site } from '../site.ts';
import { type Answer, fail, utf8 } from './answers.ts';
import type { Call } from './call.ts';
import { downloadUrl, findFile } from './download-links.ts';
import { isoTime } from './formats.ts';
import { resource } from './resource.ts';
import { restoreAt } from './reverting.ts';

/** Versions of files, and going back to them (seafile-api D.7). */
export function historyRoutes(app: FastifyInstance, site: Site): void {
  resource(app, site, '/api2/repos/:id/file/history/', { GET: list });
  resource(app, site, '/api2/repos/:id/file/revision/', { GET: link });
  resource(app, site, '/api2/repos/:id/file/revert/', { PUT: revert });
  resource(app, site, '/api2/repos/:id/dir/revert/', { PUT: revert });
  resource(app, site, '/api/v2.1/repos/:id/file/history/', { GET: listNew });
}

function list(call: Call): Answer {
  const library = call.library('r', { forbidden: 'Permission denied.' });
  const path = parsePath(call.query('p') ?? '');
  if (path.length === 0) throw fail(400, 'Path is missing.');
  if (!findFile(call, library, path)) throw fail(404, 'File not found.');
  const commits = [...revisionsOf(call.site.libraries, library, path)].map((revision) => showRevision(call, revision));
  return utf8({ commits });
}

function showRevision(call: Call, { commit, file }: Revision): Record<string, unknown> {
  return {
    id: commit.id,
    creator_name: commit.creatorName,
    creator: commit.creator,
    desc: commit.description,
    ctime: commit.ctime,
    parent_id: commit.parentId,
    second_parent_id: commit.secondParentId,
    repo_id: commit.libraryId,
    root_id: commit.rootId,
    version: 1,
    new_merge: commit.newMerge ?? false,
    conflict: commit.conflict ?? false,
    rev_file_id: file.id,
    rev_file_size: file.size,
    rev_renamed_old_path: null,
    device_name: commit.deviceName ?? null,
    client_version: commit.clientVersion ?? null,
    next_start_commit: null,
    user_info: {
      email: commit.creatorName,
      name: call.site.accounts.nameOf(commit.creatorName),
      contact_email: commit.creatorName,
    },
  };
}

/** Unlike the older call it takes `path`, and goes on at `commit_id` (seafile-api D.7). */
function listNew(call: Call): Answer {
  const library = call.library('r');
  const text = call.query('path') ?? '';
  const path = parsePath(text);
  if (path.length === 0) throw fail(400, 'path invalid.');
  const { accounts, libraries, urls } = call.site;
  const fromId = call.query('commit_id');
  const from = fromId === undefined || fromId === '' ? undefined : libraries.commit(library, fromId);
  if (fromId && !from) throw fail(404, `Commit ${fromId} not found.`);
  if (!findFile(call, library, path, from?.id)) throw fail(404, `File ${text} not found.`);
  const limit = Number(call.query('limit') ?? '50');
  if (!Number.isSafeInteger(limit) || limit < 1) throw fail(400, 'limit invalid.');
  const data: Record<string, unknown>[] = [];
  let next: string | false = false;
  for (const { commit, file } of revisionsOf(libraries, library, path, from)) {
    if (data.length === limit) {
      next = commit.id;
      break;
    }
    data.push({
      commit_id: commit.id,
      ctime: isoTime(commit.ctime),
      size: file.size,
      rev_file_id: file.id,
      rev_renamed_old_path: '',
      creator_email: commit.creatorName,
      creator_name: accounts.nameOf(commit.creatorName),
      creator_contact_email: commit.creatorName,
      creator_avatar_url: `${urls.web}/media/avatars/default.png`,
      description: commit.description,
      path: text,
    });
  }
  return { json: { data, next_start_commit: next } };
}

function link(call: Call): Answer {
  const library = call.library('r', { forbidden: 'You do not have permission to access this file.' });
  const path = parsePath(call.query('p') ?? '');
  if (path.length === 0) throw fail(400, 'Path is missing.');
  const entry = findFile(call, library, path, call.query('commit_id') ?? '');
  if (!entry) throw fail(404, 'Revision not found');
  return utf8(downloadUrl(call.site, library, entry, call.account, call.query('reuse') === '1'), { oid: entry.id });
}

/** `p` and `commit_id` come in the body here (seafile-api 0.2). */
async function revert(call: Call): Promise<Answer> {
  const library = call.library('rw');
  const path = parsePath(call.text('p') ?? '');
  const commit = call.text('commit_id') ?? '';
  if (path.length === 0) throw fail(400, 'Path is missing.');
  if (commit === '') throw fail(400, 'Revision is missing.');
  const outcome = await restoreAt(call, library, path, commit);
  if (typeof outcome === 'string') throw fail(404, outcome);
  return { json: { success: true } };
}
