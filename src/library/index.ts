/**
 * One library as the volume needs it: snapshots, reading by id, commits on top of the newest head, and a watch on it.
 *
 * `Library` is the port; the object library (Seafile's sync protocol) implements it, and `openLibrary` gives one. Knows
 * nothing of inodes, handles, caches or staging: contents to send come in as `FrozenContent`.
 */
export * from './batch.ts';
export { type CutPolicy, cutLikeSeafile } from './blocks/index.ts';
export { Connection, type ConnectionOptions, type OpenLibraryOptions, openLibrary } from './connection.ts';
export * from './content.ts';
export * from './library.ts';
export { memoryObjectStore, type ObjectStore } from './object/index.ts';
export { conflictName } from './tree/index.ts';
