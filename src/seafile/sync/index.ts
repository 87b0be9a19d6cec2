/**
 * The sync protocol: commits, directory and file objects, and blocks of one library by id. One method a step; the order
 * in which a change is sent, and what to do when the head has moved, is the library layer's.
 */
export { SyncClient, type SyncClientOptions, type SyncDevice } from './client.ts';
export { headCommitsMulti } from './commits.ts';
export type { TreeObjectId } from './trees.ts';
