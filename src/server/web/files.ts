import type { FastifyInstance } from 'fastify';
import { DEFAULT_FILE_MODE, EMPTY_FILE } from '../../seafile/objects/index.ts';
import { formatPath, isNewName, nameOf, type Path, parentOf, parsePath } from '../libraries/index.ts';
import type { Site } from '../site.ts';
import type { LibraryRecord } from '../storage/index.ts';
import { type Answer, fail, Refusal, unavailable } from './answers.ts';
import type { Call } from './call.ts';
import { reloaded, wantsReload } from './directories.ts';
import { fileLink, findFile } from './download-links.ts';
import { isoTime, quotePath } from './formats.ts';
import { copyEntries, moveEntries } from './moving.ts';
import { nameIn, renameEntry } from './operations.ts';
import { resource } from './resource.ts';
import { restoreAt } from './reverting.ts';

/** Files: links to their content, details, creating, renaming, moving, copying, deleting (seafile-api D.1 to D.5). */
export function fileRoutes(app: FastifyInstance, site: Site): void {
  resource(app, site, '/api2/repos/:id/file/', { GET: fileLink, POST: operate, PUT: lock, DELETE: remove });
  resource(app, site, '/api2/repos/:id/file/detail/', { GET: describe });
  resource(app, site, '/api2/repos/:id/file/metadata/', { GET: metadata });
  resource(app, site, '/api/v2.1/repos/:id/file/', {
    GET: describeNew,
    POST: operateNew,
    PUT: lockNew,
    DELETE: removeNew,
  });
}

function describe(call: Call): Answer {
  const library = call.library('r');
  const path = parsePath(call.query('p') ?? '');
  if (path.length === 0) throw fail(400, 'p invalid.');
  const entry = findFile(call, library, path, call.query('commit_id'));
  if (!entry) throw fail(404, `File ${formatPath(path)} not found.`);
  const permission = call.permission(library);
  return {
    json: {
      type: 'file',
      id: entry.id,
      name: entry.name,
      permission,
      mtime: entry.mtime,
      last_modified: isoTime(entry.mtime),
      last_modifier_email: entry.modifier,
      last_modifier_name: call.site.accounts.nameOf(entry.modifier),
      last_modifier_contact_email: entry.modifier,
      size: entry.size,
      starred: false,
      comment_total: 0,
      can_edit: permission === 'rw',
    },
  };
}

function metadata(call: Call): Answer {
  const library = call.library('r');
  const entry = findFile(call, library, parsePath(call.query('p') ?? ''));
  if (!entry) throw fail(404, 'File not found');
  return { json: { id: entry.id } };
}

export function describeNew(call: Call): Answer {
  const library = call.library('r');
  const path = parsePath(call.query('p') ?? '');
  if (path.length === 0) throw fail(400, 'p invalid.');
  return { json: showFile(call, library, path) };
}

/** A file as v2.1 answers with. */
function showFile(call: Call, library: LibraryRecord, path: Path): Record<string, unknown> {
  const entry = findFile(call, library, path);
  if (!entry) throw fail(404, `File ${formatPath(path)} not found.`);
  return {
    type: 'file',
    repo_id: library.id,
    parent_dir: formatPath(parentOf(path)),
    obj_name: entry.name,
    obj_id: entry.id,
    size: entry.size,
    mtime: isoTime(entry.mtime),
    is_locked: false,
    can_preview: true,
    can_edit: true,
  };
}

/** Makes an empty file; an existing name is no error, the file gets another one. @returns the name it got */
async function createFile(call: Call, library: LibraryRecord, path: Path): Promise<string> {
  const parent = parentOf(path);
  const { value } = await call.site.branches.change(library.id, { author: call.account }, (edit, now) => {
    if (!edit.list(parent)) throw fail(404, `Folder ${formatPath(parent)} not found.`);
    const name = nameIn(edit, parent, nameOf(path));
    const modifier = call.account;
    edit.put(
      parent,
      { kind: 'file', name, id: EMPTY_FILE, mode: DEFAULT_FILE_MODE, mtime: now, size: 0, modifier },
      now,
    );
    return { description: `Added "${name}"`, value: name };
  });
  return value;
}

