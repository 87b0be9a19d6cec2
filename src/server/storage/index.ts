/**
 * Where a server keeps what it knows: objects in files, and a small database for heads, accounts, tokens and shares.
 *
 * The same code runs on a disk and in memory. It knows nothing of HTTP, of permissions and of what an object means.
 */
export type { BlockWriter } from './block-writer.ts';
export { type Chunk, type ChunkedFile, ChunkStore } from './chunks.ts';
export type { Database, Table } from './database.ts';
export { diskFiles, memoryFiles, type StorageFiles, type StorageFs } from './files.ts';
export { LmdbDatabase } from './lmdb-database.ts';
export { DataLock } from './lock.ts';
export { MemoryDatabase } from './memory-database.ts';
export { isMissing, type ObjectKind, ObjectStore } from './objects.ts';
export * from './records.ts';
