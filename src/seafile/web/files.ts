import { z } from 'zod';
import { SeafileError } from '../errors.ts';
import { type Link, linkOnWire } from '../link.ts';
import type { CommitId, FileId, LibraryId } from '../objects/index.ts';
import type { WebCall, WebClient } from './client.ts';
import { checkedPath } from './paths.ts';
import { fileIdOnWire, type LibraryPermission, permissionOnWire } from './wire.ts';

/** Where a version of a file can be downloaded. The link keeps giving that version when the path changes. */
export interface DownloadLink {
  readonly link: Link;
  /** The version; null when the server does not say. */
  readonly file: FileId | null;
  /** Whether the link can be used more than once. */
  readonly reusable: boolean;
}

/**
 * A download link for the file at a path that can be used for about an hour (seafile-api D.5).
 *
 * @throws SeafileError `not-found` also for a folder
 */
export async function downloadLink(
  web: WebClient,
  library: LibraryId,
  path: string,
  signal?: AbortSignal,
): Promise<DownloadLink> {
  const call: WebCall = {
    what: `get a download link for ${path}`,
    method: 'GET',
    path: `api2/repos/${library}/file/`,
    // Without reuse even a range takes the only use (seafile-api D.6).
    query: { p: checkedPath(path), reuse: 1 },
    repeatable: true,
    signal,
  };
  const answer = await web.call(call);
  const file = fileIdOnWire.safeParse(answer.header('oid'));
  return { link: web.read(call, answer, linkOnWire), file: file.success ? file.data : null, reusable: true };
}

/** A download link for a file as it was in a commit: for one use (seafile-api D.7). */
export async function revisionLink(
  web: WebClient,
  library: LibraryId,
  path: string,
  commit: CommitId,
  signal?: AbortSignal,
): Promise<DownloadLink> {
  const link = await web.json(
    {
      what: `get a download link for ${path} as of commit ${commit}`,
      method: 'GET',
      path: `api2/repos/${library}/file/revision/`,
      query: { p: checkedPath(path), commit_id: commit },
      repeatable: true,
      signal,
    },
    linkOnWire,
  );
  return { link, file: null, reusable: false };
}

/** A link to upload files into a folder; can be used for about an hour (seafile-api E.1). */
export async function uploadLink(
  web: WebClient,
  library: LibraryId,
  folder: string,
  signal?: AbortSignal,
): Promise<Link> {
  return web.json(
    {
      what: `get an upload link for ${folder}`,
      method: 'GET',
      path: `api2/repos/${library}/upload-link/`,
      query: { p: checkedPath(folder) },
      repeatable: true,
      signal,
    },
    linkOnWire,
  );
}

/** A link to give existing files of a folder new content (seafile-api E.4). */
export async function updateLink(
  web: WebClient,
  library: LibraryId,
  folder: string,
  signal?: AbortSignal,
): Promise<Link> {
  return web.json(
    {
      what: `get an update link for ${folder}`,
      method: 'GET',
      path: `api2/repos/${library}/update-link/`,
      query: { p: checkedPath(folder) },
      repeatable: true,
      signal,
    },
    linkOnWire,
  );
}

export interface FileDetail {
  readonly id: FileId;
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  readonly permission: LibraryPermission;
}

/** @throws SeafileError `not-found` also for a folder */
export async function fileDetail(
  web: WebClient,
  library: LibraryId,
  path: string,
  signal?: AbortSignal,
): Promise<FileDetail> {
  return web.json(
    {
      what: `read the details of ${path}`,
      method: 'GET',
      path: `api2/repos/${library}/file/detail/`,
      query: { p: checkedPath(path) },
      repeatable: true,
      signal,
    },
    z.object({
      id: fileIdOnWire,
      name: z.string(),
      size: z.number(),
      mtime: z.number(),
      permission: permissionOnWire,
    }),
  );
}

/**
 * Deletes a file. Uses the newer API, which leaves a folder at this path alone; the older one deletes it with all that
 * is in it (seafile-api L 4). Success also when nothing is there.
 */
export async function deleteFile(
  web: WebClient,
  library: LibraryId,
  path: string,
  signal?: AbortSignal,
): Promise<void> {
  const file = checkedPath(path);
  if (file === '/') throw new SeafileError('rejected', 'Cannot delete the root of a library: it is no file.');
  await web.call({
    what: `delete the file ${path}`,
    method: 'DELETE',
    path: `api/v2.1/repos/${library}/file/`,
    query: { p: file },
    repeatable: true,
    signal,
  });
}
