/**
 * Seafile's objects: ids, directory, file and commit objects, and the framing they travel in.
 *
 * Pure functions over bytes, equal to the last bit to what a real server writes (an id is a hash of those bytes). No
 * network and no storage: `seafile/` sends them, the embedded server stores them.
 */
export * from './commit.ts';
export * from './directory.ts';
export * from './entry.ts';
export * from './file.ts';
export * from './frames.ts';
export * from './ids.ts';
