import type { FastifyInstance } from 'fastify';
import type { Commit } from '../../seafile/objects/index.ts';
import { type Deleted, deletedBelow, formatPath, nameOf, parentOf, parsePath } from '../libraries/index.ts';
import type { Site } from '../site.ts';
import type { LibraryRecord } from '../storage/index.ts';
import { type Answer, fail } from './answers.ts';
import type { Call } from './call.ts';
import { isoTime } from './formats.ts';
import { resource } from './resource.ts';
import { restoreAt } from './reverting.ts';

/** Deleted files, folders and libraries, and bringing them back (seafile-api J). */
export function trashRoutes(app: FastifyInstance, site: Site): void {
  resource(app, site, '/api/v2.1/repos/:id/trash/', { GET: list, DELETE: clean });
  resource(app, site, '/api/v2.1/repos/:id/trash/revert-dirents/', { POST: revert });
  if (site.features.pagedTrash) resource(app, site, '/api/v2.1/repos/:id/trash2/', { GET: listPaged });
  resource(app, site, '/api/v2.1/deleted-repos/', { GET: listLibraries, POST: restoreLibrary });
}

const DAY_S = 86_400;

function list(call: Call): Answer {
  const library = call.library('rw');
  const folder = parsePath(call.query('path') ?? '/');
  const days = Number(call.query('show_days') ?? '0');
  if (!Number.isSafeInteger(days) || days < 0) throw fail(400, 'show_days invalid.');
  const { libraries } = call.site;
  const from = call.query('scan_stat') ? libraries.commit(library, call.query('scan_stat') ?? '') : undefined;
  const oldest = days === 0 ? 0 : libraries.now() - days * DAY_S;
  const page = deletedBelow(libraries, library, folder, Math.max(oldest, library.trashCleanedAt), from);
  return {
    json: {
      data: page.items.map((item) => ({ ...showItem(item), scan_stat: page.next })),
      more: page.next !== null,
      scan_stat: page.next,
    },
  };
}

const MAX_PER_PAGE = 1000;

/** The same of the whole library, newest first, in pages. */
function listPaged(call: Call): Answer {
  const library = call.library('rw');
  const page = pageNumber(call, 'page', 1);
  const perPage = Math.min(pageNumber(call, 'per_page', 100), MAX_PER_PAGE);
  const items = [...allDeleted(call, library)];
  const shown = items.slice((page - 1) * perPage, page * perPage).map((item) => showItem(item));
  return { json: { items: shown, total_count: items.length, can_search: false } };
}

function pageNumber(call: Call, name: string, otherwise: number): number {
  const read = Number(call.query(name) ?? otherwise);
  return Number.isSafeInteger(read) && read > 0 ? read : otherwise;
}

function* allDeleted(call: Call, library: LibraryRecord): Generator<Deleted> {
  const { libraries } = call.site;
  let from: Commit | undefined;
  do {
    const page = deletedBelow(libraries, library, [], library.trashCleanedAt, from);
    yield* page.items;
    from = page.next === null ? undefined : libraries.commit(library, page.next);
  } while (from);
}

function showItem({ path, entry, commit, deletedAt }: Deleted): Record<string, unknown> {
  return {
    parent_dir: formatPath(parentOf(path)).replace(/\/?$/, '/'),
    obj_name: nameOf(path),
    deleted_time: isoTime(deletedAt),
    commit_id: commit,
    is_dir: entry.kind === 'directory',
    size: entry.kind === 'file' ? entry.size : '',
    obj_id: entry.id,
  };
}

function clean(call: Call): Answer {
  const library = call.library('rw');
  if (library.owner !== call.account) throw fail(403, 'Permission denied.');
  const days = Number(call.text('keep_days') ?? '0');
  if (!Number.isSafeInteger(days) || days < 0) throw fail(400, 'keep_days invalid.');
  const { libraries } = call.site;
  // What was deleted in this very second counts as cleaned.
  libraries.update(library.id, { trashCleanedAt: libraries.now() - days * DAY_S + 1 });
  return { json: { success: true } };
}

async function revert(call: Call): Promise<Answer> {
  const library = call.library('rw');
  const commit = call.field('commit_id') ?? '';
  if (commit === '') throw fail(400, 'commit_id invalid.');
  const paths = call.form().get('path') ?? [];
  if (paths.length === 0) throw fail(400, 'path invalid.');
  const failed: Record<string, unknown>[] = [];
  const success: Record<string, unknown>[] = [];
  for (const path of paths) {
    const outcome = await restoreAt(call, library, parsePath(path), commit);
    if (typeof outcome === 'string') failed.push({ path, error_msg: outcome });
    else success.push({ path, is_dir: outcome.entry.kind === 'directory' });
  }
  return { json: { failed, success } };
}

function listLibraries(call: Call): Answer {
  return { json: call.site.libraries.trashOf(call.account).map((library) => showDeleted(call, library)) };
}

function showDeleted(call: Call, library: LibraryRecord): Record<string, unknown> {
  const { accounts, libraries } = call.site;
  return {
    repo_id: library.id,
    repo_name: library.name,
    owner_email: library.owner,
    owner_name: accounts.nameOf(library.owner),
    owner_contact_email: library.owner,
    org_id: -1,
    head_commit_id: library.head,
    encrypted: library.encryption !== undefined,
    del_time: isoTime(library.deletedAt ?? 0),
    size: libraries.size(library).bytes,
  };
}

function restoreLibrary(call: Call): Answer {
  const id = call.text('repo_id') ?? '';
  const { libraries } = call.site;
  if (!libraries.trashOf(call.account).some((library) => library.id === id)) {
    throw fail(404, `Library ${id} not found.`);
  }
  libraries.restore(id);
  return { json: { success: true } };
}
