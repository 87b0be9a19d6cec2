import { type DirectoryId, EMPTY_DIRECTORY } from '../../seafile/objects/index.ts';
import { diffTrees } from './diff.ts';
import { formatPath } from './paths.ts';
import type { Trees } from './trees.ts';

/** What a commit did to one path, in Seafile's words. */
export interface CommitChange {
  readonly kind: 'new' | 'newdir' | 'modified' | 'deleted' | 'deldir' | 'renamed';
  readonly path: string;
  /** The new path of something that was renamed or moved. */
  readonly newPath: string;
}

/** What lies between two trees; a file or folder that vanished and appeared elsewhere unchanged counts as renamed. */
export function changesBetween(trees: Trees, before: DirectoryId, after: DirectoryId): CommitChange[] {
  const changes: CommitChange[] = [];
  const vanished = new Map<string, string>();
  const appeared: { id: string; path: string; isFolder: boolean }[] = [];
  for (const { path, before: old, after: now } of diffTrees(trees, before, after)) {
    const text = formatPath(path);
    if (old && now && old.kind === now.kind) changes.push({ kind: 'modified', path: text, newPath: '' });
    else {
      if (old) vanished.set(`${old.kind}/${old.id}/${text}`, text);
      if (now) appeared.push({ id: `${now.kind}/${now.id}/`, path: text, isFolder: now.kind === 'directory' });
    }
  }
  const gone = new Set<string>();
  const moved: string[] = [];
  for (const { id, path, isFolder } of appeared) {
    if (moved.some((folder) => path.startsWith(`${folder}/`))) continue;
    const source = id.includes(EMPTY_DIRECTORY) ? undefined : [...vanished.keys()].find((key) => key.startsWith(id));
    if (source === undefined) changes.push({ kind: isFolder ? 'newdir' : 'new', path, newPath: '' });
    else {
      const from = vanished.get(source) ?? '';
      vanished.delete(source);
      gone.add(from);
      moved.push(path);
      changes.push({ kind: 'renamed', path: from, newPath: path });
    }
  }
  for (const [key, path] of vanished) {
    if ([...gone].some((folder) => path.startsWith(`${folder}/`))) continue;
    changes.push({ kind: key.startsWith('directory/') ? 'deldir' : 'deleted', path, newPath: '' });
  }
  return changes;
}
