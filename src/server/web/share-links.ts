import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { checkPassword, FLEETING_COST, hashPassword, LASTING_COST } from '../accounts/index.ts';
import { formatPath, nameOf, type Path, parsePath } from '../libraries/index.ts';
import { isExpired, type LivingLink, livingLink } from '../share-link-access.ts';
import type { Site } from '../site.ts';
import type { LibraryRecord, ShareLinkRecord } from '../storage/index.ts';
import { type Answer, fail, page, Refusal } from './answers.ts';
import type { Call } from './call.ts';
import { downloadUrl } from './download-links.ts';
import { inListingOrder } from './entries.ts';
import { isoTime } from './formats.ts';
import { resource } from './resource.ts';

const MIN_PASSWORD_LENGTH = 10;
const DAY_S = 86_400;

/** Public links to files and folders, and public upload links (seafile-api I.2). */
export function shareLinkRoutes(app: FastifyInstance, site: Site): void {
  const anybody = { open: 'anybody' } as const;
  for (const [kind, base] of [
    ['download', '/api/v2.1/share-links'],
    ['upload', '/api/v2.1/upload-links'],
  ] as const) {
    resource(app, site, `${base}/`, { GET: (call) => list(call, kind), POST: (call) => create(call, kind) });
    resource(app, site, `${base}/:token/`, { GET: (call) => get(call, kind), PUT: change, DELETE: remove });
  }
  if (site.features.severalShareLinks) {
    resource(app, site, '/api/v2.1/multi-share-links/', { POST: createAnother });
  }
  resource(app, site, '/api/v2.1/share-links/:token/dirents/', { GET: listFolder }, anybody);
  resource(app, site, '/api/v2.1/share-links/:token/upload/', { GET: uploadByLink }, anybody);
  resource(app, site, '/api/v2.1/upload-links/:token/upload/', { GET: uploadByLink }, anybody);
  resource(app, site, '/api2/repos/:id/file/shared-link/', { PUT: createOld });
  resource(app, site, '/f/:token/', { GET: download }, anybody);
  resource(app, site, '/d/:token/files/', { GET: download }, anybody);
}

function linkOf(site: Site, record: ShareLinkRecord): string {
  const { web } = site.urls;
  if (record.kind === 'upload') return `${web}/u/d/${record.token}/`;
  return `${web}/${record.isFolder ? 'd' : 'f'}/${record.token}/`;
}

function show(call: Call, record: ShareLinkRecord): Record<string, unknown> {
  const { libraries } = call.site;
  const library = libraries.find(record.library);
  const path = parsePath(record.path);
  const entry = library && libraries.trees(library).find(libraries.head(library).rootId, path);
  return {
    username: record.owner,
    repo_id: record.library,
    repo_name: library?.name ?? '',
    path: record.path,
    obj_name: nameOf(path) || '/',
    obj_id: entry?.id ?? '',
    is_dir: record.isFolder,
    token: record.token,
    link: linkOf(call.site, record),
    view_cnt: record.views,
    ctime: isoTime(record.created),
    expire_date: record.expires === null ? '' : isoTime(record.expires),
    is_expired: isExpired(call.site, record),
    permissions: { can_edit: record.canEdit, can_download: record.canDownload, can_upload: record.canUpload },
    // The real server tells the password; here it is kept as a hash alone.
    password: record.password === null ? '' : '******',
    can_edit: record.canEdit,
  };
}

function list(call: Call, kind: ShareLinkRecord['kind']): Answer {
  const repo = call.query('repo_id');
  const path = call.query('path');
  const records = [...call.site.tables.shareLinks.entries()]
    .map(([, record]) => record)
    .filter((record) => record.kind === kind && record.owner === call.account)
    .filter((record) => repo === undefined || record.library === repo)
    .filter((record) => path === undefined || record.path === formatPath(parsePath(path)));
  return { json: records.map((record) => show(call, record)) };
}

/** Makes a link to what is at a path. @throws Refusal when there is nothing, or it has one already */
async function make(
  call: Call,
  library: LibraryRecord,
  path: Path,
  wishes: { kind: ShareLinkRecord['kind']; password: string | undefined; expires: number | null },
): Promise<ShareLinkRecord> {
  const { libraries, tables } = call.site;
  const root = libraries.head(library).rootId;
  const entry = libraries.trees(library).find(root, path);
  if (!entry && path.length > 0) throw fail(404, `${formatPath(path)} not found.`);
  const isFolder = !entry || entry.kind === 'directory';
  if (wishes.kind === 'upload' && !isFolder) throw fail(404, `Folder ${formatPath(path)} not found.`);
  const password = wishes.password ?? '';
  if (password !== '' && password.length < MIN_PASSWORD_LENGTH) throw fail(400, 'Password is too short.');
  const record: ShareLinkRecord = {
    kind: wishes.kind,
    token: randomBytes(10).toString('hex'),
    owner: call.account,
    library: library.id,
    path: formatPath(path),
    isFolder,
    password:
      password === '' ? null : await hashPassword(password, call.site.objects.inMemory ? FLEETING_COST : LASTING_COST),
    created: libraries.now(),
    expires: wishes.expires,
    views: 0,
    canEdit: false,
    canDownload: true,
    canUpload: wishes.kind === 'upload',
  };
  tables.shareLinks.put(record.token, record);
  return record;
}

function expiry(call: Call): number | null {
  const days = call.text('expire_days');
  const time = call.text('expiration_time');
  if (days !== undefined && days !== '') {
    const count = Number(days);
    if (!Number.isSafeInteger(count) || count < 1) throw fail(400, 'expire_days invalid.');
    return call.site.libraries.now() + count * DAY_S;
  }
  if (time === undefined || time === '') return null;
  const seconds = Math.floor(Date.parse(time) / 1000);
  if (Number.isNaN(seconds)) throw fail(400, 'expiration_time invalid.');
  return seconds;
}

