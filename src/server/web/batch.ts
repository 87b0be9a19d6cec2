import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { LRUCache } from 'lru-cache';
import type { Entry } from '../../seafile/objects/index.ts';
import { formatPath, isInside, type Path, parsePath } from '../libraries/index.ts';
import type { Site } from '../site.ts';
import type { LibraryRecord } from '../storage/index.ts';
import { type Answer, fail } from './answers.ts';
import type { Call } from './call.ts';
import { copyEntries, moveEntries, type Source, type Target } from './moving.ts';
import { describeMany } from './operations.ts';
import { resource } from './resource.ts';

/** Many entries at once: moving, copying, deleting, and asking how it goes (seafile-api D.4). */
export function batchRoutes(app: FastifyInstance, site: Site): void {
  const tasks = new Tasks();
  const base = '/api/v2.1/repos';
  resource(app, site, `${base}/sync-batch-copy-item/`, { POST: (call) => batch(call, 'copy') });
  resource(app, site, `${base}/sync-batch-move-item/`, { POST: (call) => batch(call, 'move') });
  resource(app, site, `${base}/async-batch-copy-item/`, { POST: (call) => asyncBatch(call, 'copy', tasks) });
  resource(app, site, `${base}/async-batch-move-item/`, { POST: (call) => asyncBatch(call, 'move', tasks) });
  resource(app, site, `${base}/batch-delete-item/`, { DELETE: batchDelete });
  if (site.features.batchDeleteFolders) {
    resource(app, site, `${base}/batch-delete-folders-item/`, { DELETE: batchDeletePaths });
  }
  resource(app, site, '/api/v2.1/copy-move-task/', {
    POST: (call) => singleTask(call, tasks),
    DELETE: () => ({ json: { success: true } }),
  });
  resource(app, site, '/api/v2.1/query-copy-move-progress/', { GET: (call) => progress(call, tasks) });
  resource(app, site, '/api2/repos/:id/fileops/delete/', { POST: oldDelete });
  resource(app, site, '/api2/repos/:id/fileops/copy/', { POST: (call) => oldMove(call, 'copy') });
  resource(app, site, '/api2/repos/:id/fileops/move/', { POST: (call) => oldMove(call, 'move') });
}

/** Finished copies and moves between libraries; a real server does them in the background and keeps them in memory, too. */
class Tasks {
  readonly #files = new LRUCache<string, number>({ max: 10_000 });

  finished(files: number): string {
    const id = randomUUID();
    this.#files.set(id, files);
    return id;
  }

  files(id: string): number | undefined {
    return this.#files.get(id);
  }
}

export type Verb = 'copy' | 'move';

function textField(call: Call, name: string): string {
  const value = call.text(name);
  if (value === undefined || value === '') throw fail(400, `${name} invalid.`);
  return value;
}

/** The library a call names; a library token names its own. */
function repoField(call: Call, name: string): string {
  return call.isLibraryToken ? call.param('id') : textField(call, name);
}

function namesField(call: Call, name: string): string[] {
  const value = call.data()[name];
  if (!Array.isArray(value) || !value.every((each) => typeof each === 'string')) throw fail(400, `${name} invalid.`);
  return value.filter((each) => each !== '' && !each.includes('/'));
}

function checkFolder(call: Call, library: LibraryRecord, path: Path): void {
  const { libraries } = call.site;
  if (libraries.trees(library).findDirectory(libraries.head(library).rootId, path) === undefined) {
    throw fail(404, `Folder ${formatPath(path)} not found.`);
  }
}

function sides(call: Call, verb: Verb): { from: Source; to: Target } {
  const fromFolder = parsePath(textField(call, 'src_parent_dir'));
  const toFolder = parsePath(textField(call, 'dst_parent_dir'));
  const names = namesField(call, 'src_dirents');
  const from = call.libraryById(repoField(call, 'src_repo_id'), verb === 'move' ? 'rw' : 'r');
  const to = call.libraryById(repoField(call, 'dst_repo_id'), 'rw');
  checkFolder(call, from, fromFolder);
  checkFolder(call, to, toFolder);
  return { from: { library: from, folder: fromFolder, names }, to: { library: to, folder: toFolder } };
}

async function run(call: Call, verb: Verb, from: Source, to: Target): Promise<string[]> {
  return verb === 'move' ? moveEntries(call, from, to) : copyEntries(call, from, to);
}

export async function batch(call: Call, verb: Verb): Promise<Answer> {
  const { from, to } = sides(call, verb);
  await run(call, verb, from, to);
  return { json: { success: true } };
}

async function asyncBatch(call: Call, verb: Verb, tasks: Tasks): Promise<Answer> {
  const { from, to } = sides(call, verb);
  const names = await run(call, verb, from, to);
  return { json: { task_id: from.library.id === to.library.id ? '' : tasks.finished(names.length) } };
}

