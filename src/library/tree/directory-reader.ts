import { type Directory, type DirectoryId, EMPTY_DIRECTORY, emptyDirectory } from '../../seafile/index.ts';

/** Fetches directory objects, many at once ({@link Library.readDirectories}). */
export type ReadDirectories = (ids: readonly DirectoryId[]) => Promise<Map<DirectoryId, Directory>>;

class Waiting {
  readonly promise: Promise<Directory>;
  resolve: (directory: Directory) => void = unset;
  reject: (reason: unknown) => void = unset;

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }
}

// A promise calls its executor before the constructor returns, so this is never called.
const unset = (): never => {
  throw new TypeError('the promise was not made');
};

/**
 * Directories by id for one piece of work over trees: each is fetched once, and what the work needs at one time is
 * fetched together. A walk that goes down all branches at once so costs one round trip a level.
 */
export class DirectoryReader {
  readonly #readDirectories: ReadDirectories;
  readonly #known = new Map<DirectoryId, Directory>([[EMPTY_DIRECTORY, emptyDirectory]]);
  readonly #waiting = new Map<DirectoryId, Waiting>();

  constructor(readDirectories: ReadDirectories) {
    this.#readDirectories = readDirectories;
  }

  /** @returns the directory at once when it was read or added before */
  read(id: DirectoryId): Directory | Promise<Directory> {
    const known = this.#known.get(id);
    if (known) return known;
    const earlier = this.#waiting.get(id);
    if (earlier) return earlier.promise;
    // Everything that can run runs before the event loop turns: by then all branches have asked.
    if (this.#waiting.size === 0) setImmediate(() => this.#fetch());
    const waiting = new Waiting();
    this.#waiting.set(id, waiting);
    return waiting.promise;
  }

  /** Makes a directory known that was made here. */
  add(directory: Directory): void {
    this.#known.set(directory.id, directory);
  }

  async #fetch(): Promise<void> {
    const wanted = new Map(this.#waiting);
    this.#waiting.clear();
    try {
      const found = await this.#readDirectories([...wanted.keys()]);
      for (const [id, waiting] of wanted) {
        const directory = found.get(id);
        if (directory) {
          this.#known.set(id, directory);
          waiting.resolve(directory);
        } else waiting.reject(new TypeError(`directory ${id} was asked for and not given`));
      }
    } catch (error) {
      for (const waiting of wanted.values()) waiting.reject(error);
    }
  }
}
