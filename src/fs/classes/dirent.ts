import { constants } from 'node:fs';
import type { NodeKind } from '../../volume/index.ts';

const {
  UV_DIRENT_BLOCK,
  UV_DIRENT_CHAR,
  UV_DIRENT_DIR,
  UV_DIRENT_FIFO,
  UV_DIRENT_FILE,
  UV_DIRENT_LINK,
  UV_DIRENT_SOCKET,
  // In Node since 10.10, in its type declarations not.
} = constants as typeof constants & Readonly<Record<`UV_DIRENT_${string}`, number>>;

const kinds: Readonly<Record<NodeKind, number>> = {
  file: UV_DIRENT_FILE ?? 1,
  directory: UV_DIRENT_DIR ?? 2,
  symlink: UV_DIRENT_LINK ?? 3,
  fifo: UV_DIRENT_FIFO ?? 4,
  socket: UV_DIRENT_SOCKET ?? 5,
  'character-device': UV_DIRENT_CHAR ?? 6,
  'block-device': UV_DIRENT_BLOCK ?? 7,
};

/** `fs.Dirent`: a name in a directory and what it stands for. */
export class Dirent<N extends string | Buffer = string> {
  name: N;
  /** The directory, as the caller named it. */
  parentPath: string;
  /** The older name of `parentPath`, which Node 24 drops. */
  path: string;
  readonly #type: number;

  constructor(name: N, type: number, path: string) {
    this.name = name;
    this.parentPath = path;
    this.path = path;
    this.#type = type;
  }

  isDirectory(): boolean {
    return this.#type === UV_DIRENT_DIR;
  }
  isFile(): boolean {
    return this.#type === UV_DIRENT_FILE;
  }
  isBlockDevice(): boolean {
    return this.#type === UV_DIRENT_BLOCK;
  }
  isCharacterDevice(): boolean {
    return this.#type === UV_DIRENT_CHAR;
  }
  isSymbolicLink(): boolean {
    return this.#type === UV_DIRENT_LINK;
  }
  isFIFO(): boolean {
    return this.#type === UV_DIRENT_FIFO;
  }
  isSocket(): boolean {
    return this.#type === UV_DIRENT_SOCKET;
  }
}

export function direntOf<N extends string | Buffer>(name: N, kind: NodeKind, parentPath: string): Dirent<N> {
  return new Dirent(name, kinds[kind], parentPath);
}
