import type { FastifyInstance } from 'fastify';
import { clientEncryption } from '../libraries/index.ts';
import { kept, type Site } from '../site.ts';
import type { LibraryRecord, Permission } from '../storage/index.ts';
import { type Answer, fail, utf8 } from './answers.ts';
import type { Call } from './call.ts';
import { formatSize, isoTime, relativeTime } from './formats.ts';
import { resource } from './resource.ts';

/** Libraries: the default one, listing, making, describing, renaming, deleting, and their sync tokens (seafile-api B). */
export function libraryRoutes(app: FastifyInstance, site: Site): void {
  resource(app, site, '/api2/default-repo/', { GET: defaultLibrary, POST: makeDefaultLibrary });
  resource(app, site, '/api2/repos/', { GET: list, POST: create });
  resource(app, site, '/api2/repos/:id/', { GET: describe, POST: operate, DELETE: remove });
  resource(app, site, '/api2/repos/:id/download-info/', { GET: downloadInfo });
  resource(app, site, '/api2/repo-tokens/', { GET: syncTokens });
  resource(app, site, '/api/v2.1/repos/', { GET: listNew });
  if (site.features.notificationTicketByApi) {
    resource(app, site, '/api/v2.1/repos/:id/repo-notification-jwt-token/', { GET: ticket });
  }
  resource(app, site, '/api/v2.1/repos/:id/', { GET: describeNew, DELETE: removeNew });
}

const DEFAULT_NAME = 'My Library';

function defaultLibrary(call: Call): Answer {
  const id = call.site.accounts.find(call.account)?.defaultLibrary;
  const library = id ? call.site.libraries.find(id) : undefined;
  return { json: library ? { exists: true, repo_id: library.id } : { exists: false } };
}

async function makeDefaultLibrary(call: Call): Promise<Answer> {
  const id = call.site.accounts.find(call.account)?.defaultLibrary;
  if (!id || !call.site.libraries.find(id)) {
    const library = await call.site.libraries.create(call.account, DEFAULT_NAME, '');
    call.site.accounts.setDefaultLibrary(call.account, library.id);
  }
  return defaultLibrary(call);
}

/** A library as a listing shows it to an account. */
interface Listed {
  readonly library: LibraryRecord;
  readonly permission: Permission;
  readonly kind: 'mine' | 'shared';
}

function listed(call: Call, kinds: readonly string[]): Listed[] {
  const all = kinds.length === 0;
  const found: Listed[] = [];
  if (all || kinds.includes('mine')) {
    const own = call.site.libraries.ownedBy(call.account);
    found.push(...own.map((library) => ({ library, permission: 'rw', kind: 'mine' }) as const));
  }
  if (all || kinds.includes('shared')) {
    found.push(...call.site.access.sharedWith(call.account).map((share) => ({ ...share, kind: 'shared' }) as const));
  }
  return found;
}

/** Adds when a library was changed last, and by whom. */
function dated(call: Call, libraries: Listed[]): { listed: Listed; mtime: number; modifier: string }[] {
  return libraries.map((each) => {
    const head = call.site.libraries.head(each.library);
    return { listed: each, mtime: head.ctime, modifier: head.creatorName };
  });
}

function list(call: Call): Answer {
  const kinds = (call.query('type') ?? '').split(',').filter((kind) => kind !== '');
  const contains = call.query('nameContains')?.toLowerCase();
  const { accounts, libraries } = call.site;
  const now = libraries.now();
  const entries = dated(call, listed(call, kinds)).map(({ listed: { library, permission, kind }, mtime, modifier }) => {
    const size = libraries.size(library).bytes;
    const owner = accounts.nameOf(library.owner);
    return {
      type: kind === 'mine' ? 'repo' : 'srepo',
      id: library.id,
      owner: library.owner,
      owner_name: owner,
      owner_contact_email: library.owner,
      name: library.name,
      ...(kind === 'shared' ? { owner_nickname: owner } : {}),
      mtime,
      modifier_email: modifier,
      modifier_contact_email: modifier,
      modifier_name: accounts.nameOf(modifier),
      mtime_relative: relativeTime(mtime, now),
      size,
      size_formatted: formatSize(size),
      encrypted: library.encryption !== undefined,
      permission,
      ...(kind === 'mine' ? { virtual: false } : { share_type: 'personal', group_name: '', is_admin: false }),
      root: '',
      head_commit_id: library.head,
      version: 1,
      salt: '',
    };
  });
  const wanted = contains ? entries.filter((entry) => entry.name.toLowerCase().includes(contains)) : entries;
  return utf8(wanted, { enable_encrypted_library: 'True' });
}

