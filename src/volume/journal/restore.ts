import type { DirectoryId, FileId } from '../../seafile/index.ts';
import type { Contents } from '../content/contents.ts';
import { ExtentSet } from '../content/extents.ts';
import { Generation, type GenerationBase } from '../content/generation.ts';
import { maybeLink } from '../links/link-reader.ts';
import { basePathOf, type DirectoryNode, type FileNode, type Node, PendingName } from '../nodes/node.ts';
import type { Tree } from '../nodes/tree.ts';
import { timestamp } from '../state.ts';
import type { Journal } from './journal.ts';
import type { RecordLog } from './record-log.ts';
import {
  extentRecord,
  type GenerationRecord,
  generationRecord,
  type LinksRecord,
  linksRecord,
  type NameRecord,
  type NodeRecord,
  nameRecord,
  nodeRecord,
  type SpecialRecord,
  specialNameRecord,
  specialRecord,
} from './records.ts';

/** What was found in a journal. */
export interface Restored {
  /** Pending names that are visible again. */
  readonly names: number;
  /** What could not be taken up, for the log: names of files whose staged bytes are not there. */
  readonly lost: readonly string[];
  /** Staged files that belong to what was taken up. */
  readonly staged: ReadonlySet<string>;
}

/**
 * Takes up the pending changes that an earlier process left: puts them on the tree, visible and pending.
 *
 * The tree must be as it is after opening, with nothing loaded.
 */
export function restore(log: RecordLog, tree: Tree, contents: Contents, journal: Journal): Restored {
  const records = readRecords(log);
  const generations = new GenerationsOnDisk(records, contents, journal);
  const nodes = new Map<number, Node>();
  const lost: string[] = [];
  let names = 0;

  const nodeOf = (directory: DirectoryNode, name: string, ino: number): Node | null => {
    const linked = nodes.get(ino);
    if (linked !== undefined && linked.kind !== 'directory') return linked;
    const record = records.nodes.get(ino);
    if (record === undefined) return null;
    const staged = record.kind === 'file' && record.generation !== null ? generations.open(record.generation) : null;
    if (staged === null && record.kind === 'file' && record.generation !== null) {
      // Better the old file, or none, than one with other content: its bytes never reached the disk.
      lost.push(name);
      return null;
    }
    const node =
      record.kind === 'file' ? tree.table.file(directory, name, ino) : tree.table.directory(directory, name, ino);
    node.local = record.local;
    if (node.kind !== 'directory' && record.kind === 'file') {
      node.entry = record.entry?.kind === 'file' ? record.entry : null;
      node.fileId = record.fileId as FileId;
      node.versionSize = record.versionSize;
      node.dirtySinceMs = 1;
      node.staged = staged;
      if (record.target !== null) {
        node.target = record.target;
        node.mayLeadOut = true;
        node.isNewLink = true;
        tree.links.made(ino, record.target);
      } else node.isExamined = staged !== null || !maybeLink(node.versionSize);
      // Writes are not recorded one by one: the staged file knows when the last one was.
      if (staged !== null && node.local !== null && !record.isTimeSet) {
        node.local.mtime = later(node.local.mtime, timestamp(Math.floor(staged.changedMs)));
      }
    } else if (node.kind === 'directory' && record.kind === 'directory') {
      node.entry = record.entry?.kind === 'directory' ? record.entry : null;
      node.baseId = record.baseId as DirectoryId;
      node.basePlace = placeOf(tree, directory, name, record.basePath);
    }
    nodes.set(ino, node);
    if (node.kind !== 'directory') tree.joinGroup(directory, name, node);
    return node;
  };

  const restoreNames = (directory: DirectoryNode): void => {
    for (const [name, record] of records.names.get(directory.ino) ?? []) {
      const node = record.ino === null ? null : nodeOf(directory, name, record.ino);
      if (record.ino !== null && node === null) continue;
      const pending = new PendingName(record.was, node);
      pending.sent = [...record.sent];
      pending.recorded = true;
      directory.pending.set(name, pending);
      if (node !== null) {
        tree.restoreName(directory, name, node, record.was);
        tree.table.settle(node);
      }
      names += 1;
      if (node?.kind === 'directory') restoreNames(node);
    }
  };
  for (const [ino, places] of records.links) tree.hardLinks.restore(ino, places);
  restoreSpecials(records, tree);
  restoreNames(tree.root);

  const linkMoves = (directory: DirectoryNode): void => {
    for (const [name, pending] of directory.pending) {
      const moved = records.names.get(directory.ino)?.get(name)?.movedTo ?? null;
      pending.movedTo = moved === null ? null : (nodes.get(moved) ?? null);
      if (pending.node?.kind === 'directory') linkMoves(pending.node);
    }
  };
  linkMoves(tree.root);
  return { names, lost, staged: generations.used };
}

