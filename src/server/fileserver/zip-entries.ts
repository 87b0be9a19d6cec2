import type { Entry } from '../../seafile/objects/index.ts';
import type { Path } from '../libraries/index.ts';
import type { Site } from '../site.ts';
import type { LibraryRecord } from '../storage/index.ts';
import type { ZipEntry } from '../zip/zip.ts';

/** The files and folders below some entries of a folder, as an archive holds them. */
export async function* entriesOf(
  site: Site,
  library: LibraryRecord,
  folder: Path,
  names: readonly string[],
): AsyncGenerator<ZipEntry> {
  const trees = site.libraries.trees(library);
  const store = site.libraries.storeOf(library);
  const root = site.libraries.head(library).rootId;
  async function* walk(entry: Entry, above: string): AsyncGenerator<ZipEntry> {
    const name = `${above}${entry.name}`;
    if (entry.kind === 'file') {
      const content = site.contents.readFile(trees, store, entry.id, 0, entry.size);
      yield { name, mtime: entry.mtime, content };
      return;
    }
    yield { name: `${name}/`, mtime: entry.mtime, content: nothing() };
    for (const child of trees.entries(entry.id)) yield* walk(child, `${name}/`);
  }
  for (const name of names) {
    const entry = trees.find(root, [...folder, name]);
    if (entry) yield* walk(entry, '');
  }
}

async function* nothing(): AsyncGenerator<Buffer> {
  // A folder has no content.
}
