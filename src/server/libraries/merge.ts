import type { DirectoryEntry, DirectoryId, Entry, FileEntry } from '../../seafile/objects/index.ts';
import { conflictName } from './names.ts';
import type { Trees } from './trees.ts';

/** Three trees to make one of. */
export interface MergeSides {
  /** What both sides began with. */
  readonly base: DirectoryId;
  /** What the library holds now: it keeps the names. */
  readonly head: DirectoryId;
  /** What came in. */
  readonly remote: DirectoryId;
}

export interface MergeContext {
  /** Who made the incoming commit: named in the conflict copies of folders. */
  readonly remoteCreator: string;
  /** Seconds since 1970. */
  readonly now: number;
}

export interface MergeResult {
  readonly root: DirectoryId;
  /** Whether there is a conflict copy. */
  readonly conflict: boolean;
}

interface Versions<E extends Entry = Entry> {
  readonly base: E | undefined;
  readonly head: E | undefined;
  readonly remote: E | undefined;
}

/**
 * The three-way merge of the real server (seafile-api E.8, G.4).
 *
 * It compares ids of content and nothing else: a side that changed only times or modes counts as unchanged, of two
 * equal files the head's entry stays, and a folder changed on both sides keeps the head's entry. It knows no renames.
 * What was deleted on one side and changed on the other stays. A file changed on both sides stays under its name as the
 * head has it, and beside it as `… (SFConflict …)` as it came in.
 */
export function mergeTrees(trees: Trees, sides: MergeSides, context: MergeContext): MergeResult {
  const merge = new Merge(trees, context);
  return { root: merge.directories(sides.base, sides.head, sides.remote), conflict: merge.conflict };
}

class Merge {
  readonly #trees: Trees;
  readonly #context: MergeContext;
  conflict = false;

  constructor(trees: Trees, context: MergeContext) {
    this.#trees = trees;
    this.#context = context;
  }

  directories(
    base: DirectoryId | undefined,
    head: DirectoryId | undefined,
    remote: DirectoryId | undefined,
  ): DirectoryId {
    const sides = [base, head, remote].map((id) => byName(id === undefined ? [] : this.#trees.entries(id)));
    const names = new Set(sides.flatMap((entries) => [...entries.keys()]));
    const merged: Entry[] = [];
    for (const name of names) {
      const [inBase, inHead, inRemote] = sides.map((entries) => entries.get(name) ?? []);
      // Two entries of one name exist where two conflict copies were made within a second: they are paired in order.
      const count = Math.max(inBase?.length ?? 0, inHead?.length ?? 0, inRemote?.length ?? 0);
      for (let at = 0; at < count; at++) {
        this.#entry({ base: inBase?.[at], head: inHead?.[at], remote: inRemote?.[at] }, merged);
      }
    }
    return this.#trees.save(merged);
  }

  #entry(versions: Versions, merged: Entry[]): void {
    const files: Versions<FileEntry> = {
      base: asFile(versions.base),
      head: asFile(versions.head),
      remote: asFile(versions.remote),
    };
    const folders: Versions<DirectoryEntry> = {
      base: asFolder(versions.base),
      head: asFolder(versions.head),
      remote: asFolder(versions.remote),
    };
    const remoteFolderName = this.#files(files, folders, merged);
    if (folders.base || folders.head || folders.remote) this.#folders(folders, remoteFolderName, merged);
  }

  /** @returns the name that the incoming folder gets where a file of the head keeps its name */
  #files(files: Versions<FileEntry>, folders: Versions<DirectoryEntry>, merged: Entry[]): string | undefined {
    const { base, head, remote } = files;
    if (head && remote) {
      if (head.id === remote.id || base?.id === remote.id) merged.push(head);
      else if (base?.id === head.id) merged.push(remote);
      else merged.push(head, this.#conflictCopy(remote));
      return undefined;
    }
    if (remote) {
      const unchanged = base ? base.id === remote.id : false;
      if (unchanged) return undefined;
      // A folder of the head that is as it was gives way to the file; a changed or new one keeps its name.
      const headFolderStays =
        folders.head !== undefined && (base !== undefined || folders.base?.id !== folders.head.id);
      merged.push(headFolderStays ? this.#conflictCopy(remote) : remote);
      return undefined;
    }
    if (head) {
      const unchanged = base ? base.id === head.id : false;
      if (unchanged) return undefined;
      merged.push(head);
      const remoteFolderStays =
        folders.remote !== undefined && (base !== undefined || folders.base?.id !== folders.remote.id);
      if (remoteFolderStays) {
        this.conflict = true;
        return conflictName(head.name, this.#context.remoteCreator, this.#context.now);
      }
    }
    return undefined;
  }

  #conflictCopy(file: FileEntry): FileEntry {
    this.conflict = true;
    return { ...file, name: conflictName(file.name, file.modifier || this.#context.remoteCreator, file.mtime) };
  }

  #folders(folders: Versions<DirectoryEntry>, remoteName: string | undefined, merged: Entry[]): void {
    const { base, head } = folders;
    const remote = folders.remote && remoteName ? { ...folders.remote, name: remoteName } : folders.remote;
    if (head && remote) {
      if (head.id === remote.id || base?.id === remote.id) merged.push(head);
      else if (base?.id === head.id) merged.push(remote);
      else merged.push({ ...head, id: this.directories(base?.id, head.id, remote.id) });
      return;
    }
    const left = head ?? remote;
    if (!left || base?.id === left.id) return;
    if (!base) {
      merged.push(left);
      return;
    }
    // Deleted on one side, changed on the other: what was changed stays, the rest goes.
    merged.push({ ...left, id: this.directories(base.id, head?.id, remote?.id) });
  }
}

function byName(entries: readonly Entry[]): Map<string, Entry[]> {
  const names = new Map<string, Entry[]>();
  for (const entry of entries) {
    const same = names.get(entry.name);
    if (same) same.push(entry);
    else names.set(entry.name, [entry]);
  }
  return names;
}

const asFile = (entry: Entry | undefined): FileEntry | undefined => (entry?.kind === 'file' ? entry : undefined);
const asFolder = (entry: Entry | undefined): DirectoryEntry | undefined =>
  entry?.kind === 'directory' ? entry : undefined;
