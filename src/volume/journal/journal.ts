import { unlinkSync } from 'node:fs';
import type { Extent } from '../../library/index.ts';
import { Generation } from '../content/generation.ts';
import { Version } from '../content/version.ts';
import type { LinkedPlace } from '../links/hard-links.ts';
import { basePathOf, type DirectoryNode, type Node, namesOf, type PendingName } from '../nodes/node.ts';
import { flushFiles } from '../threads/flush-thread.ts';
import type { RecordLog } from './record-log.ts';
import type { ExtentRecord, GenerationRecord, LinksRecord, NameRecord, NodeRecord, SpecialRecord } from './records.ts';

/**
 * The durable record of pending changes. Operations note what they changed and `commit` at their end: all of an
 * operation is recorded, or nothing.
 */
export class Journal {
  readonly #log: RecordLog;
  readonly #changes = new Map<string, unknown>();
  readonly #lastExtent = new Map<string, { number: number; extent: Extent }>();
  readonly #unsynced = new Set<Generation>();
  /** Staged files that the records tell of no more. */
  #unneeded: string[] = [];
  #flushes = 0;
  #flushing: Promise<void> = Promise.resolve();
  /** The flush after the one under way, when somebody waits for it. */
  #next: Promise<void> | null = null;

  constructor(log: RecordLog) {
    this.#log = log;
  }

  /** Notes a pending name, or that it is none any more. */
  noteName(directory: DirectoryNode, name: string): void {
    const pending = directory.pending.get(name);
    const key = `d/${directory.ino}/${name}`;
    this.#changes.set(key, pending === undefined ? undefined : nameRecordOf(pending));
    if (pending !== undefined) pending.recorded = true;
  }

  /** Notes a node, and the names above it that are pending because something below them is. */
  noteNode(node: Node): void {
    if (node.kind !== 'directory' && node.special !== null) {
      const { kind, device, target } = node.special;
      const record: SpecialRecord = { kind, device, target, local: node.local };
      this.#changes.set(`p/${node.ino}`, record);
      return;
    }
    this.#changes.set(`n/${node.ino}`, nodeRecordOf(node));
    for (const { parent, name } of namesOf(node)) {
      const pending = parent.pending.get(name);
      if (pending === undefined || pending.recorded) continue;
      this.noteName(parent, name);
      if (parent.parent !== null) this.noteNode(parent);
    }
  }

  /** Notes what stands under a name on this machine alone; null for nothing. */
  noteSpecialName(directory: number, name: string, ino: number | null): void {
    this.#changes.set(`s/${directory}/${name}`, ino ?? undefined);
  }

  dropSpecial(ino: number): void {
    this.#changes.set(`p/${ino}`, undefined);
  }

  /** Notes the names of a file that has several; none when it is like any other. */
  noteLinks(ino: number, places: readonly LinkedPlace[]): void {
    const record: LinksRecord = places.map(({ directory, name, path }) => ({ directory, name, path: [...path] }));
    this.#changes.set(`h/${ino}`, record.length === 0 ? undefined : record);
  }

  /** Notes that nothing is pending of a node any more. */
  dropNode(ino: number): void {
    this.#changes.set(`n/${ino}`, undefined);
  }

  noteGeneration(generation: Generation): void {
    this.#changes.set(`g/${generation.key}`, generationRecordOf(generation));
    if (generation.base === null) this.#dropExtents(generation.key);
  }

  /** Notes the extents of a generation anew, after it was cut. */
  noteExtents(generation: Generation): void {
    this.#dropExtents(generation.key);
    if (generation.base === null) return;
    for (const extent of generation.dirty) this.noteExtent(generation, extent);
  }

  /** Notes bytes written to a generation that is not whole. */
  noteExtent(generation: Generation, extent: Extent): void {
    const last = this.#lastExtent.get(generation.key);
    // A writer that goes on makes its extent longer instead of adding one.
    const continues = last !== undefined && last.extent.offset + last.extent.length === extent.offset;
    const number = last === undefined ? 0 : continues ? last.number : last.number + 1;
    const noted: ExtentRecord = continues
      ? { offset: last.extent.offset, length: last.extent.length + extent.length }
      : { offset: extent.offset, length: extent.length };
    this.#lastExtent.set(generation.key, { number, extent: noted });
    this.#changes.set(`x/${generation.key}/${number}`, noted);
  }

