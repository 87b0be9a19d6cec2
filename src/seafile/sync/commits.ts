import { z } from 'zod';
import { SeafileError } from '../errors.ts';
import type { FileServer } from '../fileserver/index.ts';
import { unexpectedAnswer } from '../http/failures.ts';
import { answerText, type HttpRequest } from '../http/index.ts';
import { answerJson } from '../http/json.ts';
import { type Commit, type CommitId, decodeCommit, encodeCommit, type LibraryId } from '../objects/index.ts';
import { commitIdOnWire } from '../web/wire.ts';
import type { SyncConnection } from './connection.ts';

const headOnWire = z.object({ is_corrupted: z.number(), head_commit_id: commitIdOnWire });

export async function getHead(sync: SyncConnection, signal?: AbortSignal): Promise<CommitId> {
  const request = sync.request('commit/HEAD', {
    what: `read the head of library ${sync.library}`,
    repeatable: true,
    signal,
  });
  const wire = answerJson(request, await sync.send(request), headOnWire);
  if (wire.is_corrupted) {
    throw new SeafileError(
      'library-corrupted',
      `Library ${sync.library} is marked corrupted. The server's administrator has to repair it (seaf-fsck).`,
    );
  }
  return wire.head_commit_id;
}

export async function getCommit(sync: SyncConnection, id: CommitId, signal?: AbortSignal): Promise<Commit> {
  const request = sync.request(`commit/${id}`, { what: `read commit ${id}`, repeatable: true, signal });
  const answer = await sync.send(request);
  let commit: Commit;
  try {
    commit = decodeCommit(answerText(answer));
  } catch (error) {
    throw unexpectedAnswer(request, answer, 'something that is no commit', error);
  }
  // The id is not recomputed: the two kinds of server hash commits differently (seafile-api F.5).
  if (commit.id !== id) throw unexpectedAnswer(request, answer, `commit ${commit.id}`);
  return commit;
}

export async function putCommit(sync: SyncConnection, commit: Commit, signal?: AbortSignal): Promise<void> {
  await sync.send(
    sync.request(`commit/${commit.id}`, {
      what: `store commit ${commit.id}`,
      method: 'PUT',
      body: Buffer.from(encodeCommit(commit)),
      repeatable: true,
      signal,
    }),
  );
}

export async function setHead(sync: SyncConnection, id: CommitId, signal?: AbortSignal): Promise<void> {
  await sync.send(
    sync.request(`commit/HEAD?head=${id}`, {
      what: `make commit ${id} the head of library ${sync.library}`,
      method: 'PUT',
      // When the answer is lost the commit may be in the history already, and a second try would merge it again.
      repeatable: false,
      signal,
    }),
  );
}

/**
 * Heads of many libraries in one request; libraries the server does not know are left out. Needs no token and is not
 * counted by the server (seafile-api H.2).
 */
export async function headCommitsMulti(
  fileServer: FileServer,
  libraries: readonly LibraryId[],
  signal?: AbortSignal,
): Promise<Map<LibraryId, CommitId>> {
  if (libraries.length === 0) return new Map();
  const request: HttpRequest = {
    what: `read the heads of ${libraries.length} libraries`,
    method: 'POST',
    url: new URL('repo/head-commits-multi/', fileServer.url),
    side: 'file',
    body: Buffer.from(JSON.stringify(libraries)),
    repeatable: true,
    signal,
  };
  const wire = answerJson(request, await fileServer.transport.request(request), z.record(z.string(), commitIdOnWire));
  return new Map(
    libraries.flatMap((library) => {
      const head = wire[library];
      return head ? [[library, head] as const] : [];
    }),
  );
}
