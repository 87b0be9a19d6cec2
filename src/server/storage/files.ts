import nodeFs from 'node:fs';
import { createFsFromVolume, Volume } from 'memfs';

/** The part of `node:fs` that the storage uses: a real disk, or memfs with the same code above it. */
export type StorageFs = Pick<
  typeof nodeFs,
  | 'promises'
  | 'createReadStream'
  | 'mkdirSync'
  | 'openSync'
  | 'readSync'
  | 'writeSync'
  | 'closeSync'
  | 'fsyncSync'
  | 'renameSync'
  | 'readFileSync'
  | 'readdirSync'
  | 'statSync'
  | 'existsSync'
  | 'unlinkSync'
  | 'rmSync'
>;

/** Where a server keeps its data. */
export interface StorageFiles {
  readonly fs: StorageFs;
  readonly inMemory: boolean;
}

export const diskFiles: StorageFiles = { fs: nodeFs, inMemory: false };

/** A new, empty file system in memory. */
export function memoryFiles(): StorageFiles {
  // memfs mirrors node:fs at run time; only the overloads of its typings differ.
  return { fs: createFsFromVolume(new Volume()) as unknown as StorageFs, inMemory: true };
}
