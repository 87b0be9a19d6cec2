import { openLibrary } from '../../src/library/index.ts';
import { type CommitId, type DirectoryId, SyncClient, syncAccess } from '../../src/seafile/index.ts';
import type { Machine } from './machine.ts';
import type { Site } from './site.ts';

/** Names in a space as one commit has them, with the ids of what they stand for. */
export type Tree = ReadonlyMap<string, string>;

/** What was ever visible to others of a space: the trees of a library's commits. */
export class History {
  readonly #site: Site;
  readonly #machine: Machine;
  readonly #sync: SyncClient;

  private constructor(site: Site, machine: Machine, sync: SyncClient) {
    this.#site = site;
    this.#machine = machine;
    this.#sync = sync;
  }

  static async open(site: Site): Promise<History> {
    const machine = await site.machine();
    const { connection } = machine;
    const [access, fileServer] = await Promise.all([syncAccess(connection.web, site.library), connection.fileServer()]);
    const { device } = connection;
    return new History(
      site,
      machine,
      new SyncClient({ fileServer, library: site.library, token: access.token, device }),
    );
  }

  /** The newest commit. */
  head(): Promise<CommitId> {
    return this.#sync.head();
  }

  /** The trees that a space had after a commit, oldest first; commits that changed other spaces only are left out. */
  async since(commit: CommitId, space: readonly string[]): Promise<Tree[]> {
    const newestFirst: Tree[] = [];
    for (let id: CommitId | null = await this.head(); id !== null; ) {
      const { parentId, rootId } = await this.#sync.commit(id);
      newestFirst.push(await this.#treeOf(rootId, space));
      if (id === commit) break;
      id = parentId;
    }
    const trees = newestFirst.reverse();
    return trees.filter((tree, index) => index > 0 && !isSame(tree, trees[index - 1]));
  }

  async #treeOf(root: DirectoryId, space: readonly string[]): Promise<Tree> {
    const library = await openLibrary(this.#machine.connection, this.#site.library);
    const tree = new Map<string, string>();
    const read = async (id: DirectoryId) => (await library.readDirectories([id])).get(id)?.entries ?? new Map();
    const walk = async (id: DirectoryId, path: string): Promise<void> => {
      for (const [name, entry] of await read(id)) {
        tree.set(`${path}/${name}`, entry.id);
        if (entry.kind === 'directory') await walk(entry.id, `${path}/${name}`);
      }
    };
    try {
      let at = root;
      for (const name of space) at = (await read(at)).get(name)?.id ?? at;
      await walk(at, '');
      return tree;
    } finally {
      await library.close();
    }
  }
}

function isSame(a: Tree, b: Tree | undefined): boolean {
  return JSON.stringify([...a].sort()) === JSON.stringify([...(b ?? [])].sort());
}
