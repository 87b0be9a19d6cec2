import { lstat, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { reasonOf, UsageError } from '../errors.ts';

/** A local file or folder that is copied. */
export interface LocalItem {
  readonly kind: 'file' | 'directory';
  /** Relative to what is copied, names separated by slashes; empty for the thing itself. */
  readonly path: string;
  /** Path on this machine. */
  readonly local: string;
  /** Bytes; 0 for folders. */
  readonly size: number;
  readonly mtimeMs: number;
  /** Nine bits. */
  readonly permissions: number;
}

/**
 * What is at a local path, folders before what is in them. Links to files stand for the files; links to folders are not
 * followed, they could lead in circles.
 *
 * @returns `skipped`: paths of what is neither file nor folder
 * @throws UsageError when it does not exist, or is a folder and `recursive` is false
 */
export async function localItems(
  local: string,
  recursive: boolean,
): Promise<{ readonly items: readonly LocalItem[]; readonly skipped: readonly string[] }> {
  const top = await stat(local).catch((error: unknown) => {
    throw new UsageError(`cannot read ${local}: ${reasonOf(error)}.`);
  });
  if (top.isDirectory() && !recursive) {
    throw new UsageError(`${local} is a folder: give --recursive to copy it with everything in it.`);
  }
  const items: LocalItem[] = [];
  const skipped: string[] = [];
  const visit = async (local: string, relative: string, isTop: boolean): Promise<void> => {
    const isLink = !isTop && (await lstat(local)).isSymbolicLink();
    const stats = await stat(local).catch(() => null);
    const item = { path: relative, local, mtimeMs: stats?.mtimeMs ?? 0, permissions: (stats?.mode ?? 0) & 0o777 };
    if (stats?.isFile()) items.push({ ...item, kind: 'file', size: stats.size });
    else if (stats?.isDirectory() && !isLink) {
      items.push({ ...item, kind: 'directory', size: 0 });
      for (const name of (await readdir(local)).sort()) {
        await visit(path.join(local, name), relative === '' ? name : `${relative}/${name}`, false);
      }
    } else skipped.push(local);
  };
  await visit(local, '', true);
  return { items, skipped };
}
