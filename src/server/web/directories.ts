import type { FastifyInstance } from 'fastify';
import type { DirectoryId } from '../../seafile/objects/index.ts';
import { formatPath, isNewName, nameOf, type Path, parentOf, parsePath } from '../libraries/index.ts';
import { kept, type Site } from '../site.ts';
import type { LibraryRecord } from '../storage/index.ts';
import { type Answer, fail, utf8 } from './answers.ts';
import type { Call } from './call.ts';
import { inListingOrder, showEntry, showTree, type Wanted } from './entries.ts';
import { isoTime, quotePath } from './formats.ts';
import { makeFolder, renameEntry } from './operations.ts';
import { resource } from './resource.ts';
import { restoreAt } from './reverting.ts';

/** Folders: listing, revalidating, making, renaming, deleting (seafile-api C). */
export function directoryRoutes(app: FastifyInstance, site: Site): void {
  resource(app, site, '/api2/repos/:id/dir/', { GET: list, POST: operate, DELETE: remove });
  resource(app, site, '/api2/repos/:id/dir/metadata/', { GET: metadata });
  resource(app, site, '/api2/repos/:id/dir/sub_repo/', { GET: subLibrary });
  resource(app, site, '/api/v2.1/repos/:id/dir/', { GET: listNew, POST: operateNew, DELETE: removeNew });
  resource(app, site, '/api/v2.1/repos/:id/dir/detail/', { GET: describe });
}

/** A folder of a library as it is now. */
interface Folder {
  readonly library: LibraryRecord;
  readonly path: Path;
  readonly id: DirectoryId;
}

function folderAt(call: Call, library: LibraryRecord, path: Path, missing: string): Folder {
  const id = call.site.libraries.trees(library).findDirectory(call.site.libraries.head(library).rootId, path);
  if (id === undefined) throw fail(404, missing);
  return { library, path, id };
}

/** The listings put a slash behind the name in their error. */
const folderMissing = (path: Path): string => `Folder ${formatPath(path).replace(/\/?$/, '/')} not found.`;

function wantedKinds(call: Call): Wanted {
  const kind = call.query('t');
  if (kind === undefined || kind === '') return 'all';
  if (kind !== 'f' && kind !== 'd') throw fail(400, "'t'(type) should be 'f' or 'd'.");
  return kind === 'f' ? 'files' : 'folders';
}

function recursive(call: Call): boolean {
  const value = call.query('recursive') ?? '0';
  if (value !== '0' && value !== '1')
    throw fail(400, "If you want to get recursive dir entries, you should set 'recursive' argument as '1'.");
  return value === '1';
}

function list(call: Call): Answer {
  const wanted = wantedKinds(call);
  const whole = recursive(call);
  const library = call.library('r');
  const path = parsePath(call.query('p') ?? '/');
  const folder = folderAt(call, library, path, folderMissing(path));
  if (call.query('oid') === folder.id) return utf8('uptodate', { oid: folder.id });
  return showListing(call, folder, wanted, whole);
}

function showListing(call: Call, folder: Folder, wanted: Wanted, whole: boolean): Answer {
  const permission = call.permission(folder.library);
  const headers = { oid: folder.id, dir_perm: permission };
  const trees = call.site.libraries.trees(folder.library);
  if (whole) return utf8(showTree(call.site, trees, folder.id, formatPath(folder.path), permission, wanted), headers);
  const entries = inListingOrder(trees.entries(folder.id))
    .filter((entry) => wanted === 'all' || (wanted === 'files') === (entry.kind === 'file'))
    .map((entry) => showEntry(call.site, entry, permission));
  return utf8(entries, headers);
}

/** What `reloaddir=true` asks for instead of a plain success: the parent's listing as it is now. */
export function reloaded(call: Call, library: LibraryRecord, parent: Path): Answer {
  const current = call.site.libraries.get(library.id);
  return showListing(call, folderAt(call, current, parent, folderMissing(parent)), 'all', false);
}

export const wantsReload = (call: Call): boolean => call.query('reloaddir')?.toLowerCase() === 'true';

