import { z } from 'zod';
import type { CommitId, DirectoryId, LibraryId } from '../objects/index.ts';
import type { WebClient } from './client.ts';
import {
  commitIdOnWire,
  directoryIdOnWire,
  type LibraryPermission,
  libraryIdOnWire,
  permissionOnWire,
} from './wire.ts';

/** A library as it is listed. */
export interface LibrarySummary {
  readonly id: LibraryId;
  readonly name: string;
  /** How the account comes to it. */
  readonly kind: 'own' | 'shared' | 'group';
  /** E-mail of the owner; the group's name for libraries of a group. */
  readonly owner: string;
  readonly permission: LibraryPermission;
  readonly encrypted: boolean;
  /** Bytes; a second or two late. */
  readonly sizeBytes: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  readonly head: CommitId | null;
}

export interface LibraryDetail {
  readonly id: LibraryId;
  readonly name: string;
  readonly own: boolean;
  readonly permission: LibraryPermission;
  readonly encrypted: boolean;
  readonly sizeBytes: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  /** Changes with every change in the library. */
  readonly rootId: DirectoryId;
}

const KINDS = { repo: 'own', srepo: 'shared', grepo: 'group' } as const;

const summaryOnWire = z.object({
  type: z.enum(['repo', 'srepo', 'grepo']),
  id: libraryIdOnWire,
  name: z.string(),
  owner: z.string(),
  mtime: z.number(),
  size: z.number().nullish(),
  encrypted: z.coerce.boolean(),
  permission: permissionOnWire,
  head_commit_id: commitIdOnWire.nullish().catch(null),
});

/**
 * Libraries the account can reach. One that is reached in several ways (shared directly and through groups) is listed
 * as often (seafile-api B.2).
 */
export async function listLibraries(
  web: WebClient,
  options: { readonly kinds?: readonly ('own' | 'shared' | 'group')[]; readonly signal?: AbortSignal | undefined } = {},
): Promise<LibrarySummary[]> {
  const types = options.kinds?.map((kind) => (kind === 'own' ? 'mine' : kind)).join(',');
  const wire = await web.json(
    {
      what: 'list the libraries',
      method: 'GET',
      path: 'api2/repos/',
      query: { type: types },
      repeatable: true,
      signal: options.signal,
    },
    z.array(summaryOnWire),
  );
  return wire.map((library) => ({
    id: library.id,
    name: library.name,
    kind: KINDS[library.type],
    owner: library.owner,
    permission: library.permission,
    encrypted: library.encrypted,
    sizeBytes: library.size ?? 0,
    mtime: library.mtime,
    head: library.head_commit_id ?? null,
  }));
}

const defaultLibraryOnWire = z.object({ exists: z.boolean(), repo_id: libraryIdOnWire.optional() });

/** The account's default library, or null when it has none yet (seafile-api B.1). */
export async function defaultLibrary(web: WebClient, signal?: AbortSignal): Promise<LibraryId | null> {
  const wire = await web.json(
    { what: 'find the default library', method: 'GET', path: 'api2/default-repo/', repeatable: true, signal },
    defaultLibraryOnWire,
  );
  return wire.exists ? (wire.repo_id ?? null) : null;
}

/** The account's default library, made when it has none yet. */
export async function createDefaultLibrary(web: WebClient, signal?: AbortSignal): Promise<LibraryId> {
  const wire = await web.json(
    { what: 'create the default library', method: 'POST', path: 'api2/default-repo/', repeatable: true, signal },
    z.object({ exists: z.literal(true), repo_id: libraryIdOnWire }),
  );
  return wire.repo_id;
}

const detailOnWire = z.object({
  id: libraryIdOnWire,
  name: z.string(),
  owner: z.string(),
  mtime: z.number(),
  size: z.number().nullish(),
  encrypted: z.coerce.boolean(),
  root: directoryIdOnWire,
  permission: permissionOnWire,
});

/** @throws SeafileError `not-found`, `forbidden` */
export async function libraryDetail(web: WebClient, library: LibraryId, signal?: AbortSignal): Promise<LibraryDetail> {
  const wire = await web.json(
    { what: `read library ${library}`, method: 'GET', path: `api2/repos/${library}/`, repeatable: true, signal },
    detailOnWire,
  );
  return {
    id: wire.id,
    name: wire.name,
    own: wire.owner === 'self',
    permission: wire.permission,
    encrypted: wire.encrypted,
    sizeBytes: wire.size ?? 0,
    mtime: wire.mtime,
    rootId: wire.root,
  };
}

/** Makes a library. Two may have the same name. */
export async function createLibrary(web: WebClient, name: string, signal?: AbortSignal): Promise<LibraryId> {
  const wire = await web.json(
    {
      what: `create the library ${JSON.stringify(name)}`,
      method: 'POST',
      path: 'api2/repos/',
      // Without it a sync token is made that nobody would use.
      query: { from: 'web' },
      form: { name, desc: '' },
      repeatable: false,
      signal,
    },
    z.object({ repo_id: libraryIdOnWire }),
  );
  return wire.repo_id;
}

export async function renameLibrary(
  web: WebClient,
  library: LibraryId,
  name: string,
  signal?: AbortSignal,
): Promise<void> {
  await web.call({
    what: `rename library ${library} to ${JSON.stringify(name)}`,
    method: 'POST',
    path: `api2/repos/${library}/`,
    query: { op: 'rename' },
    form: { repo_name: name },
    repeatable: true,
    signal,
  });
}

/** Moves a library to the owner's trash. */
export async function deleteLibrary(web: WebClient, library: LibraryId, signal?: AbortSignal): Promise<void> {
  await web.call({
    what: `delete library ${library}`,
    method: 'DELETE',
    path: `api2/repos/${library}/`,
    repeatable: false,
    signal,
  });
}