async function create(call: Call, kind: ShareLinkRecord['kind']): Promise<Answer> {
  const { library, path } = shared(call, kind);
  const text = formatPath(path);
  const existing = [...call.site.tables.shareLinks.entries()]
    .map(([, record]) => record)
    .find(
      (each) => each.kind === kind && each.owner === call.account && each.library === library.id && each.path === text,
    );
  if (existing) throw fail(400, `Share link ${existing.token} already exists.`);
  const record = await make(call, library, path, { kind, password: call.text('password'), expires: expiry(call) });
  return { json: show(call, record) };
}

/** One more link to what may have some. */
async function createAnother(call: Call): Promise<Answer> {
  const { library, path } = shared(call, 'download');
  const wishes = { kind: 'download', password: call.text('password'), expires: expiry(call) } as const;
  return { json: show(call, await make(call, library, path, wishes)) };
}

/** What a new link is to lead to. @throws Refusal 400, 403, 404 */
function shared(call: Call, kind: ShareLinkRecord['kind']): { library: LibraryRecord; path: Path } {
  const text = call.text('path') ?? '';
  if (text === '') throw fail(400, 'path invalid.');
  return {
    library: call.libraryById(call.text('repo_id') ?? '', kind === 'upload' ? 'rw' : 'r'),
    path: parsePath(text),
  };
}

/** The older call: the link comes in a header. */
async function createOld(call: Call): Promise<Answer> {
  const library = call.library('r');
  const text = call.text('p') ?? '';
  if (text === '') throw fail(400, 'Path is missing');
  const days = Number(call.text('expire') ?? '0');
  const expires = days > 0 ? call.site.libraries.now() + days * DAY_S : null;
  const password = call.text('password');
  const record = await make(call, library, parsePath(text), { kind: 'download', password, expires });
  return { status: 201, text: '', headers: { location: linkOf(call.site, record) } };
}

function own(call: Call): ShareLinkRecord {
  const record = call.site.tables.shareLinks.get(call.param('token'));
  if (!record) throw fail(404, `token ${call.param('token')} not found.`);
  if (record.owner !== call.account) throw fail(403, 'Permission denied.');
  return record;
}

function get(call: Call, kind: ShareLinkRecord['kind']): Answer {
  const record = own(call);
  if (record.kind !== kind) throw fail(404, `token ${record.token} not found.`);
  return { json: show(call, record) };
}

function change(call: Call): Answer {
  const record = { ...own(call), expires: expiry(call) };
  call.site.tables.shareLinks.put(record.token, record);
  return { json: show(call, record) };
}

function remove(call: Call): Answer {
  call.site.tables.shareLinks.delete(own(call).token);
  return { json: { success: true } };
}

/**
 * A link that works for whoever has it: its owner may still read the library, it has not expired, and the password (in
 * the query; a real server keeps it in the visitor's session) is right.
 */
async function visited(call: Call): Promise<LivingLink> {
  const link = livingLink(call.site, call.param('token'));
  if (!link) throw notFound();
  const { record } = link;
  if (record.password !== null && !(await checkPassword(call.query('password') ?? '', record.password))) {
    throw fail(403, 'Password is not correct.');
  }
  return link;
}

const notFound = (): Refusal => new Refusal(page(404, 'Page not found', 'The link does not exist or has expired.'));

async function listFolder(call: Call): Promise<Answer> {
  const { record, library } = await visited(call);
  const below = parsePath(call.query('path') ?? '/');
  const { libraries } = call.site;
  const trees = libraries.trees(library);
  const folder = trees.findDirectory(libraries.head(library).rootId, [...parsePath(record.path), ...below]);
  if (record.kind !== 'download' || !record.isFolder || folder === undefined) {
    throw fail(404, `Folder ${formatPath(below)} not found.`);
  }
  const shown = inListingOrder(trees.entries(folder)).map((entry) => {
    const path = formatPath([...below, entry.name]);
    const common = { size: entry.kind === 'file' ? entry.size : 0, last_modified: isoTime(entry.mtime) };
    if (entry.kind === 'directory') {
      return { is_dir: true, folder_name: entry.name, folder_path: `${path}/`, ...common };
    }
    return { is_dir: false, file_name: entry.name, file_path: path, ...common };
  });
  return { json: { dirent_list: shown } };
}

async function uploadByLink(call: Call): Promise<Answer> {
  const { record, library } = await visited(call);
  const { access, links, urls } = call.site;
  if (!record.canUpload || access.permission(record.owner, library) !== 'rw') throw fail(403, 'Permission denied.');
  const token = links.make(library.id, record.owner, { kind: 'upload', folder: record.path });
  return { json: { upload_link: `${urls.files}/upload-api/${token}` } };
}

/** The file itself with `dl=1`; there are no pages here to show it in. */
async function download(call: Call): Promise<Answer> {
  const { record, library } = await visited(call);
  if (record.kind !== 'download' || !record.canDownload) throw notFound();
  const { libraries, tables } = call.site;
  const path = record.isFolder
    ? [...parsePath(record.path), ...parsePath(call.query('p') ?? '')]
    : parsePath(record.path);
  const entry = libraries.trees(library).find(libraries.head(library).rootId, path);
  if (entry?.kind !== 'file') throw notFound();
  tables.shareLinks.put(record.token, { ...record, views: record.views + 1 });
  return { status: 302, text: '', headers: { location: downloadUrl(call.site, library, entry, record.owner, false) } };
}