export function listNew(call: Call): Answer {
  const wanted = wantedKinds(call);
  const whole = recursive(call);
  const library = call.library('r');
  const path = parsePath(call.query('p') ?? '/');
  const folder = folderAt(call, library, path, folderMissing(path));
  const permission = call.permission(library);
  const trees = call.site.libraries.trees(library);
  if (whole) {
    return { json: { dirent_list: showTree(call.site, trees, folder.id, formatPath(path), permission, wanted) } };
  }
  const shown = (at: Folder): Record<string, unknown>[] =>
    inListingOrder(trees.entries(at.id))
      .filter((entry) => wanted === 'all' || (wanted === 'files') === (entry.kind === 'file'))
      .map((entry) => ({
        ...showEntry(call.site, entry, permission),
        ...(call.isLibraryToken ? { mtime: isoTime(entry.mtime) } : {}),
        parent_dir: formatPath(at.path).replace(/\/?$/, '/'),
        starred: false,
      }));
  const above = call.query('with_parents') === 'true' ? path.map((_, depth) => path.slice(0, depth)) : [];
  const parents = above.flatMap((parent) => shown(folderAt(call, library, parent, folderMissing(parent))));
  return { json: { user_perm: permission, dir_id: folder.id, dirent_list: [...parents, ...shown(folder)] } };
}

function metadata(call: Call): Answer {
  const library = call.library('r');
  const path = parsePath(call.query('p') ?? '/');
  return { json: { id: folderAt(call, library, path, `Folder ${formatPath(path)} not found.`).id } };
}

function describe(call: Call): Answer {
  const path = parsePath(call.query('path') ?? '');
  if (path.length === 0) throw fail(400, 'path invalid.');
  const library = call.library('r');
  const folder = folderAt(call, library, path, folderMissing(path));
  const { libraries } = call.site;
  const entry = libraries.trees(library).find(libraries.head(library).rootId, folder.path);
  return {
    json: {
      repo_id: library.id,
      path: `${formatPath(path)}/`,
      name: nameOf(path),
      mtime: isoTime(entry?.mtime ?? 0),
      permission: call.permission(library),
    },
  };
}

/** The path of a call that changes something: from the query, absolute, not the root. */
function changedPath(call: Call): Path {
  const text = call.query('p') ?? '';
  if (text === '' || !text.startsWith('/')) throw fail(400, 'Path is missing.');
  const path = parsePath(text);
  if (path.length === 0) throw fail(400, 'Path is invalid.');
  return path;
}

async function operate(call: Call): Promise<Answer> {
  const library = call.library('r');
  const path = changedPath(call);
  const operation = call.field('operation')?.toLowerCase();
  if (operation === 'mkdir') return mkdir(call, path);
  if (operation === 'rename') return rename(call, library, path);
  throw fail(400, 'Operation not supported.');
}

async function mkdir(call: Call, path: Path): Promise<Answer> {
  const library = call.library('rw');
  const parent = parentOf(path);
  if (!isNewName(nameOf(path), call.site.features)) throw fail(400, 'Folder name invalid.');
  const createParents = ['true', '1'].includes(call.field('create_parents')?.toLowerCase() ?? '');
  if (createParents) {
    await call.site.branches.change(library.id, { author: call.account }, (edit, now) => {
      const names = path.map((name) => name.normalize('NFC'));
      const made = edit.makeFolders(names, now);
      return { description: made ? `Added directory "${names.join('/')}"` : null, value: undefined };
    });
  }
  const made = createParents ? nameOf(path) : await makeFolder(call, library, path);
  // The header tells the name as it was asked for, though it is stored in NFC, unless it got a number.
  const name = made === nameOf(path).normalize('NFC') ? nameOf(path) : made;
  if (wantsReload(call)) return reloaded(call, library, parent);
  // The real server joins parent and name with a slash of its own: `//x` below the root (seafile-api C.5).
  const at = createParents ? formatPath(path) : `${formatPath(parent)}/${name}`;
  return { status: 201, json: 'success', headers: { location: location(call, library, at) } };
}

function location(call: Call, library: LibraryRecord, path: string): string {
  return `${call.site.urls.web}/api2/repos/${library.id}/dir/?p=${quotePath(path)}`;
}

