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
 * A change reads the head, builds a new tree and a commit, and moves the head if it is still the one that was read;
 * otherwise it begins again. All of that happens in one turn of the event loop unless objects have to be flushed to disk
 * first, so changes of one library follow each other and never overwrite one another.
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
   * @param work makes the change; may run more than once, and must do all it does to `edit`
   * @returns what `work` returned, and the commit the library is at now
   */
  async change<Value>(
    id: LibraryId,
    options: ChangeOptions,
    work: (edit: TreeEdit, now: number) => Changed<Value>,
  ): Promise<{ value: Value; head: Commit; before: Commit }> {
    for (;;) {
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
      const after = await this.#advance(library, head, commit, options);
      if (after) return { value, head: after, before: head };
    }
  }

  /** Puts a whole tree in place of a library's. */
  setRoot(id: LibraryId, root: DirectoryId, description: string, options: ChangeOptions): Promise<Commit> {
    return this.#retry(id, (library, head) => {
      const commit = this.#libraries.commits.add({
        library,
        rootId: root,
        author: options.author,
        description,
        parentId: head.id,
        ctime: this.#libraries.now(),
      });
      return this.#advance(library, head, commit, options);
    });
  }

  /**
   * Makes a client's commit the head, or merges it with a head that has moved on (seafile-api G.4).
   *
   * @throws NoCommitError when the commit or its parent does not exist
   */
  push(id: LibraryId, commitId: CommitId, author: string): Promise<Commit> {
    return this.#retry(id, (library, head) => {
      const commit = this.#libraries.commits.read(id, commitId);
      if (!commit) throw new NoCommitError(commitId);
      return this.#advance(library, head, commit, { author });
    });
  }

  async #retry(
    id: LibraryId,
    attempt: (library: LibraryRecord, head: Commit) => Promise<Commit | undefined>,
  ): Promise<Commit> {
    for (;;) {
      const library = this.#libraries.get(id);
      const after = await attempt(library, this.#libraries.head(library));
      if (after) return after;
    }
  }

  /** @returns the new head, or undefined when the head moved meanwhile */
  async #advance(
    library: LibraryRecord,
    head: Commit,
    commit: Commit,
    options: ChangeOptions,
  ): Promise<Commit | undefined> {
    if (commit.id === head.id) return head;
    const after = commit.parentId === head.id ? commit : this.#merged(library, head, commit, options.author);
    const flushing = this.#storage.objects.sync();
    if (flushing) await flushing;
    const moved = this.#storage.database.transaction(() => {
      if (this.#libraries.find(library.id)?.head !== head.id) return false;
      this.#libraries.update(library.id, { head: after.id });
      return true;
    });
    if (!moved) return undefined;
    const move: HeadMove = {
      library: this.#libraries.get(library.id),
      before: head,
      after,
      propagate: options.propagate ?? true,
      cause: options.cause,
    };
    // In the same turn: what listeners change about shares is kept together with the move.
    for (const listener of this.#listeners) listener(move);
    const writing = this.#storage.database.written();
    if (writing) await writing;
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
