import { createHash } from 'node:crypto';
import { inflateSync } from 'node:zlib';
import { decodeFile, type FileId } from '../../seafile/objects/index.ts';
import type { Libraries } from '../libraries/index.ts';
import type { LibraryRecord, ObjectStore } from '../storage/index.ts';
import { withData } from './offline.ts';
import { addReachable, nothingYet, type Reachable } from './reachable.ts';

/** What a check found. */
export interface CheckReport {
  readonly libraries: number;
  readonly commits: number;
  /** Directory and file objects. */
  readonly objects: number;
  readonly blocks: number;
  /** One line each; empty when everything is whole. */
  readonly problems: readonly string[];
}

/**
 * Reads every object that the libraries of a data folder need, and compares each with its id.
 *
 * @throws when there is no data, or a server uses it
 */
export function checkData(folder: string, options: { now?: () => number } = {}): Promise<CheckReport> {
  const now = options.now ?? Date.now;
  return withData(folder, now, async ({ objects, libraries, tables }) => {
    const problems: string[] = [];
    const total = { libraries: 0, commits: 0, objects: 0, blocks: 0 };
    for (const [, library] of tables.libraries.entries()) {
      const found = checkLibrary(objects, libraries, library, now(), problems);
      total.libraries += 1;
      total.commits += found.commits.size;
      total.objects += found.directories.size + found.files.size;
      total.blocks += found.blocks.size;
    }
    return { ...total, problems };
  });
}

function checkLibrary(
  objects: ObjectStore,
  libraries: Libraries,
  library: LibraryRecord,
  nowMs: number,
  problems: string[],
): Reachable {
  const found = nothingYet();
  const store = libraries.storeOf(library);
  const name = `library ${library.id} ("${library.name}")`;
  addReachable(libraries, library, found, Math.floor(nowMs / 1000), (what) =>
    problems.push(`${name}: ${what} is missing`),
  );
  for (const id of [...found.directories, ...found.files]) {
    const text = textOf(objects, store, id);
    if (text && sha1(text) !== id) problems.push(`${name}: object ${id} does not match its id`);
  }
  const sizes = new Map<string, number>();
  for (const id of found.blocks) {
    const stored = objects.read('blocks', store, id);
    if (!stored) problems.push(`${name}: block ${id} is missing`);
    else if (sha1(stored) !== id) problems.push(`${name}: block ${id} does not match its id`);
    if (stored) sizes.set(id, stored.length);
  }
  for (const id of found.files) checkSize(objects, store, id, sizes, (problem) => problems.push(`${name}: ${problem}`));
  return found;
}

/** A file whose size is not that of its blocks cannot be read to its end. */
function checkSize(
  objects: ObjectStore,
  store: string,
  id: FileId,
  sizes: ReadonlyMap<string, number>,
  problem: (text: string) => void,
): void {
  const text = textOf(objects, store, id);
  if (!text) return;
  const file = decodeFile(id, text);
  const known = file.blockIds.map((block) => sizes.get(block));
  if (known.includes(undefined)) return;
  const actual = known.reduce<number>((sum, size) => sum + (size ?? 0), 0);
  if (actual !== file.size) problem(`file ${id} says ${file.size} bytes and has ${actual}`);
}

/** @returns undefined when it is missing or cannot be read: whoever refers to it has reported that */
function textOf(objects: ObjectStore, store: string, id: string): Buffer | undefined {
  const stored = objects.read('fs', store, id);
  try {
    return stored && inflateSync(stored);
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('Z_')) return undefined;
    throw error;
  }
}

const sha1 = (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('hex');
