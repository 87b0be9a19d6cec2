import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { StorageFiles } from './files.ts';

/** A part of a file that is sent piece by piece (seafile-api E.6). */
export interface Chunk {
  readonly start: number;
  /** Of the whole file. */
  readonly total: number;
}

/** Whose file the pieces belong to. The real server mixes users' pieces of one path; here each account has its own. */
export interface ChunkedFile {
  readonly library: string;
  readonly account: string;
  readonly path: string;
}

/** Files that are being uploaded in pieces: kept on disk until their last piece has come. */
export class ChunkStore {
  readonly #files: StorageFiles;
  readonly #folder: string;
  readonly #received = new Map<string, number>();

  constructor(files: StorageFiles, folder: string) {
    this.#files = files;
    this.#folder = folder;
    // Links do not survive a restart, so that nobody can go on with what was begun before.
    files.fs.rmSync(folder, { recursive: true, force: true });
    files.fs.mkdirSync(folder, { recursive: true });
  }

  /** How many bytes of a file have come; 0 when none. */
  received(file: ChunkedFile): number {
    return this.#received.get(keyOf(file)) ?? 0;
  }

  /** Opens a file to put a piece in its place. */
  async open(file: ChunkedFile, chunk: Chunk): Promise<ChunkWriter> {
    const key = keyOf(file);
    const path = join(this.#folder, key);
    const isFirst = chunk.start === 0;
    if (isFirst) this.#received.set(key, 0);
    const handle = await this.#files.fs.promises.open(path, isFirst ? 'w+' : 'a+');
    await handle.close();
    const writing = await this.#files.fs.promises.open(path, 'r+');
    return new ChunkWriter(writing, chunk.start, (end) => this.#received.set(key, end));
  }

  /** The whole file, and then it is gone. */
  async *take(file: ChunkedFile): AsyncGenerator<Buffer> {
    const key = keyOf(file);
    const path = join(this.#folder, key);
    try {
      for await (const bytes of this.#files.fs.createReadStream(path, { highWaterMark: 1 << 20 })) yield bytes;
    } finally {
      this.#received.delete(key);
      this.#files.fs.rmSync(path, { force: true });
    }
  }
}

function keyOf({ library, account, path }: ChunkedFile): string {
  return createHash('sha1').update(`${library}\0${account}\0${path}`).digest('hex');
}

/** Writes one piece. */
export class ChunkWriter {
  readonly #handle: FileHandle;
  readonly #done: (end: number) => void;
  #position: number;

  constructor(handle: FileHandle, start: number, done: (end: number) => void) {
    this.#handle = handle;
    this.#position = start;
    this.#done = done;
  }

  async write(bytes: Buffer): Promise<void> {
    let offset = 0;
    while (offset < bytes.length) {
      const { bytesWritten } = await this.#handle.write(bytes, offset, bytes.length - offset, this.#position);
      offset += bytesWritten;
      this.#position += bytesWritten;
    }
  }

  /** @returns where the piece ends */
  async end(): Promise<number> {
    await this.#handle.close();
    this.#done(this.#position);
    return this.#position;
  }

  async abort(): Promise<void> {
    await this.#handle.close();
  }
}
