import { beforeEach, describe, expect, it } from 'vitest';
import type { Directory, DirectoryId, FileEntry, FileId } from '../../../src/seafile/index.ts';
import { SiblingReadAhead } from '../../../src/volume/content/sibling-read-ahead.ts';
import { DirectoryNode } from '../../../src/volume/nodes/node.ts';

const fileEntry = (name: string, size: number): FileEntry => ({
  kind: 'file',
  name,
  id: `id of ${name}` as FileId, // Read here as a name alone.
  mode: 0o100644,
  mtime: 0,
  size,
  modifier: '',
});

/** Folders of files, of which it is noted what was fetched. */
class Folders {
  readonly fetched: string[] = [];
  readonly local = new Set<string>();
  readonly #bases = new Map<DirectoryId, Directory>();
  readonly #nodes = new Map<DirectoryId, DirectoryNode>();
  readonly ahead = new SiblingReadAhead({
    directories: { getLocal: (id) => this.#bases.get(id) },
    contents: {
      version: (id, size) => ({
        size,
        locateBlocks: () => {},
        fetchAll: async () => {
          this.fetched.push(id.slice('id of '.length));
          this.local.add(id);
        },
      }),
    },
    cache: { has: (id) => this.local.has(id) },
  });

  add(folder: string, files: readonly FileEntry[]): void {
    const id = folder as DirectoryId; // Read here as a name alone.
    this.#bases.set(id, { entries: new Map(files.map((entry) => [entry.name, entry])) } as unknown as Directory);
    const node = new DirectoryNode(this.#nodes.size + 2, this.#nodes.size + 2, null, folder);
    node.baseId = id;
    this.#nodes.set(id, node);
  }

  /** Opens a file, which is local from then on. */
  open(folder: string, name: string): void {
    const id = folder as DirectoryId;
    const entry = this.#bases.get(id)?.entries.get(name);
    if (entry?.kind !== 'file') throw new Error(`there is no ${name}`);
    this.ahead.opened({ parent: this.#nodes.get(id) ?? null, entry, staged: null, size: entry.size });
    this.local.add(entry.id);
  }

  /** What was fetched by now, when all that was begun is done. */
  async all(): Promise<readonly string[]> {
    await new Promise((resolve) => setImmediate(resolve));
    return this.fetched;
  }
}

const numbered = (count: number, size = 100): FileEntry[] =>
  Array.from({ length: count }, (_, i) => fileEntry(`f${String(i).padStart(4, '0')}`, size));
const names = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => `f${String(from + i).padStart(4, '0')}`);

describe('reading ahead among siblings', () => {
  let folders: Folders;
  beforeEach(() => {
    folders = new Folders();
  });

  it('fetches the files that come next once three were opened one after the other', async () => {
    folders.add('a', numbered(100));
    folders.open('a', 'f0010');
    folders.open('a', 'f0011');
    expect(await folders.all()).toEqual([]);
    folders.open('a', 'f0012');
    expect(await folders.all()).toEqual(names(13, 44));
  });

  it('goes on, further ahead each time, and fetches nothing twice', async () => {
    folders.add('a', numbered(1000));
    for (const name of names(5, 600)) {
      folders.open('a', name);
      await folders.all();
    }
    const fetched = await folders.all();
    expect(new Set(fetched).size).toBe(fetched.length);
    expect(fetched).toEqual(names(8, 7 + fetched.length));
    // All but the first three were there before they were opened.
    expect(fetched.length).toBeGreaterThan(600 - 8);
  });

  it('follows a reader who goes against the order of the folder', async () => {
    folders.add('a', numbered(100));
    for (const name of names(50, 52).reverse()) folders.open('a', name);
    expect(await folders.all()).toEqual(names(18, 49).reverse());
  });

  it('follows one who leaves out some', async () => {
    folders.add('a', numbered(100));
    for (const name of ['f0010', 'f0012', 'f0017']) folders.open('a', name);
    expect((await folders.all())[0]).toBe('f0018');
  });

  it('fetches nothing for one who jumps about', async () => {
    folders.add('a', numbered(1000));
    for (const name of ['f0500', 'f0010', 'f0900', 'f0300', 'f0301', 'f0200', 'f0199', 'f0800']) {
      folders.open('a', name);
    }
    expect(await folders.all()).toEqual([]);
  });

  it('begins at once in a folder after one that was read through', async () => {
    folders.add('a', numbered(5));
    folders.add(
      'b',
      numbered(20).map(({ name, size }) => fileEntry(name.replace('f', 'g'), size)),
    );
    for (const name of names(0, 4)) folders.open('a', name);
    await folders.all();
    folders.fetched.length = 0;
    folders.open('b', 'g0000');
    expect(await folders.all()).toEqual(names(1, 19).map((name) => name.replace('f', 'g')));
  });

  it('leaves out large files, and what is on this machine', async () => {
    const files = numbered(20);
    files[7] = fileEntry('f0007', 2 ** 20);
    folders.add('a', files);
    folders.local.add('id of f0009');
    for (const name of names(2, 4)) folders.open('a', name);
    expect(await folders.all()).toEqual(names(5, 19).filter((name) => name !== 'f0007' && name !== 'f0009'));
  });

  it('has a bounded number of bytes on the way', async () => {
    const size = 256 * 2 ** 10;
    folders.add('a', numbered(2000, size));
    folders.local.clear();
    for (const name of names(0, 400)) {
      const before = folders.fetched.length;
      folders.open('a', name);
      await folders.all();
      expect((folders.fetched.length - before) * size).toBeLessThanOrEqual(17 * 2 ** 20);
    }
  });
});
