import type { DirectoryItem } from '../../volume/index.ts';
import type { SystemCalls } from '../calls/calls.ts';
import { type Task, wait } from '../task.ts';

/** A directory below another, and what is in it. */
export interface TreeDirectory {
  readonly path: string;
  readonly items: readonly DirectoryItem[];
}

/**
 * Lists a directory and all below it, level by level. The directories of one level are asked for together, so that
 * what has to be fetched for a level is fetched in one go.
 *
 * @param first  what is in the directory at `path`
 * @returns the directories, each before those in it
 */
export function* listTree(calls: SystemCalls, first: TreeDirectory): Task<TreeDirectory[]> {
  const all: TreeDirectory[] = [first];
  let level: readonly TreeDirectory[] = all.slice();
  while (level.length > 0) {
    const paths = level.flatMap(({ path, items }) =>
      items.filter(({ kind }) => kind === 'directory').map(({ name }) => joined(path, name)),
    );
    const listings = paths.map((path) => calls.readdir(path));
    const ready = listings.some((listing) => listing instanceof Promise)
      ? yield* wait(Promise.all(listings))
      : (listings as (readonly DirectoryItem[])[]);
    level = paths.map((path, index) => ({ path, items: ready[index] ?? [] }));
    all.push(...level);
  }
  return all;
}

/** A name under a directory's path. */
export function joined(directory: string, name: string): string {
  return directory.endsWith('/') ? directory + name : `${directory}/${name}`;
}