function listNew(call: Call): Answer {
  const { accounts, libraries } = call.site;
  const repos = dated(call, listed(call, call.queryAll('type'))).map(
    ({ listed: { library, permission, kind }, mtime, modifier }) => ({
      type: kind,
      repo_id: library.id,
      repo_name: library.name,
      owner_email: library.owner,
      owner_name: accounts.nameOf(library.owner),
      owner_contact_email: library.owner,
      last_modified: isoTime(mtime),
      modifier_email: modifier,
      modifier_name: accounts.nameOf(modifier),
      modifier_contact_email: modifier,
      size: libraries.size(library).bytes,
      encrypted: library.encryption !== undefined,
      permission,
      starred: false,
      monitored: false,
      status: 'normal',
      salt: '',
      ...(kind === 'shared' ? { is_admin: false } : {}),
    }),
  );
  return { json: { repos } };
}

/** Unlike other calls of api2 it takes JSON, too: rclone sends it. */
async function create(call: Call): Promise<Answer> {
  const name = call.text('name') ?? '';
  if (name === '') throw fail(400, 'Library name is required.');
  if (!isLibraryName(name)) throw fail(400, 'name invalid.');
  const library = await call.site.libraries.create(call.account, name, call.text('desc') ?? '', encryptionOf(call));
  return { json: syncInfo(call, library, call.query('from') !== 'web') };
}

/** How the clients of a new library encrypt it. A key that the server would have to make and keep is refused. */
function encryptionOf(call: Call): ReturnType<typeof clientEncryption> {
  if (call.text('passwd')) throw fail(403, 'NOT allow to create encrypted library.');
  if (!call.text('magic') && !call.text('random_key') && !call.text('enc_version')) return undefined;
  const made = clientEncryption({
    id: call.text('repo_id'),
    version: call.text('enc_version'),
    magic: call.text('magic'),
    randomKey: call.text('random_key'),
    salt: call.text('salt'),
  });
  if (!made || call.site.libraries.isTaken(made.id))
    throw fail(400, 'You must provide magic, random_key and enc_version.');
  return made;
}

const isLibraryName = (name: string): boolean => !/[/\0]/.test(name) && Buffer.byteLength(name) < 256;

const NO_PERMISSION = 'You do not have permission to access this library.';
const NOT_FOUND = 'Library not found.';

function describe(call: Call): Answer {
  const library = call.library('r', { missing: NOT_FOUND, forbidden: NO_PERMISSION });
  const { accounts, libraries, features } = call.site;
  const head = libraries.head(library);
  const size = libraries.size(library);
  return {
    json: {
      type: 'repo',
      id: library.id,
      owner: library.owner === call.account ? 'self' : 'share',
      name: library.name,
      mtime: head.ctime,
      size: size.bytes,
      encrypted: library.encryption !== undefined,
      root: head.rootId,
      permission: call.permission(library),
      modifier_email: head.creatorName,
      modifier_contact_email: head.creatorName,
      modifier_name: accounts.nameOf(head.creatorName),
      file_count: size.files,
      ...(features.headInDetail ? { head_commit_id: library.head } : {}),
    },
  };
}

function describeNew(call: Call): Answer {
  const library = call.library('r');
  const { accounts, libraries, access } = call.site;
  const size = libraries.size(library);
  const shared =
    access.sharesOf(library).length > 0 ||
    libraries.virtualsOf(library.id).some((virtual) => access.sharesOf(virtual).length > 0);
  return {
    json: {
      repo_id: library.id,
      repo_name: library.name,
      owner_email: library.owner,
      owner_name: accounts.nameOf(library.owner),
      owner_contact_email: library.owner,
      size: size.bytes,
      encrypted: library.encryption !== undefined,
      file_count: size.files,
      permission: call.permission(library),
      no_quota: !call.site.usage.allows(library.owner, 0),
      is_admin: library.owner === call.account,
      is_virtual: library.virtual !== null,
      has_been_shared_out: shared,
      lib_need_decrypt: library.encryption !== undefined,
      last_modified: isoTime(libraries.head(library).ctime),
      status: 'normal',
    },
  };
}

