import type { LibraryId } from '../../seafile/objects/index.ts';
import type { LibraryRecord, Table } from '../storage/index.ts';

/** Finds library records by owner and by origin without looking at all of them. */
export class LibraryIndex {
  readonly #table: Table<LibraryRecord>;
  readonly #byOwner = new Map<string, Set<LibraryId>>();
  readonly #byOrigin = new Map<LibraryId, Set<LibraryId>>();

  constructor(table: Table<LibraryRecord>) {
    this.#table = table;
    for (const [, record] of table.entries()) this.#add(record);
  }

  ownedBy(account: string): LibraryRecord[] {
    return this.#records(this.#byOwner.get(account));
  }

  /** Virtual libraries that show a folder of this one. */
  virtualsOf(origin: LibraryId): LibraryRecord[] {
    return this.#records(this.#byOrigin.get(origin));
  }

  /** An owner and an origin never change. */
  put(record: LibraryRecord): void {
    this.#add(record);
    this.#table.put(record.id, record);
  }

  delete(record: LibraryRecord): void {
    this.#byOwner.get(record.owner)?.delete(record.id);
    if (record.virtual) this.#byOrigin.get(record.virtual.origin)?.delete(record.id);
    this.#table.delete(record.id);
  }

  #add(record: LibraryRecord): void {
    add(this.#byOwner, record.owner, record.id);
    if (record.virtual) add(this.#byOrigin, record.virtual.origin, record.id);
  }

  /** Ids of a transaction that was taken back have no record. */
  #records(ids: ReadonlySet<LibraryId> | undefined): LibraryRecord[] {
    return [...(ids ?? [])].flatMap((id) => this.#table.get(id) ?? []);
  }
}

function add<Key>(index: Map<Key, Set<LibraryId>>, key: Key, id: LibraryId): void {
  const ids = index.get(key);
  if (ids) ids.add(id);
  else index.set(key, new Set([id]));
}
