import type { Database } from 'lmdb';

/**
 * Directory and file objects on this machine's disk, by id. What is lost from here (a crash, a full disk) is fetched
 * again; nothing here is the only copy of anything.
 */
export class ObjectStore {
  readonly #database: Database<Buffer, string>;

  constructor(database: Database<Buffer, string>) {
    this.#database = database;
  }

  /** @returns the object's uncompressed text, at once */
  get(id: string): Uint8Array | undefined {
    return this.#database.get(id);
  }

  /** Keeps an object; written in the background. */
  put(id: string, text: Uint8Array): void {
    this.#database.put(id, Buffer.from(text.buffer, text.byteOffset, text.byteLength)).catch(() => {
      // A store that cannot be written (disk full) only costs asking the server again.
    });
  }
}
