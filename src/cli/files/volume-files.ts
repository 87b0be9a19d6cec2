import { randomBytes } from 'node:crypto';
import path from 'node:path/posix';
import { absolutePath, parseInside } from '../../drive/index.ts';
import { errnoOf } from '../errors.ts';
import type { FileAttributes, FileContent, FileInfo, SpaceFiles } from './space-files.ts';

/** Bytes that are read or written at once. */
const CHUNK_BYTES = 1024 * 1024;

/** The part of `fs.promises` that is used. */
export interface FileOperations {
  stat(path: string): Promise<FileStats>;
  readdir(path: string): Promise<string[]>;
  mkdir(path: string, options: { readonly recursive: boolean }): Promise<string | undefined>;
  rename(from: string, to: string): Promise<void>;
  rm(path: string, options: { readonly recursive: boolean; readonly force: boolean }): Promise<void>;
  rmdir(path: string): Promise<void>;
  utimes(path: string, atimeSeconds: number, mtimeSeconds: number): Promise<void>;
  chmod(path: string, mode: number): Promise<void>;
  open(path: string, flags: string): Promise<OpenedFile>;
}

interface FileStats {
  readonly size: number;
  readonly mtimeMs: number;
  readonly mode: number;
  isDirectory(): boolean;
}

interface OpenedFile {
  stat(): Promise<FileStats>;
  read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ readonly bytesRead: number }>;
  write(data: Uint8Array, offset: number, length: number, position: number): Promise<{ readonly bytesWritten: number }>;
  close(): Promise<void>;
}

/** What is needed of the volume besides its files. */
export interface VolumeAround {
  /** Waits for the server. */
  sync(): Promise<void>;
  /** Called once, by `close`. */
  close(): Promise<void>;
  sentBytes(): number | null;
}

/** The files of an open volume. */
export class VolumeFiles implements SpaceFiles {
  readonly #fs: FileOperations;
  readonly #volume: VolumeAround;

  constructor(fs: FileOperations, volume: VolumeAround) {
    this.#fs = fs;
    this.#volume = volume;
  }

  async stat(path: string): Promise<FileInfo> {
    return info('.', await this.#fs.stat(inside(path)));
  }

  async list(path: string, { recursive }: { readonly recursive: boolean }): Promise<readonly FileInfo[]> {
    const top = inside(path);
    const stats = await this.#fs.stat(top);
    if (!stats.isDirectory()) return [info('.', stats)];
    const found: FileInfo[] = [];
    await this.#listInto(top, '', recursive, found);
    return found;
  }

  async read(path: string): Promise<FileContent> {
    const file = await this.#fs.open(inside(path), 'r');
    try {
      const stats = await file.stat();
      if (stats.isDirectory()) throw systemError('EISDIR', 'illegal operation on a directory', 'read', path);
      return { info: info('.', stats), chunks: readAll(file) };
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async write(target: string, chunks: AsyncIterable<Uint8Array>, attributes: FileAttributes): Promise<void> {
    const whole = inside(target);
    const old = await this.#statOrNull(whole);
    if (old?.isDirectory() === true || whole === '/') {
      throw systemError('EISDIR', 'illegal operation on a directory', 'open', target);
    }
    const staging = path.join(path.dirname(whole), `.seamount-${randomBytes(6).toString('hex')}.part`);
    try {
      await this.#writeAll(staging, chunks);
      const permissions = attributes.permissions ?? (old === null ? undefined : old.mode & 0o777);
      if (permissions !== undefined) await this.#fs.chmod(staging, permissions);
      if (attributes.mtimeMs !== undefined) {
        const seconds = attributes.mtimeMs / 1000;
        await this.#fs.utimes(staging, seconds, seconds);
      }
      await this.#fs.rename(staging, whole);
    } catch (error) {
      await this.#fs.rm(staging, { recursive: false, force: true });
      throw error;
    }
  }

  async mkdir(path: string, { parents }: { readonly parents: boolean }): Promise<void> {
    await this.#fs.mkdir(inside(path), { recursive: parents });
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#fs.rename(inside(from), inside(to));
  }

  async remove(
    path: string,
    { recursive, force }: { readonly recursive: boolean; readonly force: boolean },
  ): Promise<void> {
    const whole = inside(path);
    if (whole === '/') throw systemError('EBUSY', 'the space itself is removed by seamount space remove', 'rm', path);
    await this.#fs.rm(whole, { recursive, force });
  }

  sync(): Promise<void> {
    return this.#volume.sync();
  }

  sentBytes(): number | null {
    return this.#volume.sentBytes();
  }

  close(): Promise<void> {
    return this.#volume.close();
  }

  async #listInto(directory: string, prefix: string, recursive: boolean, found: FileInfo[]): Promise<void> {
    const names = (await this.#fs.readdir(directory)).sort();
    for (const name of names) {
      const stats = await this.#statOrNull(path.join(directory, name));
      // Removed by somebody since the folder was listed.
      if (stats === null) continue;
      found.push(info(prefix + name, stats));
      if (recursive && stats.isDirectory()) {
        await this.#listInto(path.join(directory, name), `${prefix}${name}/`, recursive, found);
      }
    }
  }

  async #statOrNull(path: string): Promise<FileStats | null> {
    try {
      return await this.#fs.stat(path);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return null;
      throw error;
    }
  }

  async #writeAll(target: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const file = await this.#fs.open(target, 'wx');
    let position = 0;
    try {
      for await (const chunk of chunks) {
        for (let at = 0; at < chunk.length; ) {
          const { bytesWritten } = await file.write(chunk, at, Math.min(chunk.length - at, CHUNK_BYTES), position);
          at += bytesWritten;
          position += bytesWritten;
        }
      }
    } finally {
      await file.close();
    }
  }
}

async function* readAll(file: OpenedFile): AsyncGenerator<Uint8Array> {
  try {
    for (let position = 0; ; ) {
      // A buffer of its own for each piece: the caller may still be sending the last one.
      const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
      const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, position);
      if (bytesRead === 0) return;
      position += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

/** Never leads out of the space: `..` is refused. */
function inside(path: string): string {
  return absolutePath(parseInside(path));
}

function info(path: string, stats: FileStats): FileInfo {
  const directory = stats.isDirectory();
  return {
    path,
    kind: directory ? 'directory' : 'file',
    size: directory ? 0 : stats.size,
    mtimeMs: stats.mtimeMs,
    permissions: stats.mode & 0o777,
  };
}

function systemError(code: string, text: string, syscall: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${text}, ${syscall} '${path}'`), { code, syscall, path });
}
