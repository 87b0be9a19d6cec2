import { inflateSync } from 'node:zlib';
import { decodeEntries, decodeFile, EMPTY_DIRECTORY, type Entry, type LibraryId } from '../../seafile/objects/index.ts';
import type { ObjectKind, ObjectStore } from '../storage/index.ts';
import { MissingObjectError } from './trees.ts';

/**
 * Copies the objects of a file or folder into another library's store, the leaves first, so that whatever exists there
 * is whole; a folder that exists already is not walked again.
 */
export function copyTree(objects: ObjectStore, from: LibraryId, to: LibraryId, entry: Entry): void {
  if (entry.id === EMPTY_DIRECTORY || objects.has('fs', to, entry.id)) return;
  const stored = take(objects, 'fs', from, entry.id);
  if (entry.kind === 'directory') {
    for (const child of decodeEntries(inflateSync(stored))) copyTree(objects, from, to, child);
  } else {
    for (const block of decodeFile(entry.id, inflateSync(stored)).blockIds) {
      if (!objects.has('blocks', to, block)) objects.write('blocks', to, block, take(objects, 'blocks', from, block));
    }
  }
  objects.write('fs', to, entry.id, stored);
}

function take(objects: ObjectStore, kind: ObjectKind, store: LibraryId, id: string): Buffer {
  const bytes = objects.read(kind, store, id);
  if (!bytes) throw new MissingObjectError(kind, id);
  return bytes;
}
