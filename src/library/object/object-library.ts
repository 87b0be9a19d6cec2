import { randomUUID } from 'node:crypto';
import {
  accountInfo,
  type BlockId,
  type Clock,
  type CommitId,
  type Directory,
  type DirectoryId,
  type FileId,
  type LibraryId,
  libraryDetail,
  RawBlockUpload,
  SeafileError,
  type SyncAccess,
  type SyncClient,
  type SyncDevice,
  systemClock,
  type WebClient,
} from '../../seafile/index.ts';
import type { Batch, CommitOutcome } from '../batch.ts';
import { BlockSender, type CutPolicy } from '../blocks/index.ts';
import { Commits, Committer, type CommitterOptions } from '../commit/index.ts';
import type { BlockSpan } from '../content.ts';
import type { BlockReceiver, Capabilities, Head, Library, Usage } from '../library.ts';
import type { HeadPoll } from '../watch/index.ts';
import { FileBlocks } from './file-blocks.ts';
import type { ObjectStore } from './object-store.ts';
import { type FilePlace, Ranges } from './ranges.ts';
import { TreeObjects } from './tree-objects.ts';

export interface ObjectLibraryOptions {
  readonly access: SyncAccess;
  readonly sync: SyncClient;
  readonly web: WebClient;
  readonly poll: HeadPoll;
  readonly device: SyncDevice;
  readonly objects: ObjectStore;
  readonly clock?: Clock;
  readonly cutPolicy?: CutPolicy;
  readonly sharedFolders?: CommitterOptions['sharedFolders'];
  /** A text that was never given before. */
  readonly unique?: () => string;
  /** Called when the last holder closed the library. */
  readonly onClosed?: () => void;
}

/**
 * A library by the sync protocol: directory objects by id in bulk, blocks by id, and changes as commits made here. The
 * web API is asked for what it does better: parts of files, many small blocks at once, usage.
 */
export class ObjectLibrary implements Library {
  readonly id: LibraryId;
  readonly name: string;
  readonly permission: 'r' | 'rw';
  readonly account: string;
  readonly capabilities: Capabilities = { kind: 'object', mtime: true, mode: true, atomicBatch: true };
  readonly #options: ObjectLibraryOptions;
  readonly #commits: Commits;
  readonly #committer: Committer;
  readonly #objects: TreeObjects;
  readonly #blocks: FileBlocks;
  readonly #ranges: Ranges;
  #own: Promise<boolean> | null = null;
  #holders = 1;
  readonly #watches = new Set<() => void>();
  /** The head that `head()` gave last. */
  #given: CommitId | null = null;

  constructor(options: ObjectLibraryOptions) {
    const { access, sync, web, objects, clock = systemClock } = options;
    this.#options = options;
    this.id = access.library;
    this.name = access.name;
    this.permission = access.permission === 'rw' ? 'rw' : 'r';
    this.account = access.account;
    this.#commits = new Commits(sync);
    this.#objects = new TreeObjects(sync, objects);
    this.#blocks = new FileBlocks(sync, this.#objects, objects);
    this.#ranges = new Ranges(web, this.id, clock);
    this.#committer = new Committer(
      {
        sync,
        blocks: new BlockSender({ sync, raw: new RawBlockUpload(web, this.id, clock) }),
        readDirectories: (ids) => this.#objects.directories(ids),
        account: this.account,
        device: options.device,
        now: () => clock.date(),
        unique: options.unique ?? randomUUID,
        onStored: ({ directories, files }) => {
          for (const { id, text } of directories) objects.put(id, text);
          for (const { object, blocks } of files) {
            if (object.text.byteLength > 0) objects.put(object.id, object.text);
            this.#blocks.add(object.id, blocks);
          }
        },
        ...(options.cutPolicy ? { cutPolicy: options.cutPolicy } : {}),
        ...(options.sharedFolders ? { sharedFolders: options.sharedFolders } : {}),
      },
      this.#commits,
    );
  }

  async head(signal?: AbortSignal): Promise<Head> {
    const head = await this.#head(await this.#options.sync.head(signal), signal);
    this.#given = head.commitId;
    return head;
  }

  watch(onHead: (head: Head) => void): () => void {
    let told = this.#given;
    let latest: CommitId | null = null;
    let telling = false;
    let stopped = false;
    const tell = async (): Promise<void> => {
      if (telling) return;
      telling = true;
      try {
        while (!stopped && latest !== null && latest !== told) {
          const id: CommitId = latest;
          const head = await this.#head(id);
          // A newer one that came meanwhile is told instead.
          if (stopped || latest !== id) continue;
          told = id;
          onHead(head);
        }
      } catch {
        // The commit could not be read; the next poll finds the head again.
      } finally {
        telling = false;
      }
    };
    const stopPolling = this.#options.poll.watch(this.id, (commit) => {
      latest = commit;
      void tell();
    });
    const stop = () => {
      stopped = true;
      stopPolling();
      this.#watches.delete(stop);
    };
    this.#watches.add(stop);
    return stop;
  }

  readDirectories(ids: readonly DirectoryId[], signal?: AbortSignal): Promise<Map<DirectoryId, Directory>> {
    return this.#objects.directories(ids, signal);
  }

  blocks(file: FileId, signal?: AbortSignal): Promise<readonly BlockSpan[]> {
    return this.#blocks.of(file, signal);
  }

  readBlock(id: BlockId, signal?: AbortSignal): Promise<Uint8Array> {
    return this.#blocks.read(id, signal);
  }

  receiveBlock(id: BlockId, receiver: BlockReceiver, signal?: AbortSignal): Promise<void> {
    return this.#options.sync.receiveBlock(id, receiver, signal);
  }

  readRange(
    file: FileId,
    at: FilePlace,
    offset: number,
    length: number,
    signal?: AbortSignal,
  ): Promise<Uint8Array | null> {
    return this.#ranges.read(file, at, offset, length, signal);
  }

  async commit(batch: Batch, signal?: AbortSignal): Promise<CommitOutcome> {
    if (this.permission === 'r') {
      throw new SeafileError('forbidden', `Library ${this.name} may only be read. Ask its owner for write permission.`);
    }
    return this.#committer.commit(batch, signal);
  }

  async usage(signal?: AbortSignal): Promise<Usage> {
    const { web } = this.#options;
    // Only the account's own libraries count for it, and nobody tells of others' (seafile-api I.3).
    this.#own ??= libraryDetail(web, this.id, signal).then(({ own }) => own);
    const own = await this.#own.catch((error: unknown) => {
      this.#own = null;
      throw error;
    });
    if (!own) return { usedBytes: null, quotaBytes: null };
    const { usedBytes, quotaBytes } = await accountInfo(web, signal);
    return { usedBytes, quotaBytes };
  }

  /** Another holder: the library is open until each has closed it once. */
  hold(): this {
    this.#holders++;
    return this;
  }

  async close(): Promise<void> {
    if (--this.#holders !== 0) return;
    for (const stop of this.#watches) stop();
    this.#options.onClosed?.();
    await this.#committer.close();
  }

  async #head(id: CommitId, signal?: AbortSignal): Promise<Head> {
    const { rootId, ctime } = await this.#commits.read(id, signal);
    return { commitId: id, rootId, ctime };
  }
}
