/**
 * Changes on trees: putting a batch on top of any head's tree, and finding what differs between two trees.
 *
 * Pure over directory objects that are read by id. Knows nothing of commits or of the network.
 */

export { type ConflictMark, conflictName, isConflictNameOf } from './conflict-name.ts';
export { diff } from './diff.ts';
export { DirectoryReader, type ReadDirectories } from './directory-reader.ts';
export { type Change, folderId, overlaps, type Put, type Rebased, rebase } from './rebase.ts';
export { makeDirectories, renameAlone } from './rename-alone.ts';
