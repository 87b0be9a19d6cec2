import { z } from 'zod';
import { SeafileError } from '../errors.ts';
import { unexpectedAnswer } from '../http/failures.ts';
import type { LibraryId } from '../objects/index.ts';
import type { WebCall, WebClient } from './client.ts';
import { checkedPath } from './paths.ts';
import { type LibraryPermission, libraryIdOnWire, permissionOnWire } from './wire.ts';

/** Whom something is shared with. */
export type ShareTarget =
  /** Seafile's name for the account: mostly the e-mail. */
  { readonly kind: 'user'; readonly user: string } | { readonly kind: 'group'; readonly group: number };

/** What the receiver may do. */
export type SharePermission = 'r' | 'rw';

/** A folder (or, at `/`, a whole library) shared with somebody. */
export interface Share {
  readonly target: ShareTarget;
  /** For people. */
  readonly name: string;
  readonly permission: LibraryPermission;
}

const shareOnWire = z.discriminatedUnion('share_type', [
  z.object({
    share_type: z.literal('user'),
    user_info: z.object({ name: z.string(), nickname: z.string().nullish() }),
    permission: permissionOnWire,
  }),
  z.object({
    share_type: z.literal('group'),
    group_info: z.object({ id: z.number(), name: z.string() }),
    permission: permissionOnWire,
  }),
]);

const shareFromWire = (wire: z.infer<typeof shareOnWire>): Share =>
  wire.share_type === 'user'
    ? {
        target: { kind: 'user', user: wire.user_info.name },
        name: wire.user_info.nickname || wire.user_info.name,
        permission: wire.permission,
      }
    : {
        target: { kind: 'group', group: wire.group_info.id },
        name: wire.group_info.name,
        permission: wire.permission,
      };

/** Whom a folder is shared with, by name and permission. */
export async function listShares(
  web: WebClient,
  library: LibraryId,
  path: string,
  signal?: AbortSignal,
): Promise<Share[]> {
  const wire = await web.json(
    { ...sharedItems(`list the shares of ${path}`, 'GET', library, path), repeatable: true, signal },
    z.array(shareOnWire),
  );
  return wire.map(shareFromWire);
}

const putOnWire = z.object({
  failed: z.array(z.object({ error_msg: z.string().nullish() })),
  success: z.array(z.unknown()),
});

/**
 * Shares a folder. The server answers 200 also when it did not, so its answer is read (seafile-api I.1).
 *
 * @param path of the folder; `/` is the whole library and must be written out
 * @throws SeafileError `rejected` with the server's reason: user unknown, shared with them already
 */
export async function shareFolder(
  web: WebClient,
  library: LibraryId,
  path: string,
  target: ShareTarget,
  permission: SharePermission,
  signal?: AbortSignal,
): Promise<void> {
  const what = `share ${path} with ${targetName(target)}`;
  const call: WebCall = {
    ...sharedItems(what, 'PUT', library, path),
    form: { ...targetFields(target), permission: checkedPermission(permission) },
    repeatable: false,
    signal,
  };
  const answer = await web.call(call);
  const { failed, success } = web.read(call, answer, putOnWire);
  const refusal = failed[0];
  if (refusal) {
    const reason = (refusal.error_msg ?? 'no reason told').replace(/\.$/, '');
    throw new SeafileError('rejected', `Cannot ${what}: ${web.server.url.host} refused (${reason}).`, {
      status: answer.status,
    });
  }
  if (success.length === 0) {
    throw unexpectedAnswer({ ...call, url: web.server.at(call.path) }, answer, 'neither a success nor a failure');
  }
}

/** Changes what the receiver of a share may do. */
export async function changeShare(
  web: WebClient,
  library: LibraryId,
  path: string,
  target: ShareTarget,
  permission: SharePermission,
  signal?: AbortSignal,
): Promise<void> {
  const call = sharedItems(`change the share of ${path} with ${targetName(target)}`, 'POST', library, path, target);
  await web.json(
    { ...call, form: { permission: checkedPermission(permission) }, repeatable: true, signal },
    z.object({ success: z.literal(true) }),
  );
}

