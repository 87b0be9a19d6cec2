/**
 * The libraries themselves: trees, commits, heads and their merging, shares as virtual libraries, quota.
 *
 * It behaves as the real server's core does, and knows nothing of HTTP: web/ and fileserver/ put the routes on it.
 */
export { Access } from './access.ts';
export { Branches, type ChangeOptions, type HeadMove, NoCommitError } from './branches.ts';
export { type CommitChange, changesBetween } from './commit-changes.ts';
export { Contents, type FileWriter } from './contents.ts';
export { type Difference, diffTrees } from './diff.ts';
export { clientEncryption, type LibraryEncryption } from './encryption.ts';
export { commitsOf, type Revision, revisionsOf } from './history.ts';
export { Libraries, type LibraryStorage, NoLibraryError } from './libraries.ts';
export { mergeTrees } from './merge.ts';
export { conflictName, freeName, isNewName, isStorableName, type NameRules, type NameSplit } from './names.ts';
export * from './paths.ts';
export { type Deleted, deletedBelow } from './trash.ts';
export { TreeEdit } from './tree-edit.ts';
export { MissingObjectError, newDirectoryCache, Trees } from './trees.ts';
export { Usage } from './usage.ts';
export { VirtualLibraries } from './virtual.ts';