async function operate(call: Call): Promise<Answer> {
  const library = call.library('r');
  const text = call.query('p') ?? '';
  const path = parsePath(text);
  if (!text.startsWith('/') || path.length === 0) throw fail(400, 'Path is missing or invalid.');
  const operation = call.field('operation')?.toLowerCase();
  if (operation === 'create') {
    call.library('rw');
    if (!isNewName(nameOf(path), call.site.features)) throw fail(400, 'File name invalid.');
    const name = await createFile(call, library, path);
    return done(call, library, parentOf(path), 201, joined(parentOf(path), name), 'success');
  }
  if (operation === 'rename') return rename(call, library, path);
  if (operation === 'move' || operation === 'copy') return moveOrCopy(call, path, operation);
  throw fail(400, 'Operation can only be create, rename, copy or move.');
}

/** The real server forgets the slash between the parent and the name in this header (seafile-api D.2, L 32). */
const joined = (parent: Path, name: string): string => `${formatPath(parent)}${name}`;

function done(
  call: Call,
  library: LibraryRecord,
  parent: Path,
  status: number,
  locationPath: string,
  json: unknown,
): Answer {
  if (wantsReload(call)) return reloaded(call, library, parent);
  const location = `${call.site.urls.web}/api2/repos/${library.id}/file/?p=${quotePath(locationPath)}`;
  return { status, json, headers: { location } };
}

async function rename(call: Call, library: LibraryRecord, path: Path): Promise<Answer> {
  call.library('rw');
  const name = call.field('newname') ?? '';
  if (name === '') throw fail(400, 'New name is missing');
  if (name.length > 255) throw fail(400, 'New name is too long');
  if (!isNewName(name, call.site.features)) throw fail(400, 'File name invalid.');
  if (name === nameOf(path)) throw fail(409, 'The new name is the same to the old');
  if (!findFile(call, library, path)) {
    throw new Refusal({ status: 520, json: { error_msg: 'Failed to rename file: file does not exist' } });
  }
  const renamed = await renameEntry(call, library, path, name);
  return done(call, library, parentOf(path), 301, joined(parentOf(path), renamed), 'success');
}

async function moveOrCopy(call: Call, path: Path, operation: string): Promise<Answer> {
  const source = call.library(operation === 'move' ? 'rw' : 'r');
  const target = call.libraryById(call.field('dst_repo') ?? '', 'rw');
  const folder = parsePath(call.field('dst_dir') ?? '');
  const { libraries } = call.site;
  const inTarget = libraries.trees(target).findDirectory(libraries.head(target).rootId, folder);
  // An empty or missing target folder is an unhandled error in the real view (seafile-api D.2, L 34).
  if ((call.field('dst_dir') ?? '') === '' || inTarget === undefined) throw unavailable();
  const from = { library: source, folder: parentOf(path), names: [nameOf(path)] };
  const to = { library: target, folder };
  const [placed] = operation === 'move' ? await moveEntries(call, from, to) : await copyEntries(call, from, to);
  // A missing file is a success here, and nothing is done: the real view does not look.
  const name = placed ?? nameOf(path);
  const json = { repo_id: target.id, parent_dir: formatPath(folder).replace(/\/?$/, '/'), obj_name: name };
  const location = formatPath([...folder, name]);
  return done(call, target, folder, operation === 'move' ? 301 : 200, location, json);
}

