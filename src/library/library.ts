import type { BlockId, CommitId, Directory, DirectoryId, FileId, LibraryId } from '../seafile/index.ts';
import type { Batch, CommitOutcome } from './batch.ts';
import type { BlockSpan } from './content.ts';

/**
 * One Seafile library as a volume needs it: the port between the filesystem and the wire.
 *
 * Everything that is asked for by id is immutable, so results may be kept for ever. All methods reject with
 * `SeafileError`; those that take a signal reject with kind `aborted` when it fires.
 */
export interface Library {
  readonly id: LibraryId;
  readonly name: string;
  /** `r`: every commit would be refused. */
  readonly permission: 'r' | 'rw';
  /** Name given to the account's changes in directory entries and conflict copies. */
  readonly account: string;
  readonly capabilities: Capabilities;

  /** The newest head. */
  head(signal?: AbortSignal): Promise<Head>;

  /**
   * Tells each new head, in order, coalesced, those of own commits too; the first call comes when the head differs from
   * the one `head()` had given last when the watching began. One poll serves all libraries of a connection.
   *
   * @param onHead is called with the new head; must not throw
   * @returns stops the watching
   */
  watch(onHead: (head: Head) => void): () => void;

  /**
   * Directory objects by id, many in one round trip; repeated and empty ids cost nothing.
   *
   * @returns every id asked for
   */
  readDirectories(ids: readonly DirectoryId[], signal?: AbortSignal): Promise<Map<DirectoryId, Directory>>;

  /** Where a file's bytes are: its blocks with their sizes, in file order. */
  blocks(file: FileId, signal?: AbortSignal): Promise<readonly BlockSpan[]>;

  /** A block's bytes, verified against its id. */
  readBlock(id: BlockId, signal?: AbortSignal): Promise<Uint8Array>;

  /**
   * As `readBlock`, handing over the bytes as they arrive. They are not verified: that their hash is the id is for the
   * receiver to find out, who can do so without holding up anything.
   */
  receiveBlock(id: BlockId, receiver: BlockReceiver, signal?: AbortSignal): Promise<void>;

  /**
   * Part of a file's bytes without fetching whole blocks, where this way to the library can.
   *
   * @param path  names from the library's root to a place where `file` is in `commit`
   * @returns exactly `length` bytes, or null when ranges cannot be had: read blocks instead
   */
  readRange(
    file: FileId,
    at: { readonly commit: CommitId; readonly path: readonly string[] },
    offset: number,
    length: number,
    signal?: AbortSignal,
  ): Promise<Uint8Array | null>;

  /**
   * Puts a batch on top of the newest head and moves the head there. Calls that wait at the same time share a commit.
   *
   * After a rejection the batch may be committed again as it is, with what `beforePublish` told put into `sent`.
   */
  commit(batch: Batch, signal?: AbortSignal): Promise<CommitOutcome>;

  /** Space used and allowed, as far as the server tells. */
  usage(signal?: AbortSignal): Promise<Usage>;

  /**
   * Stops polling for this library and lets go of it; once for each time it was opened. A commit under way ends first,
   * those that wait are refused with kind `aborted`.
   */
  close(): Promise<void>;
}

/** Who takes a block's bytes as they arrive. */
export interface BlockReceiver {
  /** The block begins; once more when it had to be asked for again: what was taken before is void. */
  begin(): void;
  /** The next bytes, which may only be used during the call. */
  take(piece: Uint8Array): void;
}

/** A version of a library. */
export interface Head {
  readonly commitId: CommitId;
  readonly rootId: DirectoryId;
  /** When the commit was made, seconds since 1970: the mtime of the root, which has no entry. */
  readonly ctime: number;
}

/** What this way to a library can keep. */
export interface Capabilities {
  readonly kind: 'object' | 'web';
  /** Times of modification survive. */
  readonly mtime: boolean;
  /** Permission bits survive. */
  readonly mode: boolean;
  /** Many changes become visible in one step. */
  readonly atomicBatch: boolean;
}

export interface Usage {
  /** Bytes used by the library's owner; null when not told. */
  readonly usedBytes: number | null;
  /** Bytes allowed; null when unlimited or not told. */
  readonly quotaBytes: number | null;
}
