import type { FastifyInstance } from 'fastify';
import type { Commit } from '../../seafile/objects/index.ts';
import { type CommitChange, changesBetween, commitsOf, formatPath, parsePath } from '../libraries/index.ts';
import type { Site } from '../site.ts';
import type { LibraryRecord } from '../storage/index.ts';
import { type Answer, fail, unavailable } from './answers.ts';
import type { Call } from './call.ts';
import { inListingOrder } from './entries.ts';
import { isoTime } from './formats.ts';
import { resource } from './resource.ts';

/** The history of libraries: commits, what they changed, how the tree was (seafile-api J). */
export function commitRoutes(app: FastifyInstance, site: Site): void {
  resource(app, site, '/api/v2.1/repos/:id/history/', { GET: list });
  resource(app, site, '/api2/repos/:id/history/', { GET: listOld });
  resource(app, site, '/api2/repo_history_changes/:id/', { GET: changes });
  resource(app, site, '/api/v2.1/repos/:id/commits/:commit/', { GET: describe });
  resource(app, site, '/api/v2.1/repos/:id/commits/:commit/dir/', { GET: listFolder });
  resource(app, site, '/api/v2.1/repos/:id/commits/:commit/revert/', { POST: revert });
  resource(app, site, '/api2/repos/:id/history-limit/', { GET: limit, PUT: setLimit });
}

function count(call: Call, name: string, otherwise: number): number {
  const value = Number(call.query(name) ?? otherwise);
  return Number.isSafeInteger(value) && value > 0 ? value : otherwise;
}

function pageOf(call: Call, library: LibraryRecord, otherwise: number): { commits: Commit[]; more: boolean } {
  const perPage = count(call, 'per_page', otherwise);
  const skip = (count(call, 'page', 1) - 1) * perPage;
  const commits: Commit[] = [];
  let seen = 0;
  for (const commit of commitsOf(call.site.libraries, library)) {
    if (commits.length === perPage) return { commits, more: true };
    if (seen >= skip) commits.push(commit);
    seen += 1;
  }
  return { commits, more: false };
}

function list(call: Call): Answer {
  const library = call.library('r');
  const { commits, more } = pageOf(call, library, 25);
  const data = commits.map((commit) => ({
    email: commit.creatorName,
    name: call.site.accounts.nameOf(commit.creatorName),
    contact_email: commit.creatorName,
    time: isoTime(commit.ctime),
    description: commit.description,
    commit_id: commit.id,
    client_version: commit.clientVersion ?? '',
    device_name: commit.deviceName ?? '',
    second_parent_id: commit.secondParentId,
    tags: [],
  }));
  return { json: { data, more } };
}

/** Fails on version 10, as the recorded server's did (seafile-api J). */
function listOld(call: Call): Answer {
  const library = call.library('r');
  if (!call.site.features.oldHistoryWorks) throw unavailable();
  const { commits, more } = pageOf(call, library, 25);
  const shown = commits.map((commit) => ({
    id: commit.id,
    creator_name: commit.creatorName,
    creator: commit.creator,
    desc: commit.description,
    ctime: commit.ctime,
    repo_id: library.id,
    root_id: commit.rootId,
    parent_id: commit.parentId,
    second_parent_id: commit.secondParentId,
    version: 1,
    new_merge: commit.newMerge ?? false,
    conflict: commit.conflict ?? false,
    device_name: commit.deviceName ?? null,
    client_version: commit.clientVersion ?? null,
  }));
  return { json: { commits: shown, page_next: more } };
}

function commitOf(call: Call, library: LibraryRecord, id: string): Commit {
  const commit = call.site.libraries.commit(library, id);
  if (!commit) throw fail(404, `Commit ${id} not found.`);
  return commit;
}

function changesOf(call: Call, library: LibraryRecord, commit: Commit): CommitChange[] {
  const { libraries } = call.site;
  const parent = commit.parentId ? libraries.commit(library, commit.parentId) : undefined;
  return parent ? changesBetween(libraries.trees(library), parent.rootId, commit.rootId) : [];
}

const OLD_KEYS: Readonly<Record<CommitChange['kind'], string>> = {
  new: 'new',
  newdir: 'newdir',
  modified: 'modified',
  deleted: 'removed',
  deldir: 'deldir',
  renamed: 'renamed',
};

function changes(call: Call): Answer {
  const library = call.library('r');
  const grouped: Record<string, string[]> = {};
  for (const { kind, path, newPath } of changesOf(
    call,
    library,
    commitOf(call, library, call.query('commit_id') ?? ''),
  )) {
    const key = OLD_KEYS[kind];
    const text = kind === 'renamed' ? `${path.slice(1)} was moved to ${newPath.slice(1)}` : path.slice(1);
    grouped[key] = [...(grouped[key] ?? []), text];
  }
  return { json: grouped };
}

function describe(call: Call): Answer {
  const library = call.library('r');
  const commit = commitOf(call, library, call.param('commit'));
  return {
    json: {
      commit_info: {
        creator_email: commit.creatorName,
        creator_name: call.site.accounts.nameOf(commit.creatorName),
        creator_contact_email: commit.creatorName,
        time: isoTime(commit.ctime),
        description: commit.description,
        device_name: commit.deviceName ?? '',
      },
      commit_diffs: changesOf(call, library, commit).map(({ kind, path, newPath }) => ({
        op_type: kind,
        path,
        new_path: newPath,
      })),
    },
  };
}

function listFolder(call: Call): Answer {
  const library = call.library('r');
  const commit = commitOf(call, library, call.param('commit'));
  const path = parsePath(call.query('path') ?? '/');
  const trees = call.site.libraries.trees(library);
  const folder = trees.findDirectory(commit.rootId, path);
  if (folder === undefined) throw fail(404, `Folder ${formatPath(path)} not found.`);
  const shown = inListingOrder(trees.entries(folder)).map((entry) => ({
    type: entry.kind === 'directory' ? 'dir' : 'file',
    parent_dir: formatPath(path).replace(/\/?$/, '/'),
    obj_id: entry.id,
    name: entry.name,
    ...(entry.kind === 'file' ? { size: entry.size } : {}),
  }));
  return { json: { dirent_list: shown } };
}

async function revert(call: Call): Promise<Answer> {
  const library = call.library('rw');
  if (library.owner !== call.account) throw fail(403, 'Permission denied.');
  const commit = commitOf(call, library, call.param('commit'));
  const date = new Date(commit.ctime * 1000).toISOString().slice(0, 19).replace('T', ' ');
  const description = `Reverted repo to status at ${date}.`;
  await call.site.branches.setRoot(library.id, commit.rootId, description, { author: call.account });
  return { json: { success: true } };
}

function limit(call: Call): Answer {
  return { json: { keep_days: call.library('r').historyDays } };
}

function setLimit(call: Call): Answer {
  const library = call.library('rw');
  if (library.owner !== call.account) throw fail(403, 'Permission denied.');
  const days = Number(call.text('keep_days') ?? Number.NaN);
  if (!Number.isSafeInteger(days) || days < -1) throw fail(400, 'keep_days invalid.');
  call.site.libraries.update(library.id, { historyDays: days });
  return { json: { keep_days: days } };
}
