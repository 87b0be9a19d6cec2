import type { DirectoryId, FileId } from '../../seafile/index.ts';
import type { Conflict, NewDirectory } from '../batch.ts';
import type { FrozenContent } from '../content.ts';
import type { ConflictMark } from './conflict-name.ts';
import type { DirectoryReader } from './directory-reader.ts';
import type { Draft, NewDirectories } from './draft.ts';

/** What all steps of putting one edit on a tree share. */
export interface Work {
  readonly reader: DirectoryReader;
  readonly mark: ConflictMark;
  /** Ids given to staged contents. */
  readonly files: ReadonlyMap<FrozenContent, FileId>;
  /** Directories that were taken from their old places to be put where the edit wants them. */
  readonly moved: Map<NewDirectory, Draft>;
  /** The names they were taken from. */
  readonly left: Map<Draft, Set<string>>;
  readonly made: NewDirectories;
  readonly conflicts: Conflict[];
}

/** A name in a directory that is being changed. */
export interface Place {
  readonly directory: Draft;
  readonly name: string;
  /** Names below the space's folder. */
  readonly path: readonly string[];
  /** A directory above was deleted in the head and is made again, which is reported once, for that directory. */
  readonly undone: boolean;
}

/** Seals a draft that is put somewhere as a whole, so that its id can be compared. */
export function sealed(draft: Draft, work: Work): DirectoryId {
  const id = draft.seal(work.made);
  for (const directory of work.made.directories.values()) work.reader.add(directory);
  return id;
}