/** Takes a share back; success also when there was none. */
export async function removeShare(
  web: WebClient,
  library: LibraryId,
  path: string,
  target: ShareTarget,
  signal?: AbortSignal,
): Promise<void> {
  const call = sharedItems(`remove the share of ${path} with ${targetName(target)}`, 'DELETE', library, path, target);
  await web.json({ ...call, repeatable: true, signal }, z.object({ success: z.literal(true) }));
}

/** Something others shared with the account. */
export interface ReceivedShare {
  /** The library the receiver sees; for a shared folder one of its own (seafile-api F.6). */
  readonly library: LibraryId;
  readonly name: string;
  readonly permission: LibraryPermission;
  /** Who shared it. */
  readonly owner: string;
  readonly encrypted: boolean;
  /** Where the folder is in the owner's library; null when a whole library is shared. */
  readonly origin: { readonly library: LibraryId; readonly path: string } | null;
}

const receivedOnWire = z.object({
  repo_id: libraryIdOnWire,
  repo_name: z.string(),
  permission: permissionOnWire,
  user: z.string().nullish(),
  encrypted: z.coerce.boolean(),
  is_virtual: z.boolean().nullish(),
  origin_repo_id: libraryIdOnWire.nullish(),
  origin_path: z.string().nullish(),
});

/** What others shared with the account. */
export async function receivedShares(web: WebClient, signal?: AbortSignal): Promise<ReceivedShare[]> {
  const wire = await web.json(
    {
      what: 'list what is shared with the account',
      method: 'GET',
      path: 'api2/beshared-repos/',
      repeatable: true,
      signal,
    },
    z.array(receivedOnWire),
  );
  return wire.map((share) => ({
    library: share.repo_id,
    name: share.repo_name,
    permission: share.permission,
    owner: share.user ?? '',
    encrypted: share.encrypted,
    origin:
      share.is_virtual && share.origin_repo_id
        ? { library: share.origin_repo_id, path: share.origin_path ?? '/' }
        : null,
  }));
}

/** A call on the shares of a folder. `p` is always in the query: elsewhere it is not seen, and without it the whole
 * library is shared (seafile-api A.7). */
function sharedItems(
  what: string,
  method: WebCall['method'],
  library: LibraryId,
  path: string,
  target?: ShareTarget,
): Omit<WebCall, 'repeatable'> {
  return {
    what,
    method,
    path: `api2/repos/${library}/dir/shared_items/`,
    query: { p: checkedPath(path), ...(target ? targetFields(target) : {}) },
  };
}

/** @throws SeafileError `rejected` when nobody is named */
function targetFields(target: ShareTarget): Record<string, string> {
  if (target.kind === 'user' && !target.user) {
    throw new SeafileError('rejected', 'Whom to share with is missing. Give the name of a user.');
  }
  return target.kind === 'user'
    ? { share_type: 'user', username: target.user }
    : { share_type: 'group', group_id: String(target.group) };
}

const targetName = (target: ShareTarget): string => (target.kind === 'user' ? target.user : `group ${target.group}`);

/** @throws SeafileError `rejected`: a caller without types may pass anything */
function checkedPermission(permission: SharePermission): SharePermission {
  if (permission === 'r' || permission === 'rw') return permission;
  throw new SeafileError('rejected', `Not a permission: ${JSON.stringify(permission)}. Use "r" or "rw".`);
}

/** A folder that the account has shared with others. */
export interface SharedFolder {
  readonly library: LibraryId;
  readonly path: string;
}

const sharedFolderOnWire = z.object({ repo_id: libraryIdOnWire, path: z.string() });

/** The folders of all libraries that the account has shared (seafile-api I.1). */
export async function listSharedFolders(web: WebClient, signal?: AbortSignal): Promise<SharedFolder[]> {
  const wire = await web.json(
    { what: 'list the shared folders', method: 'GET', path: 'api/v2.1/shared-folders/', repeatable: true, signal },
    z.array(sharedFolderOnWire),
  );
  return wire.map(({ repo_id, path }) => ({ library: repo_id, path }));
}