export async function operateNew(call: Call): Promise<Answer> {
  const text = call.query('p') ?? '';
  const path = parsePath(text);
  if (!text.startsWith('/') || path.length === 0) throw fail(400, 'p invalid.');
  const operation = call.text('operation')?.toLowerCase() ?? '';
  if (operation === '') throw fail(400, 'operation invalid.');
  if (!['create', 'rename', 'move', 'copy', 'revert'].includes(operation)) {
    throw fail(400, "operation can only be 'create', 'rename', 'move', 'copy' or 'revert'.");
  }
  const library = call.library('r');
  if (operation === 'create') {
    call.library('rw');
    if (!isNewName(nameOf(path), call.site.features)) throw fail(400, 'File name invalid.');
    const name = await createFile(call, library, path);
    return { json: showFile(call, library, [...parentOf(path), name]) };
  }
  if (operation === 'revert') {
    call.library('rw');
    const outcome = await restoreAt(call, library, path, call.text('commit_id') ?? '');
    if (typeof outcome === 'string') throw fail(404, outcome);
    return { json: { success: true } };
  }
  if (!findFile(call, library, path)) throw fail(404, `File ${formatPath(path)} not found.`);
  if (operation === 'rename') {
    const name = call.text('newname') ?? '';
    if (!isNewName(name, call.site.features)) throw fail(400, 'newname invalid.');
    call.library('rw');
    if (name === nameOf(path)) throw fail(400, 'The new name is the same to the old');
    const renamed = await renameEntry(call, library, path, name);
    return { json: showFile(call, library, [...parentOf(path), renamed]) };
  }
  const source = call.library(operation === 'move' ? 'rw' : 'r');
  const target = call.libraryById(call.text('dst_repo') ?? '', 'rw');
  const folder = parsePath(call.text('dst_dir') ?? '');
  if ((call.text('dst_dir') ?? '') === '') throw fail(400, 'dst_dir invalid.');
  const { libraries } = call.site;
  if (libraries.trees(target).findDirectory(libraries.head(target).rootId, folder) === undefined) {
    throw fail(404, `Folder ${formatPath(folder)} not found.`);
  }
  const from = { library: source, folder: parentOf(path), names: [nameOf(path)] };
  const to = { library: target, folder };
  const [name] = operation === 'move' ? await moveEntries(call, from, to) : await copyEntries(call, from, to);
  return { json: showFile(call, target, [...folder, name ?? '']) };
}

/**
 * Deletes whatever is at the path, a folder with all below it too (seafile-api D.2, L 4); a missing path is a success.
 */
async function remove(call: Call): Promise<Answer> {
  const library = call.library('rw');
  const path = parsePath(call.query('p') ?? '');
  if (path.length === 0) throw fail(400, 'Path is missing.');
  await removeAt(call, library, path, false);
  return wantsReload(call) ? reloaded(call, library, parentOf(path)) : { json: 'success' };
}

export async function removeNew(call: Call): Promise<Answer> {
  const path = parsePath(call.query('p') ?? '');
  if (path.length === 0) throw fail(400, 'p invalid.');
  const library = call.library('rw');
  const before = await removeAt(call, library, path, true);
  return { json: { success: true, ...(before === undefined ? {} : { commit_id: before }) } };
}

/** @returns the head before, when something was removed */
async function removeAt(
  call: Call,
  library: LibraryRecord,
  path: Path,
  filesOnly: boolean,
): Promise<string | undefined> {
  const { value, before } = await call.site.branches.change(library.id, { author: call.account }, (edit, now) => {
    const entry = edit.get(path);
    if (!entry || (filesOnly && entry.kind !== 'file')) return { description: null, value: false };
    edit.remove(path, now);
    const verb = entry.kind === 'directory' ? 'Removed directory' : 'Deleted';
    return { description: `${verb} "${entry.name}"`, value: true };
  });
  return value ? before.id : undefined;
}

/** Locks are not in the Community edition, whose old view fails (seafile-api D.3). */
function lock(): Answer {
  throw unavailable();
}

export function lockNew(): Answer {
  throw fail(403, 'file lock feature only supported in professional edition.');
}
