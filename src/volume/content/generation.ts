import { fstatSync, ftruncateSync, readSync, writeSync } from 'node:fs';
import type { Extent } from '../../library/index.ts';
import { andThen, type MaybePromise } from '../maybe.ts';
import { ExtentSet } from './extents.ts';
import type { ContentSource, LocalRange } from './source.ts';
import type { StagedFile } from './staged-files.ts';

/**
 * A staged file: the bytes written here, on this disk, over what was there before.
 *
 * The local file is as long as the content. A *whole* generation has all its bytes there; otherwise the bytes outside
 * `dirty` and below `baseLimit` are read through from the base, and those outside and above are zeros.
 *
 * A generation is written until it is frozen for sending. From then on its bytes stay as they are, and the next write
 * starts another generation on top of it.
 */
export class Generation implements ContentSource {
  /** Names the generation in the journal; the name of its file. */
  readonly key: string;
  readonly path: string;
  /** What shows through where nothing was written; null for a whole generation. */
  base: ContentSource | null;
  /** Bytes of the base that still show; the base was cut here once if it is below its size. */
  baseLimit: number;
  readonly dirty: ExtentSet;
  #size: number;
  #frozen = false;
  readonly #fd: number;
  #unsynced = false;
  #users = 1;

  readonly #file: StagedFile;

  private constructor(file: StagedFile, size: number, base: GenerationBase | null) {
    this.path = file.path;
    this.key = file.key;
    this.#file = file;
    this.#fd = file.fd;
    this.#size = size;
    this.base = base?.source ?? null;
    this.baseLimit = base?.limit ?? 0;
    this.dirty = base?.dirty ?? new ExtentSet();
  }

  /** Starts a generation without content, or on top of a base with the base's content. */
  static create(file: StagedFile, base: ContentSource | null): Generation {
    const size = base?.size ?? 0;
    if (size > 0) ftruncateSync(file.fd, size);
    return new Generation(
      file,
      size,
      base === null ? null : { source: base, limit: base.size, dirty: new ExtentSet() },
    );
  }

  /** Takes up a generation that an earlier process left. */
  static reopen(file: StagedFile, base: GenerationBase | null): Generation {
    const generation = new Generation(file, fstatSync(file.fd).size, base);
    // Whether the process that wrote it came to flush it is not known.
    generation.#unsynced = true;
    return generation;
  }

  get size(): number {
    return this.#size;
  }

  get isFrozen(): boolean {
    return this.#frozen;
  }

