import {
  type Commit,
  type CommitId,
  type DirectoryId,
  decodeCommit,
  encodeCommit,
  hashCommit,
  type LibraryId,
  SERVER_CREATOR,
} from '../../seafile/objects/index.ts';
import type { LibraryRecord, ObjectStore } from '../storage/index.ts';
import { commitEncryption } from './encryption.ts';

/** What a commit made by the server says. */
export interface NewCommit {
  readonly library: LibraryRecord;
  readonly rootId: DirectoryId;
  /** The account on whose behalf; empty where there is none (a library token). */
  readonly author: string;
  readonly description: string;
  readonly parentId: CommitId | null;
  readonly secondParentId?: CommitId;
  readonly conflict?: boolean;
  /** Seconds since 1970. */
  readonly ctime: number;
}

/** The commit objects of all libraries. */
export class Commits {
  readonly #objects: ObjectStore;

  constructor(objects: ObjectStore) {
    this.#objects = objects;
  }

  read(library: LibraryId, id: CommitId): Commit | undefined {
    const stored = this.#objects.read('commits', library, id);
    return stored && decodeCommit(stored.toString('utf8'));
  }

  /** The commit as it was sent or made, byte by byte. */
  readText(library: LibraryId, id: CommitId): Buffer | undefined {
    return this.#objects.read('commits', library, id);
  }

  /** Stores a commit that a client made, as it is. One whose id collides with an older one replaces it. */
  writeText(library: LibraryId, id: CommitId, text: Uint8Array): void {
    this.#objects.replace('commits', library, id, text);
  }

  /** Makes and stores a commit. */
  add(commit: NewCommit): Commit {
    const content = {
      rootId: commit.rootId,
      creator: SERVER_CREATOR,
      creatorName: commit.author,
      description: commit.description,
      ctime: commit.ctime,
    };
    const whole: Commit = {
      id: hashCommit(content),
      libraryId: commit.library.id,
      parentId: commit.parentId,
      secondParentId: commit.secondParentId ?? null,
      libraryName: commit.library.name,
      libraryDescription: commit.library.description,
      ...commitEncryption(commit.library),
      noLocalHistory: true,
      ...(commit.secondParentId ? { newMerge: true } : {}),
      ...(commit.conflict ? { conflict: true } : {}),
      ...content,
    };
    const made = this.#unlessLoop(whole);
    this.#objects.replace('commits', made.libraryId, made.id, Buffer.from(encodeCommit(made)));
    return made;
  }

  /**
   * The parent is not part of a commit's id, so that a change and its undoing within one second give the id of an
   * ancestor (seafile-api F.5, L 39). Storing it would make the history a loop: the description is made different.
   */
  #unlessLoop(commit: Commit): Commit {
    let candidate = commit;
    while (this.#objects.has('commits', commit.libraryId, candidate.id)) {
      const existing = this.read(commit.libraryId, candidate.id);
      if (existing?.parentId === candidate.parentId && candidate.id !== candidate.parentId) return candidate;
      const description = `${candidate.description} `;
      candidate = { ...candidate, description, id: hashCommit({ ...candidate, description }) };
    }
    return candidate;
  }
}
