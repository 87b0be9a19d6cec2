import {
  type Directory,
  type DirectoryEntry,
  type DirectoryId,
  EMPTY_DIRECTORY,
  type EncodedObject,
  type Entry,
  encodeDirectory,
  type FileEntry,
  sameEntry,
} from '../../seafile/index.ts';
import type { DirectoryReader } from './directory-reader.ts';

/** Directory objects that a changed tree needs and that may not be on the server yet. */
export interface NewDirectories {
  readonly objects: Map<DirectoryId, EncodedObject<DirectoryId>>;
  readonly directories: Map<DirectoryId, Directory>;
}

/**
 * A directory that is being changed, together with those below it that were opened. What is not opened stays an id:
 * the cost of a change is that of the directories on the way to it.
 */
export class Draft {
  /** The directory it started as. */
  readonly origin: DirectoryId;
  #directory: Directory | null = null;
  #entries: ReadonlyMap<string, Entry> = new Map();
  /** The draft's own copy of the entries, once one of them was changed. */
  #changed: Map<string, Entry> | null = null;
  readonly #opened = new Map<string, Draft>();
  #sealed: DirectoryId | null = null;

  constructor(origin: DirectoryId) {
    this.origin = origin;
  }

  /** Must have returned before entries are looked at. */
  async load(reader: DirectoryReader): Promise<void> {
    if (this.#directory) return;
    const directory = await reader.read(this.origin);
    // Another branch may have loaded it meanwhile, and changed it since.
    if (this.#directory) return;
    this.#directory = directory;
    this.#entries = directory.entries;
  }

  /** The entries as they are now. Ids of directories that were opened are those they were opened with. */
  entries(): ReadonlyMap<string, Entry> {
    return this.#entries;
  }

  get isEmpty(): boolean {
    return this.#entries.size === 0 && !this.#directory?.duplicates;
  }

  /** The id while nothing in it was changed; null after. */
  get unchangedId(): DirectoryId | null {
    if (this.#changed) return null;
    for (const [name, below] of this.#opened) {
      if (below.unchangedId !== this.#entries.get(name)?.id) return null;
    }
    return this.origin;
  }

  /** Opens the directory of this name for changing. */
  open(name: string): Draft {
    const opened = this.#opened.get(name);
    if (opened) return opened;
    const entry = this.#entries.get(name);
    if (entry?.kind !== 'directory') throw new TypeError(`no directory to open: ${JSON.stringify(name)}`);
    const draft = new Draft(entry.id);
    this.#opened.set(name, draft);
    return draft;
  }

  setFile(entry: FileEntry): void {
    this.#opened.delete(entry.name);
    this.#set(entry);
  }

  setDirectory(attributes: Pick<DirectoryEntry, 'name' | 'mode' | 'mtime'>, below: Draft): void {
    const { name, mode, mtime } = attributes;
    this.#opened.set(name, below);
    this.#set({ kind: 'directory', name, mode, mtime, id: below.origin });
  }

  remove(name: string): void {
    this.#opened.delete(name);
    if (this.#entries.has(name)) this.#own().delete(name);
  }

  /**
   * Encodes what was changed, each directory once. The draft must not be changed after.
   *
   * @param made receives the new directories
   * @returns the id of the changed tree; the old one when nothing differs
   */
  seal(made: NewDirectories): DirectoryId {
    this.#sealed ??= this.#encode(made);
    return this.#sealed;
  }

  #encode(made: NewDirectories): DirectoryId {
    for (const [name, below] of this.#opened) {
      const entry = this.#entries.get(name);
      const id = below.seal(made);
      if (entry?.kind === 'directory' && entry.id !== id) this.#set({ ...entry, id });
    }
    if (!this.#changed) return this.origin;
    const duplicates = this.#directory?.duplicates;
    const object = encodeDirectory(duplicates ? [...this.#entries.values(), ...duplicates] : this.#entries.values());
    if (object.id !== EMPTY_DIRECTORY && object.id !== this.origin) {
      made.objects.set(object.id, object);
      made.directories.set(object.id, {
        id: object.id,
        entries: this.#entries,
        ...(duplicates ? { duplicates } : {}),
      });
    }
    return object.id;
  }

  #set(entry: Entry): void {
    const before = this.#entries.get(entry.name);
    if (!before || !sameEntry(before, entry)) this.#own().set(entry.name, entry);
  }

  #own(): Map<string, Entry> {
    if (!this.#changed) {
      this.#changed = new Map(this.#entries);
      this.#entries = this.#changed;
    }
    return this.#changed;
  }
}
