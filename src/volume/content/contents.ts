import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { LRUCache } from 'lru-cache';
import type { Library } from '../../library/index.ts';
import { EMPTY_FILE, type FileId } from '../../seafile/index.ts';
import type { Journal } from '../journal/journal.ts';
import { andThen, type MaybePromise } from '../maybe.ts';
import { basePathOf, type FileNode } from '../nodes/node.ts';
import type { Tree } from '../nodes/tree.ts';
import type { ContentCache } from './cache.ts';
import { Generation, type GenerationBase } from './generation.ts';
import type { ContentSource } from './source.ts';
import { StagedFiles } from './staged-files.ts';
import { Version } from './version.ts';

/** A base up to this size is fetched and copied at the first write: the staged file then depends on nothing else. */
const COPY_BASE_BYTES = 2 ** 20;
const MAX_IDLE_VERSIONS = 4096;
/** Begins the names of files that are lent to others. */
const LENT = 'lent-';
const LENT_NAME = /^lent-[0-9a-f]{40}$/;

/** Where the content of a volume's files is read from and written to. */
export class Contents {
  readonly #library: Library;
  readonly #cache: ContentCache;
  readonly #folder: readonly string[];
  readonly #staging: string;
  readonly #files: StagedFiles;
  readonly #journal: Journal;
  readonly #tree: Tree;
  readonly #versions = new LRUCache<FileId, Version>({ max: MAX_IDLE_VERSIONS });
  /** Generations that are being given their base's bytes: a second writer waits for the first. */
  /** Whose content is lent to others. */
  readonly lent = new Set<FileNode>();
  readonly #preparing = new Map<FileNode, Promise<Generation>>();
  #nextKey: number;

  constructor(options: {
    library: Library;
    cache: ContentCache;
    folder: readonly string[];
    staging: string;
    journal: Journal;
    tree: Tree;
    /** Milliseconds since 1970: makes the keys of this process new. */
    startedMs: number;
  }) {
    this.#library = options.library;
    this.#cache = options.cache;
    this.#folder = options.folder;
    this.#staging = options.staging;
    this.#journal = options.journal;
    this.#tree = options.tree;
    this.#nextKey = options.startedMs * 1000;
    mkdirSync(this.#staging, { recursive: true, mode: 0o700 });
    this.#files = new StagedFiles(this.#staging, this.#journal);
  }

  /** What a file reads now. */
  source(node: FileNode): ContentSource {
    return node.staged ?? this.version(node.fileId, node.versionSize, node);
  }

  /** @param node a file that has this version, for where it is in the library */
  version(id: FileId, size: number, node: FileNode | null): Version {
    const known = this.#versions.get(id);
    if (known !== undefined) return known;
    const version = new Version(this.#library, this.#cache, id, size, () => {
      const directory = node?.parent ?? null;
      if (node === null || directory === null || node.entry?.id !== id || node.entry.name !== node.name) return null;
      const above = directory === this.#tree.root ? [] : basePathOf(directory);
      return above === null
        ? null
        : { commit: this.#tree.head.commitId, path: [...this.#folder, ...above, node.entry.name] };
    });
    this.#versions.set(id, version);
    return version;
  }

  /**
   * The generation that a write to a file goes to: the one there is, or a new one on top of what the file reads now.
   * The caller notes the node in the journal.
   */
  writable(node: FileNode): MaybePromise<Generation> {
    const preparing = this.#preparing.get(node);
    if (preparing !== undefined) return preparing;
    if (node.staged !== null && !node.staged.isFrozen) return node.staged;
    const base =
      node.staged?.share() ?? (node.fileId === EMPTY_FILE ? null : this.version(node.fileId, node.versionSize, node));
    const generation = this.#create(base);
    if (!(base instanceof Version) || base.size > COPY_BASE_BYTES) return this.#stage(node, generation);
    const filled = generation.makeWhole();
    if (!(filled instanceof Promise)) return this.#stage(node, generation);
    const staged = filled
      .then(() => this.#stage(node, generation))
      .catch((error: unknown) => {
        generation.release();
        throw error;
      })
      .finally(() => this.#preparing.delete(node));
    this.#preparing.set(node, staged);
    return staged;
  }

  /** The first generation of a new file. The caller notes the node in the journal. */
  begin(node: FileNode): Generation {
    return this.#stage(node, this.#create(null));
  }

  /** A generation without content in place of what the file has. */
  emptied(node: FileNode): MaybePromise<void> {
    const preparing = this.#preparing.get(node);
    if (preparing !== undefined) return preparing.then(() => this.emptied(node));
    // A new generation rather than a cut one: after a power cut the file has its old bytes or its new ones.
    this.discard(node);
    node.fileId = EMPTY_FILE;
    node.versionSize = 0;
    node.lent?.truncate(0);
  }

  /** Lets go of what is staged of a file. */
  discard(node: FileNode): void {
    const staged = node.staged;
    if (staged === null) return;
    node.staged = null;
    this.#journal.dropGeneration(staged);
    staged.release();
  }

  /** Cuts or extends a file. */
  resize(node: FileNode, size: number): MaybePromise<void> {
    if (size === 0) return this.emptied(node);
    return andThen(this.writable(node), (generation) => {
      // Taken for sending while its base was fetched.
      if (generation.isFrozen) return this.resize(node, size);
      generation.truncate(size);
      this.#journal.noteGeneration(generation);
      this.#journal.noteExtents(generation);
      this.#journal.noteUnsynced(generation);
    });
  }

  /** Takes up a generation that an earlier process left. @returns null when its file is not there */
  reopen(key: string, base: () => GenerationBase | null | undefined): Generation | null {
    const path = this.#files.pathOf(key);
    if (!existsSync(path)) return null;
    const found = base();
    if (found === undefined) return null;
    ownAlone(path);
    const generation = Generation.reopen(this.#files.reopen(key), found);
    this.#journal.noteUnsynced(generation);
    return generation;
  }

  /** Where a version's content is while it is lent: nobody else looks there. */
  lentPath(id: FileId): string {
    return join(this.#staging, `${LENT}${id}`);
  }

  /**
   * Removes staged files that no record tells of: their files were removed, or they were never recorded. What was lent
   * goes back to the content cache.
   */
  removeStrays(known: ReadonlySet<string>): void {
    for (const name of readdirSync(this.#staging)) {
      const path = join(this.#staging, name);
      if (LENT_NAME.test(name)) this.#cache.takeHome(name.slice(LENT.length) as FileId, path);
      else if (!known.has(name)) unlinkSync(path);
    }
  }

  /** Nothing is staged after this. */
  close(): void {
    this.#files.close();
  }

  #create(base: ContentSource | null): Generation {
    const key = (this.#nextKey++).toString(36);
    return Generation.create(this.#files.create(key), base);
  }

  #stage(node: FileNode, generation: Generation): Generation {
    const before = node.staged;
    node.staged = generation;
    generation.mirror = node.lent?.isParted ? node.lent : null;
    this.#journal.noteGeneration(generation);
    // The frozen one below lives on as the base and in the batch that sends it.
    if (before !== null) before.release();
    return generation;
  }
}

/** A file that the content cache got before a power cut is written again: the cache keeps its bytes. */
function ownAlone(path: string): void {
  if (statSync(path).nlink === 1) return;
  const copy = `${path}.copy`;
  copyFileSync(path, copy);
  renameSync(copy, path);
}
