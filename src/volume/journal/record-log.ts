import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { flushFiles } from '../threads/flush-thread.ts';

/**
 * A small durable map from keys to JSON values: an append-only file of checksummed transactions.
 *
 * A transaction is handed to the operating system before `write` returns, so it survives the death of the process; it
 * survives a power cut after `sync`. Everything unsynced may be lost then, but only from the end: a transaction that
 * is cut short or torn fails its checksum and is dropped with all that follows. (A page store such as LMDB can give
 * one of the two: with a flush for each commit, 280 µs each as measured, or without, and then a power cut can tear it.)
 */
export class RecordLog {
  readonly #path: string;
  readonly #header: string;
  readonly #records: Map<string, string>;
  #fd: number;
  #bytes: number;
  #liveBytes: number;
  #unsynced = false;
  /** Flushes on their way: the descriptor must stay. */
  #flushes = 0;

  private constructor(path: string, header: string, fd: number, bytes: number, records: Map<string, string>) {
    this.#path = path;
    this.#header = header;
    this.#fd = fd;
    this.#bytes = bytes;
    this.#records = records;
    this.#liveBytes = 0;
    for (const [key, value] of records) this.#liveBytes += key.length + value.length;
  }

  /**
   * Opens a log, or makes it.
   *
   * @param path   file; its folder must exist
   * @param format name and version of what is kept in it; a file of another version is refused
   * @throws LogFormatError when the file is of another format
   */
  static open(path: string, format: string): RecordLog {
    const header = `seamount ${format}\n`;
    if (!existsSync(path)) {
      const fd = openSync(path, 'ax', 0o600);
      writeSync(fd, header);
      fsyncSync(fd);
      syncFolder(path);
      return new RecordLog(path, header, fd, header.length, new Map());
    }
    const bytes = readFileSync(path);
    const firstLine = bytes.subarray(0, Math.max(0, bytes.indexOf(10)) + 1).toString('latin1');
    // A power cut right after the file was made can leave it empty: nothing was promised then.
    if (bytes.length > 0 && firstLine !== header) throw new LogFormatError(path, header.trim(), firstLine.trim());
    const records = new Map<string, string>();
    const good = bytes.length === 0 ? 0 : replay(bytes, header.length, records);
    const fd = openSync(path, 'r+');
    if (good < bytes.length) ftruncateSync(fd, good);
    closeSync(fd);
    const appending = openSync(path, 'a', 0o600);
    if (bytes.length === 0) writeSync(appending, header);
    return new RecordLog(path, header, appending, Math.max(good, header.length), records);
  }

  /** All records, in no order that matters. */
  *entries(): Generator<readonly [key: string, value: unknown]> {
    for (const [key, value] of this.#records) yield [key, JSON.parse(value)];
  }

  /**
   * Changes records, all of them or none.
   *
   * @param changes values by key; undefined takes the record away
   */
  write(changes: ReadonlyMap<string, unknown>): void {
    if (changes.size === 0) return;
    const texts: [string, string | null][] = [];
    for (const [key, value] of changes) texts.push([key, value === undefined ? null : JSON.stringify(value)]);
    const frame = encode(texts);
    writeSync(this.#fd, frame);
    this.#bytes += frame.length;
    this.#unsynced = true;
    for (const [key, value] of texts) this.#apply(key, value);
    const isWorthIt = this.#bytes > COMPACT_ABOVE_BYTES && this.#bytes > 8 * this.#liveBytes;
    if (isWorthIt && this.#flushes === 0) this.#compact();
  }

  /** Makes all that was written durable against a power cut. */
  sync(): void {
    if (!this.#unsynced) return;
    fdatasyncSync(this.#fd);
    this.#unsynced = false;
  }

  /** As `sync`, on the flushing thread. */
  async flush(): Promise<void> {
    if (!this.#unsynced) return;
    this.#unsynced = false;
    this.#flushes += 1;
    try {
      await flushFiles([this.#fd]);
    } catch (error) {
      this.#unsynced = true;
      throw error;
    } finally {
      this.#flushes -= 1;
    }
  }

  close(): void {
    this.sync();
    closeSync(this.#fd);
  }

  #apply(key: string, value: string | null): void {
    const old = this.#records.get(key);
    if (old !== undefined) this.#liveBytes -= key.length + old.length;
    if (value === null) this.#records.delete(key);
    else {
      this.#records.set(key, value);
      this.#liveBytes += key.length + value.length;
    }
  }

  /** Writes a fresh file with the live records and puts it in place of the log; a crash leaves one or the other. */
  #compact(): void {
    const header = Buffer.from(this.#header);
    const frame = this.#records.size === 0 ? Buffer.alloc(0) : encode([...this.#records]);
    const fresh = `${this.#path}.new`;
    const fd = openSync(fresh, 'w', 0o600);
    writeSync(fd, Buffer.concat([header, frame]));
    fsyncSync(fd);
    closeSync(fd);
    renameSync(fresh, this.#path);
    syncFolder(this.#path);
    closeSync(this.#fd);
    this.#fd = openSync(this.#path, 'a');
    this.#bytes = header.length + frame.length;
    this.#unsynced = false;
  }
}

/** A log that this version cannot read. */
export class LogFormatError extends Error {
  override readonly name = 'LogFormatError';

  constructor(path: string, wanted: string, found: string) {
    super(
      `${path} was written as "${found.slice(0, 60)}", and this version reads "${wanted}": ` +
        'use the version of seamount that wrote it, or recover what is pending with it first',
    );
  }
}

const COMPACT_ABOVE_BYTES = 1 << 20;
const FRAME_HEADER_BYTES = 8;

function encode(changes: readonly (readonly [string, string | null])[]): Buffer {
  const body = changes.map(([key, value]) => `${JSON.stringify(key)}:${value ?? 'null'}`).join('\n');
  const length = Buffer.byteLength(body);
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + length);
  frame.write(body, FRAME_HEADER_BYTES);
  frame.writeUInt32LE(length, 0);
  frame.writeUInt32LE(crc32(frame.subarray(FRAME_HEADER_BYTES)), 4);
  return frame;
}

const KEY_AND_VALUE = /^("(?:[^"\\]|\\.)*"):(.*)$/s;

/** Applies whole, sound transactions. @returns where the first one that is not begins */
function replay(bytes: Buffer, from: number, records: Map<string, string>): number {
  let at = from;
  while (at + FRAME_HEADER_BYTES <= bytes.length) {
    const length = bytes.readUInt32LE(at);
    const body = bytes.subarray(at + FRAME_HEADER_BYTES, at + FRAME_HEADER_BYTES + length);
    if (length === 0 || body.length < length || crc32(body) !== bytes.readUInt32LE(at + 4)) break;
    for (const line of body.toString('utf8').split('\n')) {
      const parts = KEY_AND_VALUE.exec(line);
      if (parts === null) continue;
      const key: unknown = JSON.parse(parts[1] ?? '""');
      if (typeof key !== 'string') continue;
      if (parts[2] === 'null') records.delete(key);
      else records.set(key, parts[2] ?? '');
    }
    at += FRAME_HEADER_BYTES + length;
  }
  return at;
}

/** A name in a folder is durable only when the folder is. */
function syncFolder(path: string): void {
  const fd = openSync(dirname(path), 'r');
  fsyncSync(fd);
  closeSync(fd);
}
