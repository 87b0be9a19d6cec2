import {
  createDefaultLibrary,
  defaultLibrary,
  type LibraryId,
  type LibraryPermission,
  libraryDetail,
  listLibraries,
  SeafileError,
  type WebClient,
} from '../seafile/index.ts';
import { DriveError } from './errors.ts';
import type { LibraryReference } from './space-path.ts';

/** A library that was looked up and can be used. */
export interface FoundLibrary {
  readonly id: LibraryId;
  readonly name: string;
  readonly permission: 'r' | 'rw';
  /** Whether it is the account's default library. */
  readonly isDefault: boolean;
}

/** A library as it is listed to callers: one line for each, however many ways lead to it. */
export interface ReachableLibrary {
  readonly id: LibraryId;
  readonly name: string;
  readonly kind: 'own' | 'shared' | 'group';
  readonly owner: string;
  readonly permission: LibraryPermission;
  readonly encrypted: boolean;
  readonly sizeBytes: number;
}

/** Libraries the account can reach, own ones first. */
export async function reachableLibraries(web: WebClient, signal?: AbortSignal): Promise<readonly ReachableLibrary[]> {
  const byId = new Map<LibraryId, ReachableLibrary>();
  const rank = { own: 0, group: 1, shared: 2 } as const;
  const listed = await listLibraries(web, { signal });
  for (const { id, name, kind, owner, permission, encrypted, sizeBytes } of listed) {
    const known = byId.get(id);
    // The same library comes once for every way it is shared (seafile-api B.2): the best way counts.
    const better = known === undefined || (known.permission !== 'rw' && permission === 'rw');
    if (better) byId.set(id, { id, name, kind, owner, permission, encrypted, sizeBytes });
  }
  return [...byId.values()].sort((a, b) => rank[a.kind] - rank[b.kind] || (a.name < b.name ? -1 : 1));
}

/**
 * Finds the library that is meant.
 *
 * @param create makes the default library when the account has none yet
 * @throws DriveError `library-missing`, `library-ambiguous` (the ids are in the message), `not-permitted`
 * @throws SeafileError `encrypted`, and what the server says
 */
export async function findLibrary(
  web: WebClient,
  reference: LibraryReference,
  options: { readonly create: boolean; readonly signal?: AbortSignal | undefined },
): Promise<FoundLibrary> {
  const { signal } = options;
  const id = await idOf(web, reference, options);
  const detail = await libraryDetail(web, id, signal).catch((error: unknown) => {
    if (!(error instanceof SeafileError)) throw error;
    if (error.kind !== 'not-found' && error.kind !== 'forbidden' && error.kind !== 'library-gone') throw error;
    throw new DriveError(
      'library-missing',
      `library ${id} does not exist or is not shared with this account: check its id, or ask its owner to share it.`,
      { cause: error },
    );
  });
  if (detail.encrypted) {
    throw new SeafileError(
      'encrypted',
      `library ${JSON.stringify(detail.name)} (${id}) is encrypted, which is not supported: use a library without a password.`,
    );
  }
  if (detail.permission === 'restricted') {
    throw new DriveError(
      'not-permitted',
      `library ${JSON.stringify(detail.name)} (${id}) may be looked at in the browser only: ask its owner for the permission r or rw.`,
    );
  }
  return { id, name: detail.name, permission: detail.permission, isDefault: reference.kind === 'default' };
}

async function idOf(
  web: WebClient,
  reference: LibraryReference,
  { create, signal }: { readonly create: boolean; readonly signal?: AbortSignal | undefined },
): Promise<LibraryId> {
  switch (reference.kind) {
    case 'id':
      return reference.id;
    case 'default': {
      const id = (await defaultLibrary(web, signal)) ?? (create ? await createDefaultLibrary(web, signal) : null);
      if (id !== null) return id;
      throw new DriveError(
        'library-missing',
        'the account has no default library yet: creating a space in it makes one ({ create: true }, or seamount space create).',
      );
    }
    case 'name': {
      const called = (await reachableLibraries(web, signal)).filter(({ name }) => name === reference.name);
      const [only, ...others] = called;
      const name = JSON.stringify(reference.name);
      if (only === undefined) {
        throw new DriveError(
          'library-missing',
          `no library is called ${name} for this account: check the name (case matters), or ask its owner to share it.`,
        );
      }
      if (others.length === 0) return only.id;
      const choice = called.map(({ id, owner, kind }) => `lib:${id} (${kind === 'own' ? 'own' : `of ${owner}`})`);
      throw new DriveError(
        'library-ambiguous',
        `${called.length} libraries are called ${name}: say which by its id: ${choice.join(', ')}.`,
      );
    }
  }
}
