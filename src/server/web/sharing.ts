import type { FastifyInstance } from 'fastify';
import type { DirectoryId } from '../../seafile/objects/index.ts';
import { formatPath, type Path, parsePath } from '../libraries/index.ts';
import type { Site } from '../site.ts';
import type { LibraryRecord, Permission } from '../storage/index.ts';
import { avatarUrl } from './account.ts';
import { type Answer, fail, unavailable, utf8 } from './answers.ts';
import type { Call } from './call.ts';
import { isoTime } from './formats.ts';
import { resource } from './resource.ts';

/** Sharing libraries and folders with users (seafile-api I.1). */
export function sharingRoutes(app: FastifyInstance, site: Site): void {
  resource(app, site, '/api2/repos/:id/dir/shared_items/', {
    GET: list,
    POST: changePermission,
    PUT: share,
    DELETE: unshare,
  });
  resource(app, site, '/api2/beshared-repos/', { GET: received });
  resource(app, site, '/api2/beshared-repos/:id/', { DELETE: leave });
  resource(app, site, '/api2/shared-repos/', { GET: given });
  resource(app, site, '/api/v2.1/shared-repos/', { GET: givenLibraries });
  resource(app, site, '/api/v2.1/shared-folders/', { GET: givenFolders });
}

/** The library that the call may share. */
function shareable(call: Call): LibraryRecord {
  const library = call.library('r', { missing: `Library ${call.param('id')} not found.` });
  if (library.owner !== call.account) throw fail(403, 'Permission denied.');
  return library;
}

/** What is shared: a library, and the folder in it when it is not the whole of it. */
interface Subject {
  readonly library: LibraryRecord;
  readonly path: Path;
  readonly folder: DirectoryId;
}

/** `p` counts in the query only, and when it is missing the whole library is meant (seafile-api A.7, L 6). */
function subject(call: Call, library: LibraryRecord): Subject {
  const path = parsePath(call.query('p') ?? '/');
  const { libraries } = call.site;
  const folder = libraries.trees(library).findDirectory(libraries.head(library).rootId, path);
  if (folder === undefined) throw fail(404, `Folder ${formatPath(path)} not found.`);
  if (library.encryption && path.length > 0) throw fail(400, 'Folder invalid.');
  return { library, path, folder };
}

/** The library that others see, if there is one. */
function seenLibrary(call: Call, { library, path }: Subject): LibraryRecord | undefined {
  return path.length === 0 ? library : call.site.virtuals.find(library, path);
}

function permissionField(value: string | undefined): Permission {
  if (value !== 'r' && value !== 'rw') throw fail(400, 'permission invalid.');
  return value;
}

function showShare(call: Call, to: string, permission: Permission): Record<string, unknown> {
  return {
    share_type: 'user',
    user_info: {
      name: to,
      nickname: call.site.accounts.nameOf(to),
      contact_email: to,
      avatar_url: avatarUrl(call.site.urls.web),
    },
    permission,
    is_admin: false,
  };
}

function list(call: Call): Answer {
  const library = shareable(call);
  const types = (call.query('share_type') ?? 'user,group').split(',');
  const shared = seenLibrary(call, subject(call, library));
  if (!shared || !types.includes('user')) return utf8([]);
  return utf8(call.site.access.sharesOf(shared).map(({ to, permission }) => showShare(call, to, permission)));
}

async function share(call: Call): Promise<Answer> {
  // The view reads lists from the form and fails on JSON (seafile-api L 33).
  if (call.isJson) throw unavailable();
  const library = shareable(call);
  const type = call.field('share_type');
  if (type !== 'user' && type !== 'group') throw fail(400, 'share_type invalid.');
  const permission = permissionField(call.field('permission') ?? 'r');
  const failed: Record<string, unknown>[] = [];
  const success: Record<string, unknown>[] = [];
  const what = subject(call, library);
  const names = type === 'user' ? (call.form().get('username') ?? []) : [];
  if (names.includes(library.owner)) throw fail(400, 'Library can not be shared to owner');
  for (const to of names) {
    const refusal = await refuseShare(call, what, to, permission);
    if (refusal === undefined) success.push(showShare(call, to, permission));
    else failed.push({ email: to, error_msg: refusal });
  }
  for (const group of call.form().get('group_id') ?? []) {
    failed.push({ group_name: group, error_msg: `Group ${group} not found` });
  }
  return utf8({ failed, success });
}

/** @returns why it was not shared */
async function refuseShare(
  call: Call,
  { library, path, folder }: Subject,
  to: string,
  permission: Permission,
): Promise<string | undefined> {
  const { accounts, access, virtuals } = call.site;
  if (!accounts.find(to)) return `User ${to} not found.`;
  const shared = path.length === 0 ? library : await virtuals.open(library, path, folder);
  if (access.share(shared, to, permission)) return undefined;
  return `This item has been shared to ${accounts.nameOf(to)}.`;
}