async function rename(call: Call, library: LibraryRecord, path: Path): Promise<Answer> {
  const name = call.field('newname') ?? '';
  if (!isNewName(name, call.site.features)) throw fail(400, 'New name is invalid');
  folderAt(call, library, path, `Folder ${formatPath(path)} not found.`);
  call.library('rw');
  if (name !== nameOf(path)) await renameEntry(call, library, path, name);
  return wantsReload(call) ? reloaded(call, library, parentOf(path)) : { json: 'success' };
}

export async function operateNew(call: Call): Promise<Answer> {
  const text = call.query('p') ?? '';
  if (text === '' || !text.startsWith('/')) throw fail(400, 'p invalid.');
  const path = parsePath(text);
  if (path.length === 0) throw fail(400, 'p invalid.');
  const operation = call.text('operation')?.toLowerCase();
  if (operation === undefined) throw fail(400, 'operation invalid.');
  if (operation !== 'mkdir' && operation !== 'rename' && operation !== 'revert') {
    throw fail(400, "operation can only be 'mkdir', 'rename' or 'revert'.");
  }
  const library = call.library('r');
  if (operation === 'mkdir') {
    if (!isNewName(nameOf(path), call.site.features)) throw fail(400, 'Folder name invalid.');
    call.library('rw');
    const name = await makeFolder(call, library, path);
    return { json: showFolder(call, library, [...parentOf(path), name]) };
  }
  if (operation === 'revert') {
    call.library('rw');
    const outcome = await restoreAt(call, library, path, call.text('commit_id') ?? '');
    if (typeof outcome === 'string') throw fail(404, outcome);
    return { json: { success: true } };
  }
  const name = call.text('newname') ?? '';
  if (!isNewName(name, call.site.features)) throw fail(400, 'newname invalid.');
  folderAt(call, library, path, `Folder ${formatPath(path)} not found.`);
  call.library('rw');
  const renamed = name === nameOf(path) ? name : await renameEntry(call, library, path, name);
  return { json: showFolder(call, library, [...parentOf(path), renamed]) };
}

/** A folder as v2.1 answers changes with. */
function showFolder(call: Call, library: LibraryRecord, path: Path): Record<string, unknown> {
  const { libraries } = call.site;
  const current = libraries.get(library.id);
  const entry = libraries.trees(current).find(libraries.head(current).rootId, path);
  return {
    type: 'dir',
    repo_id: library.id,
    parent_dir: formatPath(parentOf(path)),
    obj_name: nameOf(path),
    obj_id: entry?.id ?? '',
    mtime: entry ? isoTime(entry.mtime) : '',
  };
}

async function remove(call: Call): Promise<Answer> {
  const library = call.library('r');
  const path = changedPath(call);
  folderAt(call, library, path, `Folder ${formatPath(path)} not found.`);
  call.library('rw');
  await removeFolder(call, library, path);
  return wantsReload(call) ? reloaded(call, library, parentOf(path)) : { json: 'success' };
}

export async function removeNew(call: Call): Promise<Answer> {
  const path = parsePath(call.query('p') ?? '');
  if (path.length === 0) throw fail(400, 'p invalid.');
  const library = call.library('r');
  folderAt(call, library, path, `Folder ${formatPath(path)} not found.`);
  call.library('rw');
  const before = await removeFolder(call, library, path);
  return { json: { success: true, commit_id: before } };
}

/** @returns the head before the removal, from which it can be undone */
async function removeFolder(call: Call, library: LibraryRecord, path: Path): Promise<string> {
  const { before } = await call.site.branches.change(library.id, { author: call.account }, (edit, now) => {
    const removed = edit.get(path)?.kind === 'directory' ? edit.remove(path, now) : undefined;
    return { description: removed ? `Removed directory "${nameOf(path)}"` : null, value: undefined };
  });
  return before.id;
}

async function subLibrary(call: Call): Promise<Answer> {
  const library = call.library('rw');
  const path = parsePath(call.query('p') ?? '');
  if (path.length === 0) throw fail(400, 'p invalid.');
  const folder = folderAt(call, library, path, `Folder ${formatPath(path)} not found.`);
  const virtual = await call.site.virtuals.open(library, path, folder.id);
  await kept(call.site);
  return { json: { sub_repo_id: virtual.id } };
}
