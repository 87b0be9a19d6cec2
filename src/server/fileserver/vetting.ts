import type { Commit, FileEntry } from '../../seafile/objects/index.ts';
import { diffTrees, MissingObjectError } from '../libraries/index.ts';
import type { Site } from '../site.ts';
import type { LibraryRecord } from '../storage/index.ts';

/** What a client's commit brings, compared with its parent. */
export interface Vetted {
  readonly newFiles: readonly { readonly name: string; readonly file: FileEntry }[];
  /** By how much the files grow. */
  readonly addedBytes: number;
  /** Whether it names an entry that this version refuses (seafile-api G.4). */
  readonly refusedName: boolean;
}

/** Looks a client's commit through before it becomes the head. @throws MissingObjectError for a tree with holes */
export function vetCommit(site: Site, library: LibraryRecord, commit: Commit): Vetted {
  const { libraries, features } = site;
  const trees = libraries.trees(library);
  const parent = commit.parentId ? libraries.commit(library, commit.parentId) : undefined;
  const newFiles: { name: string; file: FileEntry }[] = [];
  let addedBytes = 0;
  let refusedName = false;
  for (const { path, before, after } of diffTrees(trees, parent?.rootId, commit.rootId)) {
    const name = path.at(-1) ?? '';
    if (after && features.refuseDotDot && name === '..') refusedName = true;
    if (after?.kind === 'file') newFiles.push({ name, file: after });
    addedBytes += (after?.kind === 'file' ? after.size : 0) - (before?.kind === 'file' ? before.size : 0);
  }
  return { newFiles, addedBytes, refusedName };
}

/** @returns names of the files whose file object or blocks do not exist */
export function missingBlocksOf(site: Site, library: LibraryRecord, files: Vetted['newFiles']): string[] {
  const { libraries, contents } = site;
  const trees = libraries.trees(library);
  const store = libraries.storeOf(library);
  const missing: string[] = [];
  for (const { name, file } of files) {
    try {
      const { blockIds } = trees.file(file.id);
      if (blockIds.some((id) => !contents.hasBlock(store, id))) missing.push(name);
    } catch (error) {
      if (!(error instanceof MissingObjectError)) throw error;
      missing.push(name);
    }
  }
  return missing;
}
