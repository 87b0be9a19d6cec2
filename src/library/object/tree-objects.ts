import {
  type Directory,
  type DirectoryId,
  decodeDirectory,
  decodeFile,
  EMPTY_DIRECTORY,
  EMPTY_FILE,
  emptyDirectory,
  emptyFile,
  type FileId,
  type FileObject,
  SeafileError,
  type SyncClient,
  type TreeObjectId,
} from '../../seafile/index.ts';
import type { ObjectStore } from './object-store.ts';
import { cancelled } from './shared-calls.ts';

interface Wanted {
  readonly ids: readonly TreeObjectId[];
  resolve(objects: ReadonlyMap<string, Uint8Array>): void;
  reject(reason: unknown): void;
}

/**
 * Directory and file objects by id, from the store or the server. All that is wanted in one turn of the event loop is
 * asked in one request.
 */
export class TreeObjects {
  readonly #sync: Pick<SyncClient, 'packFs'>;
  readonly #store: ObjectStore;
  readonly #fetching = new Map<TreeObjectId, Promise<Uint8Array>>();
  #wanted: Wanted[] = [];

  constructor(sync: Pick<SyncClient, 'packFs'>, store: ObjectStore) {
    this.#sync = sync;
    this.#store = store;
  }

  async directories(ids: readonly DirectoryId[], signal?: AbortSignal): Promise<Map<DirectoryId, Directory>> {
    const texts = await this.#texts(
      ids.filter((id) => id !== EMPTY_DIRECTORY),
      signal,
    );
    const directories = new Map<DirectoryId, Directory>();
    for (const id of new Set(ids)) {
      const text = texts.get(id);
      directories.set(id, text ? decoded(id, () => decodeDirectory(id, text)) : emptyDirectory);
    }
    return directories;
  }

  async file(id: FileId, signal?: AbortSignal): Promise<FileObject> {
    if (id === EMPTY_FILE) return emptyFile;
    const text = (await this.#texts([id], signal)).get(id);
    if (!text) throw new TypeError(`file ${id} was asked for and not given`);
    return decoded(id, () => decodeFile(id, text));
  }

  async #texts(ids: readonly TreeObjectId[], signal?: AbortSignal): Promise<Map<TreeObjectId, Uint8Array>> {
    const texts = new Map<TreeObjectId, Uint8Array>();
    const fetches: Promise<unknown>[] = [];
    const missing: TreeObjectId[] = [];
    for (const id of new Set(ids)) {
      const stored = this.#store.get(id);
      const fetching = stored ? undefined : this.#fetching.get(id);
      if (stored) texts.set(id, stored);
      else if (fetching) fetches.push(fetching.then((text) => texts.set(id, text)));
      else missing.push(id);
    }
    if (missing.length > 0) {
      const fetch = this.#want(missing);
      for (const id of missing) {
        const one = fetch.then((objects) => {
          const text = objects.get(id);
          if (!text) throw new SeafileError('corrupt-answer', `The server did not give object ${id}.`);
          return text;
        });
        this.#fetching.set(id, one);
        const forget = () => this.#fetching.delete(id);
        one.then(forget, forget);
        fetches.push(one.then((text) => texts.set(id, text)));
      }
    }
    if (fetches.length > 0) await abortable(Promise.all(fetches), signal);
    return texts;
  }

  #want(ids: readonly TreeObjectId[]): Promise<ReadonlyMap<string, Uint8Array>> {
    // After everything that can run has run, so that all branches of a walk are in it.
    if (this.#wanted.length === 0) setImmediate(() => void this.#fetch());
    return new Promise((resolve, reject) => this.#wanted.push({ ids, resolve, reject }));
  }

  async #fetch(): Promise<void> {
    const wanted = this.#wanted;
    this.#wanted = [];
    try {
      const objects = await this.#pack(wanted.flatMap(({ ids }) => ids));
      for (const { resolve } of wanted) resolve(objects);
    } catch (error) {
      // One object that is not there fails a whole request (seafile-api G.1): ask for each caller's own.
      if (wanted.length > 1 && error instanceof SeafileError && error.kind !== 'unreachable') {
        for (const { ids, resolve, reject } of wanted) this.#pack(ids).then(resolve, reject);
      } else for (const { reject } of wanted) reject(error);
    }
  }

  async #pack(ids: readonly TreeObjectId[]): Promise<Map<TreeObjectId, Uint8Array>> {
    const objects = await this.#sync.packFs(ids);
    for (const [id, text] of objects) this.#store.put(id, text);
    return objects;
  }
}

function decoded<T>(id: string, decode: () => T): T {
  try {
    return decode();
  } catch (cause) {
    throw new SeafileError('corrupt-answer', `Object ${id} is damaged on the server, or no object of its kind.`, {
      cause,
    });
  }
}

function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  if (signal.aborted) {
    work.catch(() => {}); // Nobody waits for it any more.
    return Promise.reject(cancelled(signal));
  }
  return new Promise((resolve, reject) => {
    const abort = () => reject(cancelled(signal));
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
