import { andThen, type MaybePromise, VolumeError, type VolumeNode, type VolumeOperations } from '../../volume/index.ts';
import { EXECUTE, type Permissions } from './permissions.ts';

const SLASH = 0x2f;

/** Bytes of a path, without the terminating NUL that a kernel counts too. */
const PATH_MAX = 4095;

/** Links that Linux follows in one path. */
const MAX_LINKS = 40;

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
   * The node that a path names. The root is where relative paths begin, and where links with an absolute target lead:
   * no link leads out of the volume.
   *
   * @param follow whether a link at the end stands for what it leads to
   * @throws VolumeError ENOENT, ENOTDIR, ELOOP, EACCES, ENAMETOOLONG
   */
  find(path: string, follow = true): MaybePromise<VolumeNode> {
    checkPath(path);
    return this.#walk(new Route(path, this.#volume.root, follow));
  }

  /** The directory a path leads to and the last name, which may not exist. A link at the end is not followed. */
  findPlace(path: string): MaybePromise<Place> {
    return this.#findPlace(path, this.#volume.root, 0);
  }

  /** As `findPlace`, but where a link stands at the end the place that it leads to. */
  findPlaceBehindLinks(path: string): MaybePromise<Place> {
    return this.#behindLinks(path, this.#volume.root, 0);
  }

  #behindLinks(path: string, from: VolumeNode, links: number): MaybePromise<Place> {
    return andThen(this.#findPlace(path, from, links), (place) => {
      const { name, parent } = place;
      if (name === null) return place;
      return andThen(this.#lookup(parent, name), (node) => {
        if (node?.kind !== 'symlink') return place;
        if (links >= MAX_LINKS) throw tooManyLinks(path);
        return this.#behindLinks(this.#volume.readlink(node), parent, links + 1);
      });
    });
  }

  #lookup(parent: VolumeNode, name: string): MaybePromise<VolumeNode | null> {
    return absentAsNull(() => this.#volume.lookup(parent, name));
  }

  #findPlace(path: string, from: VolumeNode, links: number): MaybePromise<Place> {
    checkPath(path);
    let end = path.length;
    while (end > 0 && path.charCodeAt(end - 1) === SLASH) end--;
    const start = path.lastIndexOf('/', end - 1) + 1;
    const last = end === 0 ? '' : path.slice(start, end);
    const name = last === '' || last === '.' || last === '..' ? null : last;
    const directoryOnly = end < path.length;
    const route = new Route(
      end === 0 ? '' : path.slice(0, start),
      path.startsWith('/') ? this.#volume.root : from,
      true,
    );
    route.links = links;
    return andThen(this.#walk(route), (parent) => {
      if (parent.kind !== 'directory') throw notDirectory(path);
      if (this.#searches) this.#permissions.require(parent, EXECUTE);
      return { parent, name, last, directoryOnly };
    });
  }

  /** Goes along the names of a route, as far as that can be done without waiting, and further when it was waited. */
  #walk(route: Route): MaybePromise<VolumeNode> {
    for (;;) {
      const { path, at, node } = route;
      const nameStart = skipSlashes(path, at);
      if (nameStart >= path.length) {
        if (nameStart > at && node.kind !== 'directory') throw notDirectory(path);
        return node;
      }
      if (node.kind !== 'directory') throw notDirectory(path);
      if (this.#searches) this.#permissions.require(node, EXECUTE);
      const slash = path.indexOf('/', nameStart);
      route.at = slash < 0 ? path.length : slash;
      const name = path.slice(nameStart, route.at);
      if (name === '.') continue;
      if (name === '..') {
        route.node = this.#volume.parent(node);
        continue;
      }
      const next = this.#volume.lookup(node, name);
      if (next instanceof Promise) {
        return next.then((found) => {
          this.#step(route, found);
          return this.#walk(route);
        });
      }
      this.#step(route, next);
    }
  }

  /** Goes on to what a name stands for; to where it leads, if it is a link on the way. */
  #step(route: Route, found: VolumeNode): void {
    const isLast = route.at === route.path.length;
    if (found.kind !== 'symlink' || (isLast && !route.follow)) {
      route.node = found;
      return;
    }
    route.links += 1;
    if (route.links > MAX_LINKS) throw tooManyLinks(route.path);
    const target = this.#volume.readlink(found);
    if (target.startsWith('/')) route.node = this.#volume.root;
    route.path = target + route.path.slice(route.at);
    route.at = 0;
  }
}

/** A walk under way. */
class Route {
  /** What is left to go begins at `at`. */
  path: string;
  at = 0;
  node: VolumeNode;
  readonly follow: boolean;
  /** Links followed so far. */
  links = 0;

  constructor(path: string, from: VolumeNode, follow: boolean) {
    this.path = path;
    this.node = from;
    this.follow = follow;
  }
}

function skipSlashes(path: string, at: number): number {
  let next = at;
  while (next < path.length && path.charCodeAt(next) === SLASH) next++;
  return next;
}

function checkPath(path: string): void {
  if (path === '') throw new VolumeError('ENOENT', 'the path is empty');
  // A UTF-16 unit is at most three bytes of UTF-8: most paths need no exact count.
  if (path.length * 3 > PATH_MAX && Buffer.byteLength(path) > PATH_MAX) {
    throw new VolumeError('ENAMETOOLONG', `the path is longer than ${PATH_MAX} bytes`);
  }
}

function tooManyLinks(path: string): VolumeError {
  return new VolumeError('ELOOP', `${path}: more than ${MAX_LINKS} links are on the way`);
}

/** Turns ENOENT into null. */
export function absentAsNull<T>(look: () => MaybePromise<T>): MaybePromise<T | null> {
  const orNull = (error: unknown): null => {
    if (error instanceof VolumeError && error.code === 'ENOENT') return null;
    throw error;
  };
  try {
    const found = look();
    return found instanceof Promise ? found.catch(orNull) : found;
  } catch (error) {
    return orNull(error);
  }
}

function notDirectory(path: string): VolumeError {
  return new VolumeError('ENOTDIR', `${path}: a name on the way is no directory`);
}
