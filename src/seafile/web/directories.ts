import { z } from 'zod';
import { SeafileError } from '../errors.ts';
import { unexpectedAnswer } from '../http/failures.ts';
import type { DirectoryId, FileId, LibraryId } from '../objects/index.ts';
import type { WebCall, WebClient } from './client.ts';
import { checkedPath } from './paths.ts';
import { directoryIdOnWire, fileIdOnWire, type LibraryPermission, permissionOnWire } from './wire.ts';

/** An entry as the web API lists it: no mode, and for folders no size. */
export type ListedEntry = ListedFile | ListedFolder;

export interface ListedFile {
  readonly kind: 'file';
  readonly name: string;
  readonly id: FileId;
  /** Bytes. */
  readonly size: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  readonly permission: LibraryPermission;
  /** E-mail of who wrote it; empty when not told. */
  readonly modifier: string;
}

export interface ListedFolder {
  readonly kind: 'directory';
  readonly name: string;
  readonly id: DirectoryId;
  /** Seconds since 1970. */
  readonly mtime: number;
  readonly permission: LibraryPermission;
}

/** Answer to a listing. */
export type Listing =
  | { readonly kind: 'listing'; readonly id: DirectoryId; readonly entries: readonly ListedEntry[] }
  /** The folder is still the one the caller has. */
  | { readonly kind: 'unchanged'; readonly id: DirectoryId };

const entryOnWire = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('file'),
    name: z.string(),
    id: fileIdOnWire,
    size: z.number(),
    mtime: z.number(),
    permission: permissionOnWire,
    modifier_email: z.string().nullish(),
  }),
  z.object({
    type: z.literal('dir'),
    name: z.string(),
    id: directoryIdOnWire,
    mtime: z.number(),
    permission: permissionOnWire,
  }),
]);

/**
 * Lists a folder (seafile-api C.1). A name may occur twice: servers make conflict copies so (L 9).
 *
 * @param options.known id the caller has the entries of: they are not sent again when it is still right
 * @throws SeafileError `not-found` also when the path is a file
 */
export async function listFolder(
  web: WebClient,
  library: LibraryId,
  path: string,
  options: { readonly known?: DirectoryId; readonly signal?: AbortSignal | undefined } = {},
): Promise<Listing> {
  const call: WebCall = {
    what: `list the folder ${path}`,
    method: 'GET',
    path: `api2/repos/${library}/dir/`,
    query: { p: checkedPath(path), oid: options.known },
    repeatable: true,
    signal: options.signal,
  };
  const answer = await web.call(call);
  const id = directoryIdOnWire.safeParse(answer.header('oid'));
  if (!id.success) {
    throw unexpectedAnswer({ ...call, url: web.server.at(call.path) }, answer, 'a listing without an id');
  }
  const body = web.read(call, answer, z.union([z.literal('uptodate'), z.array(entryOnWire)]));
  if (body === 'uptodate') return { kind: 'unchanged', id: id.data };
  return {
    kind: 'listing',
    id: id.data,
    entries: body.map(
      (entry): ListedEntry =>
        entry.type === 'dir'
          ? { kind: 'directory', name: entry.name, id: entry.id, mtime: entry.mtime, permission: entry.permission }
          : {
              kind: 'file',
              name: entry.name,
              id: entry.id,
              size: entry.size,
              mtime: entry.mtime,
              permission: entry.permission,
              modifier: entry.modifier_email ?? '',
            },
    ),
  };
}

/**
 * The id of a folder, without its entries: tells whether anything below it changed (seafile-api C.4).
 *
 * @throws SeafileError `not-found` also when the path is a file
 */
export async function folderId(
  web: WebClient,
  library: LibraryId,
  path: string,
  signal?: AbortSignal,
): Promise<DirectoryId> {
  const wire = await web.json(
    {
      what: `look up the folder ${path}`,
      method: 'GET',
      path: `api2/repos/${library}/dir/metadata/`,
      query: { p: checkedPath(path) },
      repeatable: true,
      signal,
    },
    z.object({ id: directoryIdOnWire }),
  );
  return wire.id;
}

/**
 * Makes a folder and all folders above it; what exists already is left as it is.
 *
 * The server answers success also when a file is in the way and nothing was made (seafile-api L 31), so the folder is
 * looked up afterwards.
 *
 * @throws SeafileError `rejected` when a file is in the way; `forbidden`
 */
export async function makeFolder(
  web: WebClient,
  library: LibraryId,
  path: string,
  signal?: AbortSignal,
): Promise<DirectoryId> {
  const folder = checkedPath(path);
  if (folder === '/') return folderId(web, library, folder, signal);
  await web.call({
    what: `create the folder ${path}`,
    method: 'POST',
    path: `api2/repos/${library}/dir/`,
    query: { p: folder },
    form: { operation: 'mkdir', create_parents: 'true' },
    repeatable: true,
    signal,
  });
  try {
    return await folderId(web, library, folder, signal);
  } catch (error) {
    if (!(error instanceof SeafileError) || error.kind !== 'not-found') throw error;
    throw new SeafileError(
      'rejected',
      `Cannot create the folder ${path}: a file has its name or the name of a folder above it. Choose another path.`,
      { cause: error },
    );
  }
}

/**
 * Deletes a folder with everything in it. The root of a library is refused here.
 *
 * @throws SeafileError `not-found` also when the path is a file
 */
export async function deleteFolder(
  web: WebClient,
  library: LibraryId,
  path: string,
  signal?: AbortSignal,
): Promise<void> {
  const folder = checkedPath(path);
  if (folder === '/') {
    throw new SeafileError('rejected', 'Cannot delete the root of a library. Delete the library instead.');
  }
  await web.call({
    what: `delete the folder ${path}`,
    method: 'DELETE',
    path: `api2/repos/${library}/dir/`,
    query: { p: folder },
    repeatable: false,
    signal,
  });
}
