import { closeSync, fstatSync, ftruncateSync, openSync, renameSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Journal } from '../journal/journal.ts';

/** Files kept for the next generations. */
const MAX_SPARE = 64;

/** What of the journal says when a file may be used again. */
export type FileRecords = Pick<Journal, 'isRecorded' | 'flushes' | 'removeLater'>;

/** The local file of a generation. */
export interface StagedFile {
  readonly path: string;
  /** Names the generation in the journal; the name of its file. */
  readonly key: string;
  readonly fd: number;
  /**
   * The generation needs its file no more; closes it.
   *
   * @param isShared something else has the file too, or may have
   */
  letGo(isShared: boolean): void;
}

/**
 * Gives generations their files, and takes them back.
 *
 * Programs make and remove temporary files by the thousand, and a file made anew is dear: ext4 looks at every inode
 * that was freed in the last minutes before it takes one (1.6 ms where 2,000 were). So the file of a generation that
 * came and went between two flushes of the journal is used again. Nothing a power cut would leave tells of it; the
 * file of one that was flushed is kept as it is until it was flushed that it is gone.
 */
export class StagedFiles {
  readonly #folder: string;
  readonly #journal: FileRecords;
  readonly #spare: { readonly path: string; readonly fd: number }[] = [];
  #isClosed = false;

  constructor(folder: string, journal: FileRecords) {
    this.#folder = folder;
    this.#journal = journal;
  }

  pathOf(key: string): string {
    return join(this.#folder, key);
  }

  /** An empty file. */
  create(key: string): StagedFile {
    const path = this.pathOf(key);
    // As long as a change is not recorded, the journal may tell of a file that was let go of in it.
    const spare = this.#journal.isRecorded ? this.#spare.pop() : undefined;
    if (spare === undefined) return this.#file(key, path, openSync(path, 'wx+', 0o600));
    renameSync(spare.path, path);
    if (fstatSync(spare.fd).size > 0) ftruncateSync(spare.fd, 0);
    return this.#file(key, path, spare.fd);
  }

  /** The file an earlier process left. */
  reopen(key: string): StagedFile {
    const path = this.pathOf(key);
    const fd = openSync(path, 'r+');
    return { path, key, fd, letGo: () => this.#remove(path, fd) };
  }

  /** What is kept for later generations is none's any more. */
  close(): void {
    this.#isClosed = true;
    for (const { path, fd } of this.#spare.splice(0)) {
      closeSync(fd);
      unlinkSync(path);
    }
  }

  #file(key: string, path: string, fd: number): StagedFile {
    const { flushes } = this.#journal;
    const letGo = (isShared: boolean): void => {
      const isTold = this.#journal.flushes !== flushes;
      if (!isShared && !isTold && !this.#isClosed && this.#spare.length < MAX_SPARE) this.#spare.push({ path, fd });
      else this.#remove(path, fd);
    };
    return { path, key, fd, letGo };
  }

  #remove(path: string, fd: number): void {
    closeSync(fd);
    this.#journal.removeLater(path);
  }
}
