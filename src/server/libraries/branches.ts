import type { Commit, CommitId, DirectoryId, LibraryId } from '../../seafile/objects/index.ts';
import type { LibraryRecord } from '../storage/index.ts';
import type { Libraries, LibraryStorage } from './libraries.ts';
import { mergeTrees } from './merge.ts';
import { TreeEdit } from './tree-edit.ts';

/** A branch that has moved. */
export interface HeadMove {
  readonly library: LibraryRecord;
  readonly before: Commit;
  readonly after: Commit;
  /** False for block commits, which the real server does not carry into or out of shares (seafile-api E.5). */
  readonly propagate: boolean;
  /** The virtual library that this change came from, which need not be told of it. */
  readonly cause: LibraryId | undefined;
}

export interface ChangeOptions {
  /** Account on whose behalf the change is made. */
  readonly author: string;
  /** The commit the change is based on; the head by default. Another one is merged with the head. */
  readonly base?: CommitId;
  readonly propagate?: boolean;
  readonly cause?: LibraryId;
}

/** What a change made of a tree. */
export interface Changed<Value> {
  /** Text of the commit; null when there is nothing to commit. */
  readonly description: string | null;
  readonly value: Value;
}

/** What `update?head=` or `PUT commit/HEAD` named does not exist. */
export class NoCommitError extends Error {
  override readonly name = 'NoCommitError';

  constructor(id: string) {
    super(`commit ${id} does not exist`);
  }
}

/**
 * Moves the heads of libraries.
 *
 * A change reads the head, builds a new tree and a commit, and moves the head if it is still the one that was read. All of
 * that happens in one turn of the event loop, so changes of one library follow each other and never overwrite one another.
 * Keeping them takes longer: a change is answered once it is kept, and the changes that come meanwhile are kept together.
 */
export class Branches {
  readonly #storage: LibraryStorage;
  readonly #libraries: Libraries;
  readonly #listeners: ((move: HeadMove) => void)[] = [];

  constructor(storage: LibraryStorage, libraries: Libraries) {
    this.#storage = storage;
    this.#libraries = libraries;
  }

  /** Called when a head has moved, before the change is answered; must not wait for anything. */
  onMove(listener: (move: HeadMove) => void): void {
    this.#listeners.push(listener);
  }

  /**
   * Changes a library's tree.
   *
   * @param work makes the change, and must do all it does to `edit`
   * @returns what `work` returned, the commit the library is at now, and the one it was at before
   */
  async change<Value>(
    id: LibraryId,
    options: ChangeOptions,
    work: (edit: TreeEdit, now: number) => Changed<Value>,
  ): Promise<{ value: Value; head: Commit; before: Commit }> {
    const library = this.#libraries.get(id);
    const trees = this.#libraries.trees(library);
    const head = this.#libraries.head(library);
    const base = options.base ? this.#libraries.commits.read(id, options.base) : head;
    if (!base) throw new NoCommitError(options.base ?? library.head);
    const now = this.#libraries.now();
    const edit = new TreeEdit(trees, base.rootId);
    const { description, value } = work(edit, now);
    if (description === null) return { value, head, before: head };
    const commit = this.#libraries.commits.add({
      library,
      rootId: edit.finish(),
      author: options.author,
      description,
      parentId: base.id,
      ctime: now,
    });
    const after = this.#advance(library, head, commit, options);
    await this.#storage.database.written();
    return { value, head: after, before: head };
  }

  /** Puts a whole tree in place of a library's. */
  async setRoot(id: LibraryId, root: DirectoryId, description: string, options: ChangeOptions): Promise<Commit> {
    const library = this.#libraries.get(id);
    const head = this.#libraries.head(library);
    const commit = this.#libraries.commits.add({
      library,
      rootId: root,
      author: options.author,
      description,
      parentId: head.id,
      ctime: this.#libraries.now(),
    });
    const after = this.#advance(library, head, commit, options);
    await this.#storage.database.written();
    return after;
  }

  /**
   * Makes a client's commit the head, or merges it with a head that has moved on (seafile-api G.4).
   *
   * @throws NoCommitError when the commit or its parent does not exist
   */
  async push(id: LibraryId, commitId: CommitId, author: string): Promise<Commit> {
    const library = this.#libraries.get(id);
    const commit = this.#libraries.commits.read(id, commitId);
    if (!commit) throw new NoCommitError(commitId);
    const after = this.#advance(library, this.#libraries.head(library), commit, { author });
    await this.#storage.database.written();
    return after;
  }

  /** Moves the head to a commit, or to the merge of both when the commit is not based on it. @returns the new head */
  #advance(library: LibraryRecord, head: Commit, commit: Commit, options: ChangeOptions): Commit {
    if (commit.id === head.id) return head;
    const after = commit.parentId === head.id ? commit : this.#merged(library, head, commit, options.author);
    this.#storage.database.transaction(() => {
      // Compare and swap: nothing can have come between, and if it has, nothing is overwritten.
      if (this.#libraries.get(library.id).head !== head.id) throw new Error(`the head of ${library.id} has moved`);
      const moved = this.#libraries.update(library.id, { head: after.id });
      const move: HeadMove = {
        library: moved,
        before: head,
        after,
        propagate: options.propagate ?? true,
        cause: options.cause,
      };
      // Together with the move: what listeners change about shares is kept with it, or not at all.
      for (const listener of this.#listeners) listener(move);
    });
    return after;
  }

  #merged(library: LibraryRecord, head: Commit, commit: Commit, author: string): Commit {
    const base = commit.parentId ? this.#libraries.commits.read(library.id, commit.parentId) : undefined;
    if (!base) throw new NoCommitError(commit.parentId ?? 'without parent');
    const now = this.#libraries.now();
    const merged = mergeTrees(
      this.#libraries.trees(library),
      { base: base.rootId, head: head.rootId, remote: commit.rootId },
      { remoteCreator: commit.creatorName, now },
    );
    return this.#libraries.commits.add({
      library,
      rootId: merged.root,
      author,
      description: 'Auto merge by system',
      parentId: head.id,
      secondParentId: commit.id,
      conflict: merged.conflict,
      ctime: now,
    });
  }
}
