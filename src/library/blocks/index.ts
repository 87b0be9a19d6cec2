/**
 * Staged files as blocks: which blocks of the base version are kept, where the rest is cut, and getting what is missing
 * onto the server.
 *
 * Holds at most a few blocks in memory, whatever the size of the files. Knows nothing of directories and commits.
 */
export { bytesToCut, type CutPolicy, cutLikeSeafile, type PlannedFile, planFile } from './plan.ts';
export { OPEN_TAIL_BYTES, planRegions, type Region } from './regions.ts';
export { BlockSender, type BlockWire, type ContentFailures } from './send.ts';