async function singleTask(call: Call, tasks: Tasks): Promise<Answer> {
  const verb = textField(call, 'operation');
  if (verb !== 'move' && verb !== 'copy') throw fail(400, 'operation invalid.');
  const type = textField(call, 'dirent_type');
  if (type !== 'file' && type !== 'dir') throw fail(400, 'dirent_type invalid.');
  const fromFolder = parsePath(textField(call, 'src_parent_dir'));
  const toFolder = parsePath(textField(call, 'dst_parent_dir'));
  const name = textField(call, 'src_dirent_name');
  const from = call.libraryById(repoField(call, 'src_repo_id'), verb === 'move' ? 'rw' : 'r');
  const to = call.libraryById(repoField(call, 'dst_repo_id'), 'rw');
  if (Buffer.byteLength(formatPath(toFolder)) > 4096) throw fail(400, 'Destination path is too long.');
  const sameLibrary = from.id === to.id;
  const source = [...fromFolder, name];
  if (verb === 'move' && sameLibrary && formatPath(fromFolder) === formatPath(toFolder)) {
    throw fail(400, 'Invalid destination path');
  }
  if (sameLibrary && type === 'dir' && isInside(toFolder, source)) {
    throw fail(400, `Can not ${verb} directory ${formatPath(source)} to its subdirectory ${formatPath(toFolder)}`);
  }
  checkFolder(call, to, toFolder);
  const { libraries } = call.site;
  const entry = libraries.trees(from).find(libraries.head(from).rootId, source);
  if (entry?.kind !== (type === 'dir' ? 'directory' : 'file')) {
    throw fail(404, `${type === 'dir' ? 'Folder' : 'File'} ${formatPath(source)} not found.`);
  }
  await run(call, verb, { library: from, folder: fromFolder, names: [name] }, { library: to, folder: toFolder });
  return { json: sameLibrary ? {} : { task_id: tasks.finished(1) } };
}

function progress(call: Call, tasks: Tasks): Answer {
  const id = call.query('task_id') ?? '';
  if (id === '') throw fail(400, 'task_id invalid.');
  const files = tasks.files(id);
  if (files === undefined) throw fail(500, 'Error');
  return { json: { done: files, total: files, canceled: false, failed: false, successful: true } };
}

export async function batchDelete(call: Call): Promise<Answer> {
  const library = call.libraryById(repoField(call, 'repo_id'), 'rw');
  const folder = parsePath(textField(call, 'parent_dir'));
  checkFolder(call, library, folder);
  const paths = namesField(call, 'dirents').map((name) => [...folder, name]);
  return { json: { success: true, commit_id: await removePaths(call, library, paths) } };
}

/** Entries of several folders, by their whole paths. */
async function batchDeletePaths(call: Call): Promise<Answer> {
  const library = call.libraryById(textField(call, 'repo_id'), 'rw');
  const value = call.data().file_names;
  if (!Array.isArray(value) || !value.every((each) => typeof each === 'string')) throw fail(400, 'file_names invalid.');
  const paths = value.map(parsePath).filter((path) => path.length > 0);
  return { json: { success: true, commit_id: await removePaths(call, library, paths) } };
}

/** Removes entries in one commit; missing ones are passed over. @returns the head before */
async function removePaths(call: Call, library: LibraryRecord, paths: readonly Path[]): Promise<string> {
  const { before } = await call.site.branches.change(library.id, { author: call.account }, (edit, now) => {
    const removed: Entry[] = paths.flatMap((path) => edit.remove(path, now) ?? []);
    const description = removed.length > 0 ? describeMany('Deleted', 'Removed directory', removed) : null;
    return { description, value: undefined };
  });
  return before.id;
}

/** Names of the old calls: separated by colons, which therefore no name may contain (seafile-api D.4). */
function oldNames(call: Call): string[] {
  const names = (call.field('file_names') ?? '').split(':').filter((name) => name !== '');
  if (names.length === 0) throw fail(404, "File names can't be empty");
  return names;
}

async function oldDelete(call: Call): Promise<Answer> {
  const library = call.library('rw');
  const folder = parsePath(call.query('p') ?? '/');
  checkFolder(call, library, folder);
  const paths = oldNames(call).map((name) => [...folder, name]);
  await removePaths(call, library, paths);
  return { json: 'success' };
}

async function oldMove(call: Call, verb: Verb): Promise<Answer> {
  const library = call.library(verb === 'move' ? 'rw' : 'r');
  const folder = parsePath(call.query('p') ?? '/');
  checkFolder(call, library, folder);
  const target = call.libraryById(call.field('dst_repo') ?? '', 'rw');
  const toFolder = parsePath(call.field('dst_dir') ?? '/');
  checkFolder(call, target, toFolder);
  const names = oldNames(call);
  const { libraries } = call.site;
  const root = libraries.head(library).rootId;
  if (names.some((name) => !libraries.trees(library).find(root, [...folder, name]))) {
    throw fail(400, 'file_names invalid.');
  }
  const placed = await run(call, verb, { library, folder, names }, { library: target, folder: toFolder });
  const shown = placed.map((name) => ({ repo_id: target.id, parent_dir: formatPath(toFolder), obj_name: name }));
  return { json: shown };
}
