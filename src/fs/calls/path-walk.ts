import { type MaybePromise, VolumeError, type VolumeNode, type VolumeOperations } from '../../volume/index.ts';
import { EXECUTE, type Permissions } from './permissions.ts';

const SLASH = 0x2f;

/** Bytes of a path, without the terminating NUL that a kernel counts too. */
const PATH_MAX = 4095;

/** Where a name is to be made, removed or replaced. */
export interface Place {
  readonly parent: VolumeNode;
  /** The last name of the path; null where that is the root, `.` or `..`: these stand for a directory already. */
  readonly name: string | null;
  /** The last name as the path has it: '' for the root. */
  readonly last: string;
  /** The path ends with a slash: it can name a directory only. */
  readonly directoryOnly: boolean;
}

/** From paths to nodes, as the kernel resolves them. */
export class PathWalk {
  readonly #volume: VolumeOperations;
  readonly #permissions: Permissions;
  readonly #searches: boolean;

  /** @param searches whether directories on the way are checked for the right to search them */
  constructor(volume: VolumeOperations, permissions: Permissions, searches: boolean) {
    this.#volume = volume;
    this.#permissions = permissions;
    this.#searches = searches;
  }

  /**
   * The node that a path names. The root is where relative paths begin.
   *
   * @throws VolumeError ENOENT, ENOTDIR, EACCES, ENAMETOOLONG
   */
  find(path: string): MaybePromise<VolumeNode> {
    checkPath(path);
    return this.#walk(path, this.#volume.root, 0, path.length);
  }

  /** The directory a path leads to and the last name, which may not exist. */
  findPlace(path: string): MaybePromise<Place> {
    checkPath(path);
    let end = path.length;
    while (end > 0 && path.charCodeAt(end - 1) === SLASH) end--;
    const start = path.lastIndexOf('/', end - 1) + 1;
    const last = end === 0 ? '' : path.slice(start, end);
    const name = last === '' || last === '.' || last === '..' ? null : last;
    const directoryOnly = end < path.length;
    const found = this.#walk(path, this.#volume.root, 0, end === 0 ? 0 : start);
    const place = (parent: VolumeNode): Place => {
      if (parent.kind !== 'directory') throw notDirectory(path);
      if (this.#searches) this.#permissions.require(parent, EXECUTE);
      return { parent, name, last, directoryOnly };
    };
    return found instanceof Promise ? found.then(place) : place(found);
  }

  /** Goes from `node` along the names between two positions of the path. */
  #walk(path: string, from: VolumeNode, start: number, stop: number): MaybePromise<VolumeNode> {
    let node = from;
    let at = start;
    for (;;) {
      const nameStart = skipSlashes(path, at, stop);
      if (nameStart >= stop) {
        if (nameStart > at && node.kind !== 'directory') throw notDirectory(path);
        return node;
      }
      if (node.kind !== 'directory') throw notDirectory(path);
      if (this.#searches) this.#permissions.require(node, EXECUTE);
      const slash = path.indexOf('/', nameStart);
      const nameEnd = slash < 0 || slash > stop ? stop : slash;
      const name = path.slice(nameStart, nameEnd);
      at = nameEnd;
      if (name === '.') continue;
      if (name === '..') {
        node = this.#volume.parent(node);
        continue;
      }
      const next = this.#volume.lookup(node, name);
      if (next instanceof Promise) return next.then((found) => this.#walk(path, found, nameEnd, stop));
      node = next;
    }
  }
}

function skipSlashes(path: string, at: number, stop: number): number {
  let next = at;
  while (next < stop && path.charCodeAt(next) === SLASH) next++;
  return next;
}

function checkPath(path: string): void {
  if (path === '') throw new VolumeError('ENOENT', 'the path is empty');
  // A UTF-16 unit is at most three bytes of UTF-8: most paths need no exact count.
  if (path.length * 3 > PATH_MAX && Buffer.byteLength(path) > PATH_MAX) {
    throw new VolumeError('ENAMETOOLONG', `the path is longer than ${PATH_MAX} bytes`);
  }
}

function notDirectory(path: string): VolumeError {
  return new VolumeError('ENOTDIR', `${path}: a name on the way is no directory`);
}
