import type { FastifyInstance } from 'fastify';
import { parsePath, type Revision, revisionsOf } from '../libraries/index.ts';
import type { Site } from '../site.ts';
import { type Answer, fail, utf8 } from './answers.ts';
import type { Call } from './call.ts';
import { findFile } from './files.ts';
import { resource } from './resource.ts';

/** Versions of files (seafile-api D.7). */
export function historyRoutes(app: FastifyInstance, site: Site): void {
  resource(app, site, '/api2/repos/:id/file/history/', { GET: fileHistory });
}

function fileHistory(call: Call): Answer {
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
