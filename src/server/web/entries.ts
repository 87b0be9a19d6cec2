import type { DirectoryId, Entry } from '../../seafile/objects/index.ts';
import type { Trees } from '../libraries/index.ts';
import type { Site } from '../site.ts';
import type { Permission } from '../storage/index.ts';

/** Folders first, then files, each by lower-cased name: not the stored order (seafile-api C.1). */
export function inListingOrder(entries: readonly Entry[]): Entry[] {
  return entries
    .map((entry) => ({ entry, key: entry.name.toLowerCase() }))
    .sort((a, b) => {
      if (a.entry.kind !== b.entry.kind) return a.entry.kind === 'directory' ? -1 : 1;
      return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
    })
    .map(({ entry }) => entry);
}

/** An entry as the listings of both API families show it. */
export function showEntry(site: Site, entry: Entry, permission: Permission, starred = true): Record<string, unknown> {
  if (entry.kind === 'directory') {
    return { type: 'dir', name: entry.name, id: entry.id, mtime: entry.mtime, permission };
  }
  return {
    modifier_email: entry.modifier,
    size: entry.size,
    type: 'file',
    name: entry.name,
    id: entry.id,
    mtime: entry.mtime,
    permission,
    modifier_contact_email: entry.modifier,
    modifier_name: site.accounts.nameOf(entry.modifier),
    ...(starred ? { starred: false } : {}),
  };
}

/** Which kinds of entries a listing was asked for with `t`. */
export type Wanted = 'all' | 'files' | 'folders';

/**
 * A whole subtree, each folder before its content. `parent_dir` ends with a slash at the top level and nowhere below,
 * as on the real server (seafile-api C.3).
 */
export function showTree(
  site: Site,
  trees: Trees,
  folder: DirectoryId,
  path: string,
  permission: Permission,
  wanted: Wanted,
): Record<string, unknown>[] {
  const shown: Record<string, unknown>[] = [];
  const walk = (id: DirectoryId, parent: string, above: string): void => {
    for (const entry of inListingOrder(trees.entries(id))) {
      const isWanted = wanted === 'all' || (wanted === 'files') === (entry.kind === 'file');
      if (isWanted) shown.push({ parent_dir: parent, ...showEntry(site, entry, permission, false) });
      if (entry.kind === 'directory') {
        const below = `${above === '/' ? '' : above}/${entry.name}`;
        walk(entry.id, below, below);
      }
    }
  };
  walk(folder, path === '/' ? '/' : `${path}/`, path);
  return shown;
}