  dropGeneration(generation: Generation): void {
    this.#changes.set(`g/${generation.key}`, undefined);
    this.#dropExtents(generation.key);
    this.#unsynced.delete(generation);
  }

  /** A generation has bytes that a power cut would lose. */
  noteUnsynced(generation: Generation): void {
    this.#unsynced.add(generation);
  }

  /** Whether everything noted was handed to the operating system. */
  get isRecorded(): boolean {
    return this.#changes.size === 0;
  }

  /** How many flushes were begun: what was noted since the last one, a power cut loses whole. */
  get flushes(): number {
    return this.#flushes;
  }

  /** Hands everything noted since the last time to the operating system, as one. */
  commit(): void {
    if (this.#changes.size === 0) return;
    this.#log.write(this.#changes);
    this.#changes.clear();
  }

  /**
   * Makes all that was recorded durable against a power cut: contents first, so that no record tells of missing bytes.
   *
   * @throws the disk's error; nothing is taken for durable then
   */
  flush(): Promise<void> {
    if (this.#next !== null) return this.#next;
    // The flush under way may have begun before what the caller did: its own comes next, together with that of others
    // who wait.
    const next = this.#flushing.then(() => {
      this.#next = null;
      const flushing = this.#flushNow();
      this.#flushing = flushing.catch(() => {
        // Whoever asked for it gets the error; the next flush tries again.
      });
      return flushing;
    });
    this.#next = next;
    return next;
  }

  async #flushNow(): Promise<void> {
    const safe = this.#log.position;
    this.#flushes += 1;
    const generations = [...this.#unsynced].map((generation) => generation.share());
    const unneeded = this.#unneeded;
    this.#unneeded = [];
    this.#unsynced.clear();
    try {
      await flushFiles(generations.map((generation) => generation.takeUnsynced()).filter((fd) => fd !== null));
      await this.#log.flush(safe);
    } catch (error) {
      for (const generation of generations) {
        generation.flushFailed();
        this.#unsynced.add(generation);
      }
      this.#unneeded.unshift(...unneeded);
      throw error;
    } finally {
      for (const generation of generations) generation.release();
    }
    for (const path of unneeded) removeStaged(path);
  }

  /** Removes a staged file once no record that a power cut would leave tells of it. */
  removeLater(path: string): void {
    this.#unneeded.push(path);
  }

  /** Flushes, and ends. */
  async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      this.#log.close();
    }
  }

  /** Tells the number an earlier process gave the last extent of a generation. */
  continueExtents(key: string, lastNumber: number, extent: Extent): void {
    this.#lastExtent.set(key, { number: lastNumber, extent });
  }

  #dropExtents(key: string): void {
    const last = this.#lastExtent.get(key);
    if (last === undefined) return;
    for (let number = 0; number <= last.number; number++) this.#changes.set(`x/${key}/${number}`, undefined);
    this.#lastExtent.delete(key);
  }
}

function removeStaged(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It takes space until the next start, which removes what no record tells of.
  }
}

function nameRecordOf(pending: PendingName): NameRecord {
  return {
    was: pending.was,
    sent: pending.sent,
    ino: pending.node?.ino ?? null,
    movedTo: pending.movedTo?.ino ?? null,
  };
}

function nodeRecordOf(node: Node): NodeRecord {
  if (node.kind === 'directory') {
    const basePath = basePathOf(node);
    return {
      kind: 'directory',
      entry: node.entry,
      baseId: node.baseId,
      basePath: basePath === null ? null : [...basePath],
      local: node.local,
    };
  }
  return {
    kind: 'file',
    entry: node.entry,
    fileId: node.fileId,
    versionSize: node.versionSize,
    generation: node.staged?.key ?? null,
    isTimeSet: node.isTimeSet,
    local: node.local,
    target: node.isNewLink ? node.target : null,
  };
}

function generationRecordOf(generation: Generation): GenerationRecord {
  const base = generation.base;
  return {
    base:
      base instanceof Version
        ? { kind: 'version', id: base.id, size: base.size }
        : base instanceof Generation
          ? { kind: 'generation', key: base.key }
          : null,
    limit: generation.baseLimit,
  };
}
