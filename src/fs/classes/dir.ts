import { andThen, type DirectoryItem, type MaybePromise } from '../../volume/index.ts';
import { encodedName } from '../arguments/encoded-name.ts';
import { uint32Argument } from '../arguments/numbers.ts';
import { functionArgument } from '../arguments/options.ts';
import { codedError } from '../errors/coded-error.ts';
import { directoryClosed } from '../errors/state-errors.ts';
import { joined } from '../operations/tree.ts';
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
  readonly #entries: { readonly entry: Entry; readonly path: string }[] = [];
  #next = 0;
  #closed = false;

  /** @param list tells what is in a directory below */
  constructor(opened: Opened, list: (path: string) => MaybePromise<readonly DirectoryItem[]>, options: DirOptions) {
    // Programs can get at the class, but have nothing to make one of.
    if (opened === undefined)
      throw codedError(TypeError, 'ERR_MISSING_ARGS', 'The "handle" argument must be specified');
    if (options.bufferSize !== undefined) uint32Argument(options.bufferSize, 'options.bufferSize', 1);
    this.#path = opened.path;
    this.#list = list;
    this.#options = options;
    this.#add(opened.path, opened.items);
  }

  get path(): string {
    if (!(#path in this)) throw codedError(TypeError, 'ERR_INVALID_THIS', 'Value of "this" must be of type Dir');
    return this.#path;
  }

  /** The next entry, null after the last. @throws ERR_DIR_CLOSED: at once with a callback, by rejecting without */
  read(): Promise<Entry | null>;
  read(callback: ReadCallback): void;
  read(callback?: ReadCallback): Promise<Entry | null> | undefined {
    if (callback === undefined) return this.#read();
    if (this.#closed) throw directoryClosed();
    functionArgument(callback, 'callback');
    this.#read().then(
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

  [Symbol.dispose](): void {
    if (!this.#closed) this.closeSync();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#closed) await this.close();
  }

  async #read(): Promise<Entry | null> {
    if (this.#closed) throw directoryClosed();
    return this.#turns.take(() => this.#take());
  }

  async #close(): Promise<void> {
    if (this.#closed) throw directoryClosed();
    this.#closed = true;
    await this.#turns.take(() => undefined);
  }

  #take(): MaybePromise<Entry | null> {
    const next = this.#entries[this.#next];
    if (next === undefined) return null;
    this.#next += 1;
    const { entry, path } = next;
    if (!this.#options.recursive || !entry.isDirectory()) return entry;
    return andThen(this.#list(path), (items) => {
      this.#add(path, items);
      return entry;
    });
  }

  #add(path: string, items: readonly DirectoryItem[]): void {
    const { encoding } = this.#options;
    for (const { name, kind } of items) {
      this.#entries.push({ entry: direntOf(encodedName(name, encoding), kind, path), path: joined(path, name) });
    }
  }
}

function concurrent(): Error {
  return codedError(
    Error,
    'ERR_DIR_CONCURRENT_OPERATION',
    'Cannot do synchronous work on directory handle with concurrent asynchronous operations',
  );
}
