import { z } from 'zod';
import { Secret } from '../http/index.ts';
import type { CommitId, LibraryId } from '../objects/index.ts';
import type { WebClient } from './client.ts';
import { commitIdOnWire, type LibraryPermission, libraryIdOnWire, permissionOnWire } from './wire.ts';

/** What the sync protocol needs to reach a library. */
export interface SyncAccess {
  readonly library: LibraryId;
  readonly name: string;
  /** Sync token: one library, one account; does not expire. */
  readonly token: Secret;
  /** The library's content is encrypted by its users: what is stored must not be taken for what was written. */
  readonly encrypted: boolean;
  readonly permission: LibraryPermission;
  /** E-mail (or internal id) of the account. */
  readonly account: string;
  readonly head: CommitId | null;
}

const downloadInfoOnWire = z.object({
  repo_id: libraryIdOnWire,
  repo_name: z.string(),
  token: z.string().min(1),
  email: z.string(),
  // 1 or "" (seafile-api B.5)
  encrypted: z.union([z.number(), z.string(), z.boolean()]).nullish(),
  permission: permissionOnWire.optional(),
  head_commit_id: commitIdOnWire.nullish().catch(null),
});

/**
 * Access to a library by the sync protocol. Every call makes a new token on the server: ask once and keep the answer
 * (seafile-api B.5).
 *
 * @throws SeafileError `not-found`; `forbidden` also when the account may only preview
 */
export async function syncAccess(web: WebClient, library: LibraryId, signal?: AbortSignal): Promise<SyncAccess> {
  const wire = await web.json(
    {
      what: `get access to library ${library}`,
      method: 'GET',
      path: `api2/repos/${library}/download-info/`,
      repeatable: true,
      signal,
    },
    downloadInfoOnWire,
  );
  return {
    library: wire.repo_id,
    name: wire.repo_name,
    token: new Secret(wire.token),
    encrypted: wire.encrypted !== undefined && wire.encrypted !== null && ![0, '', '0', false].includes(wire.encrypted),
    permission: wire.permission ?? 'rw',
    account: wire.email,
    head: wire.head_commit_id ?? null,
  };
}

/** Sync tokens of many libraries in one call; those that cannot be read are left out. */
export async function syncTokens(
  web: WebClient,
  libraries: readonly LibraryId[],
  signal?: AbortSignal,
): Promise<Map<LibraryId, Secret>> {
  if (libraries.length === 0) return new Map();
  const wire = await web.json(
    {
      what: `get access to ${libraries.length} libraries`,
      method: 'GET',
      path: 'api2/repo-tokens/',
      query: { repos: libraries.join(',') },
      repeatable: true,
      signal,
    },
    z.record(z.string(), z.string()),
  );
  return new Map(
    libraries.flatMap((library) => {
      const token = wire[library];
      return token ? [[library, new Secret(token)] as const] : [];
    }),
  );
}
