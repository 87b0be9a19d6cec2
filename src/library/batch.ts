import type { DirectoryId, Entry, FileId } from '../seafile/index.ts';
import type { FrozenContent } from './content.ts';
import type { Head } from './library.ts';

/**
 * The changes of one space that go to the server together.
 *
 * A batch says what should differ from what was seen, entry by entry, not which calls led there: it can be put on top
 * of any head, put twice with the effect of once, and compared with what the server made of it.
 */
export interface Batch {
  /** Names from the library's root to the space's folder; empty when the space is the whole library. */
  readonly folder: readonly string[];
  readonly edit: DirectoryEdit;
  /** First line of the commit's description, for people who read the history. */
  readonly description: string;
  /**
   * Called with the ids given to staged contents, after their blocks are on the server and before the head is moved.
   * What it records lets a later process recognise its own change when the answer was lost. The head is not moved
   * before it is done.
   */
  readonly beforePublish?: (files: ReadonlyMap<FrozenContent, FileId>) => void | Promise<void>;
}

/** Changes to the entries of one directory, by name. */
export interface DirectoryEdit {
  readonly entries: ReadonlyMap<string, EntryEdit>;
}

/** A change to one name. */
export interface EntryEdit {
  /** What the server was seen to have under this name when the change was made; null for nothing. */
  readonly was: Entry | null;
  /**
   * Ids of earlier versions of ours that may be on the server already: an answer was lost after they were sent. For a
   * deleted directory: of all files that were sent below it. For a new directory that may be there: of the empty one.
   */
  readonly sent: readonly string[];
  /** What the name should hold; null for nothing. */
  readonly now: NewFile | NewDirectory | null;
}

export interface NewFile {
  readonly kind: 'file';
  /** Content that the server has (renamed, copied or only its attributes changed), or content staged here. */
  readonly content: { readonly kind: 'known'; readonly id: FileId; readonly size: number } | FrozenContent;
  /** Type and permission bits. */
  readonly mode: number;
  /** Seconds since 1970. */
  readonly mtime: number;
}

export interface NewDirectory {
  readonly kind: 'directory';
  /** The tree the edit is put on: what the directory was seen to hold, {@link EMPTY_DIRECTORY} for a new one. */
  readonly base: DirectoryId;
  /**
   * Where the directory stood in the library when it was renamed to here (names below the space's folder), or null
   * when it was not. Changes others made at the old place follow it here.
   */
  readonly movedFrom: readonly string[] | null;
  readonly mode: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  /** Changes below; null when there are none. */
  readonly edit: DirectoryEdit | null;
}

/** What the server has after a batch. */
export interface CommitOutcome {
  /** The head after the commit. It contains the batch, and whatever others committed before and meanwhile. */
  readonly head: Head;
  /** The space's folder in that head. */
  readonly folderId: DirectoryId;
  /** `unchanged`: the head held all of it already. */
  readonly how: 'fast-forward' | 'merged' | 'unchanged';
  /** Ids given to staged contents. */
  readonly files: ReadonlyMap<FrozenContent, FileId>;
  readonly conflicts: readonly Conflict[];
}

/** Something that both sides changed. Nothing was lost; a person may want to look. */
export interface Conflict {
  /** Names below the space's folder. */
  readonly path: readonly string[];
  readonly kind: /** Both changed the file: theirs kept the name, ours has the name `copy`. */
    | 'both-changed'
    /** Here a folder, there a file of one name (or the reverse): theirs kept the name, ours has the name `copy`. */
    | 'kind-differs'
    /** Deleted here, changed there: theirs stays. */
    | 'deletion-refused'
    /** Changed here, deleted there: ours stays. */
    | 'deletion-undone';
  readonly copy: string | null;
}
