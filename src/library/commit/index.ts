/**
 * Batches become commits: one at a time for a library, in the order that loses nothing whenever it ends, and followed
 * until the head's tree holds what was meant.
 *
 * Uses tree/ for what the tree should be and blocks/ for the files' bytes; knows nothing of reading or watching.
 */
export { Commits } from './commits.ts';
export { Committer } from './committer.ts';
export type { CommitSteps, CommitterOptions, Stored } from './options.ts';
