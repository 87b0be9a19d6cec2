import {
  type BlockId,
  type Commit,
  type CommitId,
  type DirectoryId,
  hashCommit,
  SeafileError,
} from '../../seafile/index.ts';
import type { Commits } from './commits.ts';
import { findInHistory, type Landed } from './history.ts';
import type { CommitterOptions, TreeObject } from './options.ts';

const ATTEMPTS = 3;

/** A commit that is to become the head. */
export interface Publication {
  /** The head it is built on. */
  readonly onto: Commit;
  readonly rootId: DirectoryId;
  /** For people; the first line of the commit's description. */
  readonly description: string;
  /** Objects of the new tree that may not be on the server. */
  readonly objects: readonly TreeObject[];
  /** Blocks of its new files, which the server is asked for once more after the commit is stored. */
  readonly blockIds: readonly BlockId[];
}

export interface Published {
  readonly ours: Commit;
  /** The newest head afterwards. */
  readonly head: CommitId;
  /** Null when the head does not contain our commit: somebody set the library back. */
  readonly landed: Landed | null;
}

/**
 * Stores a tree's objects and a commit, and makes it the head.
 *
 * The server never refuses a commit because the head moved: it merges, and says nothing (seafile-api G.4). So the head
 * is read afterwards. When the answer is lost, history tells whether the commit arrived before it is sent again.
 *
 * @throws SeafileError `blocks-missing` when the server lacks blocks: nothing was published
 */
export async function publish(
  options: CommitterOptions,
  commits: Commits,
  publication: Publication,
  signal?: AbortSignal,
): Promise<Published> {
  const { sync } = options;
  await storeObjects(options, publication.objects, signal);
  const ours = makeCommit(options, publication);
  await sync.putCommit(ours, signal);
  commits.add(ours);
  const blockIds = [...new Set(publication.blockIds)];
  if (blockIds.length > 0) {
    // The server marks here that a garbage collection has to wait; and version 11 takes commits with holes.
    const missing = await sync.checkBlocks(blockIds, signal);
    if (missing.size > 0) {
      throw new SeafileError('blocks-missing', `The server lost ${missing.size} blocks that were stored before.`);
    }
  }
  const find = async (): Promise<Published> => {
    const head = await sync.head(signal);
    const read = (id: CommitId) => commits.read(id, signal);
    return { ours, head, landed: await findInHistory(ours.id, publication.onto.id, head, read) };
  };
  for (let attempt = 1; ; attempt++) {
    try {
      await sync.setHead(ours.id, signal);
    } catch (error) {
      if (!isUncertain(error)) throw error;
      const found = await find().catch(() => {
        // That the head cannot be read either says no more than the first failure.
        throw error;
      });
      if (found.landed) return found;
      if (attempt >= ATTEMPTS) throw error;
      continue;
    }
    return await find();
  }
}

/** Whether the server may have done what was asked. */
function isUncertain(error: unknown): boolean {
  return (
    error instanceof SeafileError &&
    ['unreachable', 'server-failed', 'not-seafile', 'corrupt-answer'].includes(error.kind)
  );
}

async function storeObjects({ sync }: CommitterOptions, objects: readonly TreeObject[], signal?: AbortSignal) {
  const byId = new Map(objects.filter(({ text }) => text.byteLength > 0).map((object) => [object.id, object]));
  if (byId.size === 0) return;
  const missing = await sync.checkFs([...byId.keys()], signal);
  if (missing.size === 0) return;
  await sync.recvFs(
    [...byId.values()].filter(({ id }) => missing.has(id)),
    signal,
  );
}

function makeCommit(options: CommitterOptions, { onto, rootId, description }: Publication): Commit {
  const { account, device } = options;
  const [line = ''] = description.split('\n');
  const content = {
    rootId,
    creator: device.id,
    creatorName: account,
    // The second line makes it unique.
    description: `${line}\n\n${device.name} ${options.unique()}`,
    ctime: Math.floor(options.now() / 1000),
  };
  return {
    ...content,
    id: hashCommit(content),
    libraryId: options.sync.library,
    parentId: onto.id,
    secondParentId: null,
    // The newest commit is where a library's name is stored.
    libraryName: onto.libraryName,
    libraryDescription: onto.libraryDescription,
    ...(onto.noLocalHistory ? { noLocalHistory: true } : {}),
    deviceName: device.name,
    clientVersion: device.version,
  };
}