interface Records {
  readonly names: Map<number, Map<string, NameRecord>>;
  readonly nodes: Map<number, NodeRecord>;
  readonly generations: Map<string, GenerationRecord>;
  readonly extents: Map<string, { number: number; offset: number; length: number }[]>;
  readonly links: Map<number, LinksRecord>;
  readonly specials: Map<number, SpecialRecord>;
  readonly specialNames: { readonly directory: number; readonly name: string; readonly ino: number }[];
}

function restoreSpecials({ specials, specialNames }: Records, tree: Tree): void {
  const nodes = new Map<number, FileNode>();
  for (const [ino, { kind, device, target, local }] of specials) {
    const node = tree.table.nameless(ino, { kind, device, target, names: 0 });
    node.local = local;
    nodes.set(ino, node);
  }
  for (const { directory, name, ino } of specialNames) {
    const node = nodes.get(ino);
    if (node !== undefined) tree.specials.set(directory, name, node);
  }
}

function readRecords(log: RecordLog): Records {
  const records: Records = {
    names: new Map(),
    nodes: new Map(),
    generations: new Map(),
    extents: new Map(),
    links: new Map(),
    specials: new Map(),
    specialNames: [],
  };
  for (const [key, value] of log.entries()) {
    const [kind, first = ''] = key.split('/', 2);
    const rest = key.slice(`${kind}/${first}/`.length);
    if (kind === 'd') {
      const ofDirectory = records.names.get(Number(first)) ?? new Map<string, NameRecord>();
      records.names.set(Number(first), ofDirectory.set(rest, nameRecord.parse(value)));
    } else if (kind === 'n') records.nodes.set(Number(first), nodeRecord.parse(value));
    else if (kind === 'g') records.generations.set(first, generationRecord.parse(value));
    else if (kind === 'p') records.specials.set(Number(first), specialRecord.parse(value));
    else if (kind === 's') {
      records.specialNames.push({ directory: Number(first), name: rest, ino: specialNameRecord.parse(value) });
    } else if (kind === 'h') records.links.set(Number(first), linksRecord.parse(value));
    else if (kind === 'x') {
      const ofGeneration = records.extents.get(first) ?? [];
      ofGeneration.push({ number: Number(rest), ...extentRecord.parse(value) });
      records.extents.set(first, ofGeneration);
    }
  }
  return records;
}

/** Staged files of an earlier process, opened as they are needed, each once. */
class GenerationsOnDisk {
  readonly used = new Set<string>();
  readonly #records: Records;
  readonly #contents: Contents;
  readonly #journal: Journal;
  readonly #open = new Map<string, Generation>();

  constructor(records: Records, contents: Contents, journal: Journal) {
    this.#records = records;
    this.#contents = contents;
    this.#journal = journal;
  }

  /** @returns null when the staged file is not there */
  open(key: string): Generation | null {
    const known = this.#open.get(key);
    if (known !== undefined) return known.share();
    const record = this.#records.generations.get(key);
    if (record === undefined) return null;
    const generation = this.#contents.reopen(key, () => this.#base(key, record));
    if (generation === null) return null;
    this.#open.set(key, generation);
    this.used.add(key);
    return generation;
  }

  /** @returns undefined when the base cannot be had */
  #base(key: string, { base, limit }: GenerationRecord): GenerationBase | null | undefined {
    if (base === null) return null;
    const source =
      base.kind === 'version' ? this.#contents.version(base.id as FileId, base.size, null) : this.open(base.key);
    if (source === null) return undefined;
    const extents = (this.#records.extents.get(key) ?? []).sort((a, b) => a.number - b.number);
    const last = extents.at(-1);
    if (last !== undefined) this.#journal.continueExtents(key, last.number, last);
    if (source instanceof Generation) source.freeze();
    return { source, limit, dirty: ExtentSet.of(extents) };
  }
}

function placeOf(
  tree: Tree,
  directory: DirectoryNode,
  name: string,
  path: readonly string[] | null,
): DirectoryNode['basePlace'] {
  if (path === null) return null;
  const above = directory === tree.root ? [] : basePathOf(directory);
  const stays =
    above !== null && path.length === above.length + 1 && [...above, name].every((part, i) => part === path[i]);
  return stays ? { parent: directory, name } : { path };
}

function later<T extends { seconds: number; nanoseconds: number }>(a: T, b: T): T {
  return b.seconds > a.seconds || (b.seconds === a.seconds && b.nanoseconds > a.nanoseconds) ? b : a;
}
