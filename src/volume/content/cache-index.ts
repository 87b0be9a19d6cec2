import { closeSync, fdatasync, openSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Database } from 'lmdb';
import { z } from 'zod';
import type { FileId } from '../../seafile/index.ts';
import { type CachedFile, isMissing, VERIFIED_BYTES } from './cached-file.ts';
import { ExtentSet } from './extents.ts';

const flush = promisify(fdatasync);

/** How long freshly fetched bytes wait before they are flushed and the index tells of them. */
const SETTLE_MS = 2000;

const record = z.object({
  size: z.number().int().nonnegative(),
  /** Offset and length by turns. */
  present: z.array(z.number().int().nonnegative()),
  usedMs: z.number(),
});
export type CacheRecord = z.infer<typeof record>;

/** What a later process may believe of the content on this disk. */
export interface Believed {
  readonly id: FileId;
  readonly size: number;
  readonly present: ExtentSet;
  readonly usedMs: number;
}

/**
 * Which bytes of which versions are on this disk, for the next process. It tells of bytes only after they were flushed,
 * or where their hash will be looked at: a crash or a power cut costs fetching again and nothing else.
 */
export class CacheIndex {
  readonly #records: Database<CacheRecord, string>;
  readonly #unsettled = new Set<CachedFile>();
  #timer: NodeJS.Timeout | undefined;

  constructor(records: Database<CacheRecord, string>) {
    this.#records = records;
  }

  /** What earlier processes told, least recently used first. */
  read(): Believed[] {
    const all: Believed[] = [];
    for (const { key, value } of this.#records.getRange()) {
      const told = record.safeParse(value);
      if (!told.success) continue;
      const { size, usedMs } = told.data;
      const present = new ExtentSet();
      for (let i = 0; i + 1 < told.data.present.length; i += 2) {
        present.add(told.data.present[i] ?? 0, told.data.present[i + 1] ?? 0);
      }
      all.push({ id: key as FileId, size, present, usedMs });
    }
    return all.sort((a, b) => a.usedMs - b.usedMs);
  }

  /** More bytes of a version are there. */
  changed(file: CachedFile): void {
    this.#unsettled.add(file);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#settle().catch(ignoreLost);
    }, SETTLE_MS).unref();
  }

  remove(file: CachedFile): void {
    this.#unsettled.delete(file);
    this.#records.remove(file.id).catch(ignoreLost);
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#settle();
  }

  async #settle(): Promise<void> {
    const settling = [...this.#unsettled];
    this.#unsettled.clear();
    const puts: Promise<unknown>[] = [];
    for (const file of settling) {
      // Only what was there before the flush may be told of.
      const present = [...file.present].flatMap(({ offset, length }) => [offset, length]);
      if (file.size > VERIFIED_BYTES && !(await flushed(file.path))) continue;
      puts.push(this.#records.put(file.id, { size: file.size, present, usedMs: file.usedMs }));
    }
    await Promise.all(puts);
  }
}

/** @returns false when the file is gone */
async function flushed(path: string): Promise<boolean> {
  let fd: number;
  try {
    fd = openSync(path, 'r+');
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
  try {
    await flush(fd);
    return true;
  } finally {
    closeSync(fd);
  }
}

function ignoreLost(): void {
  // The index only saves fetching again; a disk that cannot take it is reported where content is written.
}