function operate(call: Call): Answer | Promise<Answer> {
  const op = call.query('op');
  if (op === 'rename') return rename(call);
  if (op === 'setpassword') {
    const { encryption } = call.library('r', { missing: NOT_FOUND, forbidden: NO_PERMISSION });
    // The server cannot decrypt, whatever the password is.
    if (encryption) throw fail(403, 'Libraries are decrypted by their clients only.');
    // Nothing to unlock in a library that is not encrypted; the real server says success, too (seafile-api B.6).
    return { json: 'success' };
  }
  throw fail(400, 'Unsupported operation.');
}

async function rename(call: Call): Promise<Answer> {
  const library = owned(call);
  const name = call.field('repo_name') ?? '';
  if (name === '' || !isLibraryName(name)) throw fail(400, 'name invalid.');
  const { libraries, branches } = call.site;
  libraries.update(library.id, { name, description: call.field('repo_desc') ?? library.description });
  const author = { author: call.account };
  await branches.setRoot(library.id, libraries.head(library).rootId, 'Changed library name or description', author);
  return { json: 'success' };
}

/** The library, when the account owns it. */
function owned(call: Call, texts: { missing?: string } = {}): LibraryRecord {
  const library = call.library('r', { ...texts, forbidden: 'You do not have permission to access this library.' });
  if (library.owner !== call.account) throw fail(403, 'You do not have permission to access this library.');
  return library;
}

function remove(call: Call): Answer {
  call.site.libraries.delete(owned(call));
  return { json: 'success' };
}

function removeNew(call: Call): Answer {
  call.site.libraries.delete(owned(call));
  return { json: { success: true } };
}

async function downloadInfo(call: Call): Promise<Answer> {
  const info = syncInfo(call, call.library('r', { forbidden: NO_PERMISSION }), true);
  await kept(call.site);
  return { json: info };
}

/** What a sync client needs to begin; with a new token (seafile-api B.5). */
function syncInfo(call: Call, library: LibraryRecord, withToken: boolean): Record<string, unknown> {
  const { libraries, tokens, urls } = call.site;
  const head = libraries.head(library);
  const size = libraries.size(library).bytes;
  return {
    relay_id: tokens.signingKey('relay').toString('hex').slice(0, 40),
    relay_addr: new URL(urls.web).hostname,
    relay_port: '80',
    email: call.account,
    ...(withToken ? { token: tokens.newSyncToken(call.account, library.id) } : {}),
    repo_id: library.id,
    repo_name: library.name,
    repo_desc: library.description,
    repo_size: size,
    repo_size_formatted: formatSize(size),
    mtime: head.ctime,
    mtime_relative: relativeTime(head.ctime, libraries.now()),
    encrypted: library.encryption ? 1 : '',
    enc_version: library.encryption?.version ?? 0,
    salt: library.encryption?.salt ?? '',
    magic: library.encryption?.magic ?? '',
    random_key: library.encryption?.randomKey ?? '',
    repo_version: 1,
    head_commit_id: library.head,
    permission: call.permission(library),
  };
}

function ticket(call: Call): Answer {
  const library = call.library('r');
  if (!call.site.tickets) throw fail(404, 'Notification server is not enabled.');
  return { json: { token: call.site.tickets.issue(library.id, call.account) } };
}

async function syncTokens(call: Call): Promise<Answer> {
  const ids = (call.query('repos') ?? '').split(',').filter((id) => id !== '');
  const readable = ids
    .map((id) => call.site.libraries.find(id))
    .filter((library) => library !== undefined && call.site.access.permission(call.account, library) !== undefined);
  const pairs = readable.flatMap((library) =>
    library ? [[library.id, call.site.tokens.newSyncToken(call.account, library.id)]] : [],
  );
  await kept(call.site);
  return { json: Object.fromEntries(pairs) };
}
