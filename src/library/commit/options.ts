import type { DirectoryId, EncodedObject, FileId, SyncClient, SyncDevice } from '../../seafile/index.ts';
import type { BlockSender, CutPolicy, PlannedFile } from '../blocks/index.ts';
import type { ReadDirectories } from '../tree/index.ts';

/** The steps of the sync protocol that commits are made of. */
export type CommitSteps = Pick<
  SyncClient,
  | 'head'
  | 'commit'
  | 'putCommit'
  | 'setHead'
  | 'permissionCheck'
  | 'quotaCheck'
  | 'checkFs'
  | 'recvFs'
  | 'checkBlocks'
  | 'library'
>;

/** What a committer works with. */
export interface CommitterOptions {
  readonly sync: CommitSteps;
  readonly blocks: BlockSender;
  readonly readDirectories: ReadDirectories;
  /** Modifier of new versions, and name in conflict copies. */
  readonly account: string;
  readonly device: SyncDevice;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** A text that was never given before: commits of one second with equal trees would have one id. */
  readonly unique: () => string;
  /** Is told what was stored, so that it need not be fetched. */
  readonly onStored?: (stored: Stored) => void;
  /** How regions of files are cut. */
  readonly cutPolicy?: CutPolicy;
  /**
   * Paths (names from the library's root) of folders that are shared. When such a folder is renamed, alone or within
   * another, that goes in a commit of its own: the server deletes the share of a path that vanishes unless it sees a
   * pure rename. Asked only when a batch renames folders.
   */
  readonly sharedFolders?: (signal?: AbortSignal) => Promise<readonly (readonly string[])[]>;
}

export interface Stored {
  readonly directories: readonly EncodedObject<DirectoryId>[];
  readonly files: readonly PlannedFile[];
}

/** Objects that travel by recv-fs. */
export type TreeObject = EncodedObject<DirectoryId> | EncodedObject<FileId>;