  /** When the bytes were last changed, milliseconds since 1970. */
  get changedMs(): number {
    return fstatSync(this.#fd).mtimeMs;
  }

  read(offset: number, length: number, signal?: AbortSignal): MaybePromise<Uint8Array> {
    const base = this.base;
    if (base === null || this.dirty.covers(offset, length)) return this.#readLocal(offset, length);
    const bytes = new Uint8Array(length);
    const waiting: Promise<void>[] = [];
    for (const piece of this.dirty.pieces(offset, length)) {
      const at = piece.offset - offset;
      if (piece.inside) {
        bytes.set(this.#readLocal(piece.offset, piece.length), at);
        continue;
      }
      const shown = Math.min(piece.length, this.baseLimit - piece.offset);
      if (shown <= 0) continue;
      const read = base.read(piece.offset, shown, signal);
      if (read instanceof Promise) waiting.push(read.then((got) => bytes.set(got, at)));
      else bytes.set(read, at);
    }
    return waiting.length === 0 ? bytes : Promise.all(waiting).then(() => bytes);
  }

  locate(offset: number, length: number): LocalRange | null {
    return this.base === null || this.dirty.covers(offset, length) ? { fd: this.#fd, position: offset } : null;
  }

  /**
   * @returns the extent the journal has to know about, or null when the local file tells enough by itself
   */
  write(offset: number, data: Uint8Array): Extent | null {
    this.#refuseFrozen();
    this.mirror?.write(offset, data);
    return this.take(offset, data);
  }

  /** As `write`, of bytes that the mirror has. */
  take(offset: number, data: Uint8Array): Extent | null {
    this.#refuseFrozen();
    let done = 0;
    while (done < data.byteLength) {
      done += writeSync(this.#fd, data, done, data.byteLength - done, offset + done);
    }
    this.#size = Math.max(this.#size, offset + data.byteLength);
    this.#unsynced = true;
    if (this.base === null || this.dirty.covers(offset, data.byteLength)) return null;
    this.dirty.add(offset, data.byteLength);
    return { offset, length: data.byteLength };
  }

  /** Cuts, or extends with zeros. */
  truncate(size: number): void {
    this.#refuseFrozen();
    this.mirror?.truncate(size);
    ftruncateSync(this.#fd, size);
    this.dirty.truncate(size);
    this.baseLimit = Math.min(this.baseLimit, size);
    if (this.baseLimit === 0 && this.base !== null) this.#forgetBase();
    this.#size = size;
    this.#unsynced = true;
  }

  /** Where the content differs from the base. */
  *differences(): Generator<Extent> {
    const all = ExtentSet.of(this.dirty);
    all.add(this.baseLimit, this.#size - this.baseLimit);
    yield* all;
  }

  /** Fetches what shows through and writes it into the local file, so that it depends on nothing else. */
  makeWhole(signal?: AbortSignal): MaybePromise<void> {
    const base = this.base;
    if (base === null) return;
    const limit = this.baseLimit;
    return andThen(limit === 0 ? new Uint8Array() : base.read(0, limit, signal), (bytes) => {
      if (this.base !== base) return;
      for (const piece of this.dirty.pieces(0, Math.min(limit, this.baseLimit))) {
        if (!piece.inside) this.#writeLocal(piece.offset, bytes.subarray(piece.offset, piece.offset + piece.length));
      }
      this.#forgetBase();
      this.#unsynced = true;
    });
  }

  freeze(): void {
    this.#frozen = true;
  }

  /** The descriptor to flush when there are bytes that a power cut would lose; the caller tells if that failed. */
  takeUnsynced(): number | null {
    if (!this.#unsynced) return null;
    this.#unsynced = false;
    return this.#fd;
  }

  /** A flush failed: the bytes are as unsafe as before. */
  flushFailed(): void {
    this.#unsynced = true;
  }

  /** Keeps the generation for one more user: an open file, or a generation on top. */
  share(): this {
    this.#users += 1;
    return this;
  }

  /** The last user lets go of the local file. */
  release(): void {
    this.#users -= 1;
    if (this.#users > 0) return;
    if (this.base instanceof Generation) this.base.release();
    this.#file.letGo(this.adopted);
  }

  /** A file outside that is to have the same bytes: it is lent to others, who read it without asking. */
  mirror: Mirror | null = null;

  /** The content cache has the file too. */
  adopted = false;

  #forgetBase(): void {
    if (this.base instanceof Generation) this.base.release();
    this.base = null;
    this.dirty.truncate(0);
  }

  #refuseFrozen(): void {
    if (this.#frozen) throw new Error(`generation ${this.key} is being sent and must not change`);
  }

  #readLocal(offset: number, length: number): Uint8Array {
    const bytes = Buffer.allocUnsafe(length);
    let done = 0;
    while (done < length) {
      const got = readSync(this.#fd, bytes, done, length - done, offset + done);
      if (got === 0) throw new Error(`staged file ${this.path} is shorter than its ${this.#size} bytes`);
      done += got;
    }
    return bytes;
  }

  #writeLocal(offset: number, data: Uint8Array): void {
    let done = 0;
    while (done < data.byteLength) done += writeSync(this.#fd, data, done, data.byteLength - done, offset + done);
  }
}

/** What every change of a generation is told. */
export interface Mirror {
  write(offset: number, data: Uint8Array): void;
  truncate(size: number): void;
}

/** What a generation is written on. */
export interface GenerationBase {
  readonly source: ContentSource;
  readonly limit: number;
  readonly dirty: ExtentSet;
}
