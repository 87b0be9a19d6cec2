/**
 * One library as the volume needs it: snapshots, reading by id, commits on top of the newest head, and a watch on it.
 *
 * `Library` is the port; the object library (Seafile's sync protocol) implements it. Knows nothing of inodes, handles,
 * caches or staging: contents to send come in as `FrozenContent`.
 */
export * from './batch.ts';
export * from './content.ts';
export * from './library.ts';