function changePermission(call: Call): Answer {
  const library = shareable(call);
  const permission = permissionField(call.text('permission'));
  const shared = seenLibrary(call, subject(call, library));
  const to = call.query('username') ?? '';
  if (call.query('share_type') !== 'user') throw fail(400, 'share_type invalid.');
  if (!shared || !call.site.accounts.find(to)) throw fail(404, `User ${to} not found.`);
  call.site.access.setPermission(shared, to, permission);
  return utf8({ success: true });
}

function unshare(call: Call): Answer {
  const library = shareable(call);
  const shared = seenLibrary(call, subject(call, library));
  if (call.query('share_type') !== 'user') throw fail(400, 'share_type invalid.');
  if (shared) call.site.access.unshare(shared, call.query('username') ?? '');
  return utf8({ success: true });
}

function received(call: Call): Answer {
  const { access, libraries } = call.site;
  const shown = access.sharedWith(call.account).map(({ library, from, permission }) => {
    const origin = library.virtual && libraries.find(library.virtual.origin);
    return {
      ...rawLibrary(call, library),
      origin_repo_name: origin?.name ?? null,
      share_type: 'personal',
      permission,
      user: from,
      group_id: 0,
      group_name: null,
      is_shared: false,
    };
  });
  return utf8(shown);
}

/** A library as the storage layer's object, which some views send unfiltered. */
function rawLibrary(call: Call, library: LibraryRecord): Record<string, unknown> {
  const { libraries } = call.site;
  const head = libraries.head(library);
  return {
    id: library.id,
    name: library.name,
    desc: null,
    version: 1,
    last_modify: head.ctime,
    size: libraries.size(library).bytes,
    file_count: 0,
    last_modifier: head.creatorName,
    head_cmmt_id: library.head,
    root: null,
    status: 0,
    repo_id: library.id,
    repo_name: library.name,
    repo_desc: null,
    last_modified: head.ctime,
    encrypted: library.encryption !== undefined,
    magic: library.encryption?.magic ?? null,
    enc_version: library.encryption?.version ?? 0,
    random_key: library.encryption?.randomKey ?? null,
    salt: library.encryption?.salt || null,
    worktree: null,
    relay_id: null,
    last_sync_time: 0,
    auto_sync: false,
    worktree_invalid: false,
    is_virtual: library.virtual !== null,
    origin_repo_id: library.virtual?.origin ?? null,
    origin_path: library.virtual?.path ?? null,
    is_original_owner: false,
    virtual_perm: null,
    store_id: libraries.storeOf(library),
    is_corrupted: false,
    repaired: false,
  };
}

function leave(call: Call): Answer {
  const library = call.site.libraries.find(call.param('id'));
  if (library && library.owner === call.query('from')) call.site.access.unshare(library, call.account);
  return utf8({ success: true });
}

/** What an account shares with others, as a whole or by folder. */
function shares(call: Call): { library: LibraryRecord; to: string; permission: Permission }[] {
  const own = call.site.libraries.all().filter((library) => library.owner === call.account);
  return own.flatMap((library) => call.site.access.sharesOf(library).map((each) => ({ library, ...each })));
}

function given(call: Call): Answer {
  const whole = shares(call).filter(({ library }) => !library.virtual);
  return utf8(
    whole.map(({ library, to, permission }) => ({
      ...rawLibrary(call, library),
      share_type: 'personal',
      user: to,
      share_permission: permission,
    })),
  );
}

function givenLibraries(call: Call): Answer {
  const whole = shares(call).filter(({ library }) => !library.virtual);
  return {
    json: whole.map(({ library, to, permission }) => ({
      repo_id: library.id,
      repo_name: library.name,
      share_type: 'personal',
      share_permission: permission,
      encrypted: library.encryption !== undefined,
      user_email: to,
      user_name: call.site.accounts.nameOf(to),
      contact_email: to,
      is_admin: false,
      last_modified: isoTime(call.site.libraries.head(library).ctime),
    })),
  };
}

function givenFolders(call: Call): Answer {
  const folders = shares(call).filter(({ library }) => library.virtual);
  return {
    json: folders.map(({ library, to, permission }) => ({
      repo_id: library.virtual?.origin ?? library.id,
      repo_name: (library.virtual && call.site.libraries.find(library.virtual.origin)?.name) ?? library.name,
      path: library.virtual?.path ?? '/',
      folder_name: library.name,
      share_type: 'personal',
      share_permission: permission,
      user_email: to,
      user_name: call.site.accounts.nameOf(to),
      contact_email: to,
    })),
  };
}
