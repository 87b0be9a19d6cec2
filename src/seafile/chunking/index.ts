/**
 * Content-defined chunking with Seafile's parameters: where a file is cut into blocks, so that equal content has equal
 * blocks, here and in Seafile's own clients. Decides positions only; hashing and sending are others' work.
 */
export { type Chunker, createChunker } from './chunker.ts';
export { type ChunkSizes, checkSizes, nextCut, SEAFILE_SIZES } from './cut.ts';
