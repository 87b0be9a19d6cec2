import type { DirectoryItem, MaybePromise } from '../../volume/index.ts';
import { andThen } from '../../volume/maybe.ts';
import { encodedName } from '../arguments/encoded-name.ts';
import { uint32Argument } from '../arguments/numbers.ts';
import { functionArgument } from '../arguments/options.ts';
import { codedError } from '../errors/coded-error.ts';
import { directoryClosed } from '../errors/state-errors.ts';
import { Turns } from '../turns.ts';
import { type Dirent, direntOf } from './dirent.ts';

export interface DirOptions {
  readonly encoding: Parameters<typeof encodedName>[1];
  /** How many entries are read ahead. The whole listing is in memory here: checked, and without effect. */
  readonly bufferSize: unknown;
  /** Whether the entries of directories below follow. */
  readonly recursive: boolean;
}

type Entry = Dirent<string | Buffer>;
type ReadCallback = (error: unknown, entry?: Entry | null) => void;

/** An open directory and what was in it when it was opened. */
interface Opened {
  readonly path: string;
  readonly items: readonly DirectoryItem[];
}

/** `fs.Dir`: a directory that is read entry by entry. It shows what was there when it was opened. */
export class Dir {
  readonly #path: string;
  readonly #list: (path: string) => MaybePromise<readonly DirectoryItem[]>;
  readonly #options: DirOptions;
  readonly #turns = new Turns();
  readonly #entries: Entry[] = [];
  #next = 0;
  #closed = false;

  /** @param list tells what is in a directory below */
  constructor(opened: Opened, list: (path: string) => MaybePromise<readonly DirectoryItem[]>, options: DirOptions) {
    if (options.bufferSize !== undefined) uint32Argument(options.bufferSize, 'options.bufferSize', 1);
    this.#path = opened.path;
    this.#list = list;
    this.#options = options;
    this.#add(opened.path, opened.items);
  }

  get path(): string {
    return this.#path;
  }

  /** The next entry, null after the last. @throws ERR_DIR_CLOSED at once, also without a callback */
  read(): Promise<Entry | null>;
  read(callback: ReadCallback): void;
  read(callback?: ReadCallback): Promise<Entry | null> | undefined {
    if (this.#closed) throw directoryClosed();
    if (callback === undefined) return Promise.resolve(this.#turns.take(() => this.#take()));
    functionArgument(callback, 'callback');
    this.read().then(
      (entry) => process.nextTick(callback, null, entry),
      (error: unknown) => process.nextTick(callback, error),
    );
    return undefined;
  }

  readSync(): Entry | null {
    if (this.#closed) throw directoryClosed();
    if (this.#turns.busy) throw concurrent();
    const entry = this.#turns.take(() => this.#take());
    if (!(entry instanceof Promise)) return entry;
    // The entry is read all the same, by whoever asks next: nobody listens to this promise.
    entry.catch(() => undefined);
    throw concurrent();
  }

  close(): Promise<void>;
  close(callback: (error: unknown) => void): void;
  close(callback?: (error: unknown) => void): Promise<void> | undefined {
    if (callback === undefined) return this.#close();
    functionArgument(callback, 'callback');
    this.#close().then(
      () => process.nextTick(callback, null),
      (error: unknown) => process.nextTick(callback, error),
    );
    return undefined;
  }

  closeSync(): void {
    if (this.#closed) throw directoryClosed();
    if (this.#turns.busy) throw concurrent();
    this.#closed = true;
  }

  async *entries(): AsyncGenerator<Entry, void, void> {
    try {
      for (let entry = await this.read(); entry !== null; entry = await this.read()) yield entry;
    } finally {
      await this.close();
    }
  }

  [Symbol.asyncIterator](): AsyncGenerator<Entry, void, void> {
    return this.entries();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#closed) await this.close();
  }

  async #close(): Promise<void> {
    if (this.#closed) throw directoryClosed();
    this.#closed = true;
    await this.#turns.take(() => undefined);
  }

  #take(): MaybePromise<Entry | null> {
    const entry = this.#entries[this.#next];
    if (entry === undefined) return null;
    this.#next += 1;
    if (!this.#options.recursive || !entry.isDirectory()) return entry;
    const path = `${entry.parentPath}/${entry.name}`.replace(/\/{2,}/g, '/');
    return andThen(this.#list(path), (items) => {
      this.#add(path, items);
      return entry;
    });
  }

  #add(path: string, items: readonly DirectoryItem[]): void {
    const { encoding } = this.#options;
    for (const { name, kind } of items) this.#entries.push(direntOf(encodedName(name, encoding), kind, path));
  }
}

function concurrent(): Error {
  return codedError(
    Error,
    'ERR_DIR_CONCURRENT_OPERATION',
    'Cannot do synchronous work on directory handle with concurrent asynchronous operations',
  );
}
