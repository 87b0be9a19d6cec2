/**
 * The object library: one library by Seafile's sync protocol.
 *
 * Reads by id, together what is wanted together, and each thing once. What a commit is made of is commit/'s.
 */
export { ObjectLibrary, type ObjectLibraryOptions } from './object-library.ts';
export { memoryObjectStore, type ObjectStore } from './object-store.ts';
