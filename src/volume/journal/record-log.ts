import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { flushFiles } from '../threads/flush-thread.ts';

/**
 * A small durable map from keys to JSON values: an append-only file of checksummed transactions.
 *
 * A transaction is handed to the operating system before `write` returns, so it survives the death of the process. It
 * survives a power cut when it was followed by `sync`. What was not may be lost then, but only from the end: a
 * transaction that is cut short or torn fails its checksum and is dropped with all that follows. (A page store such as
 * LMDB can give one of the two: with a flush for each commit, 280 µs each as measured, or without, and then a power cut
 * can tear it.)
 *
 * The disk may well have kept transactions that were not synced, and lost the files they tell of. So the log also keeps
 * up to where everything had reached the disk, and the kernel's boot it was written under: when the machine was started
 * anew since, what comes after is dropped.
 */
export class RecordLog {
  readonly #path: string;
  readonly #header: string;
  readonly #boot: string | null;
  readonly #records = new Map<string, string>();
  #fd: number;
  #bytes: number;
  #liveBytes = 0;
  /** Up to where the log can be relied on after a power cut; bytes from the start of the file. */
  #safeBytes: number;
  #unsynced = false;

  private constructor(path: string, header: string, boot: string | null, fd: number) {
    this.#path = path;
    this.#header = header;
    this.#boot = boot;
    this.#fd = fd;
    this.#bytes = header.length;
    this.#safeBytes = header.length;
  }

  /**
   * Opens a log, or makes it.
   *
   * @param path   file; its folder must exist
   * @param format name and version of what is kept in it; a file of another version is refused
   * @param boot   names the time since the machine was started, the same for all processes; null when it is not known:
   *               then power cuts are not told from other ends
   * @throws LogFormatError when the file is of another format
   */
  static open(path: string, format: string, boot: string | null = null): RecordLog {
    const header = `seamount ${format}\n`;
    const bytes = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
    const firstLine = bytes.subarray(0, Math.max(0, bytes.indexOf(10)) + 1).toString('latin1');
    // A power cut right after the file was made can leave it empty: nothing was promised then.
    if (bytes.length > 0 && firstLine !== header) throw new LogFormatError(path, header.trim(), firstLine.trim());
    const log = new RecordLog(path, header, boot, openSync(path, 'a', 0o600));
    if (bytes.length === 0) {
      log.#append(Buffer.from(header), 0);
      fsyncSync(log.#fd);
      syncFolder(path);
    } else log.#takeUp(bytes);
    return log;
  }

  /** All records, in no order that matters. */
  *entries(): Generator<readonly [key: string, value: unknown]> {
    for (const [key, value] of this.#records) yield [key, JSON.parse(value)];
  }

  /** Where the next transaction goes. */
  get position(): number {
    return this.#bytes;
  }

  /**
   * Changes records, all of them or none.
   *
   * @param changes values by key; undefined takes the record away
   * @throws the disk's error; nothing is changed then
   */
  write(changes: ReadonlyMap<string, unknown>): void {
    if (changes.size === 0) return;
    const texts: [string, string | null][] = [];
    for (const [key, value] of changes) texts.push([key, value === undefined ? null : JSON.stringify(value)]);
    this.#append(encodeRecords(texts), this.#bytes);
    for (const [key, value] of texts) this.#apply(key, value);
  }

  /**
   * Makes all that was written durable against a power cut.
   *
   * @param safe position before which transactions tell of nothing that a power cut can lose: files they name were
   *             flushed before. All of them unless told
   */
  sync(safe: number = this.#bytes): void {
    this.#markSafe(safe);
    if (this.#unsynced) fdatasyncSync(this.#fd);
    this.#unsynced = false;
    this.#compactIfWorthIt();
  }

  /** As `sync`, on the flushing thread. Not to be called again, nor `close`, before it is done. */
  async flush(safe: number = this.#bytes): Promise<void> {
    this.#markSafe(safe);
    if (this.#unsynced) {
      this.#unsynced = false;
      try {
        await flushFiles([this.#fd]);
      } catch (error) {
        this.#unsynced = true;
        throw error;
      }
    }
    this.#compactIfWorthIt();
  }

  close(): void {
    closeSync(this.#fd);
    // What is written later fails, instead of going to whatever file has the number then.
    this.#fd = -1;
  }

  /** Takes up what an earlier process wrote. */
  #takeUp(bytes: Buffer): void {
    const whole = readFrames(bytes, this.#header.length);
    const hasRestarted = this.#boot !== null && whole.boot !== null && whole.boot !== this.#boot;
    const kept = hasRestarted ? readFrames(bytes.subarray(0, whole.safe), this.#header.length) : whole;
    for (const [key, value] of kept.records) this.#apply(key, value);
    if (kept.end < bytes.length) ftruncateSync(this.#fd, kept.end);
    this.#bytes = kept.end;
    this.#safeBytes = kept.safe;
    // The note that told how far the log is safe stood in what was dropped.
    if (hasRestarted) this.#markSafe(kept.end);
    if (this.#boot !== null && kept.boot !== this.#boot) this.#append(encodeNote(`boot ${this.#boot}`), this.#bytes);
    // Until it is flushed again, what an earlier process wrote is as unsafe as it was.
    this.#unsynced = true;
  }

  #markSafe(position: number): void {
    if (position <= this.#safeBytes) return;
    // Told as a distance, which stays right when the log is compacted.
    const after = this.#bytes - position;
    this.#append(encodeNote(`safe ${after}`), this.#bytes);
    this.#safeBytes = after === 0 ? this.#bytes : position;
  }

  /** @param at where the log ends: what was written of a frame that did not fit is taken back */
  #append(frame: Buffer, at: number): void {
    try {
      for (let done = 0; done < frame.length; ) done += writeSync(this.#fd, frame, done);
    } catch (error) {
      ftruncateSync(this.#fd, at);
      throw error;
    }
    this.#bytes = at + frame.length;
    this.#unsynced = true;
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

  #compactIfWorthIt(): void {
    if (this.#safeBytes > COMPACT_ABOVE_BYTES && this.#bytes > 8 * this.#liveBytes) this.#compact();
  }

  /**
   * Writes a fresh file and puts it in place of the log; a crash leaves one or the other. The safe part becomes one
   * transaction; what follows it is copied as it is.
   */
  #compact(): void {
    const bytes = readFileSync(this.#path);
    const safe = readFrames(bytes.subarray(0, this.#safeBytes), this.#header.length);
    const start = Buffer.concat([
      Buffer.from(this.#header),
      ...(this.#boot === null ? [] : [encodeNote(`boot ${this.#boot}`)]),
      ...(safe.records.size === 0 ? [] : [encodeRecords([...safe.records])]),
      encodeNote('safe 0'),
    ]);
    const fresh = `${this.#path}.new`;
    rmSync(fresh, { force: true });
    const fd = openSync(fresh, 'ax', 0o600);
    try {
      const all = Buffer.concat([start, bytes.subarray(this.#safeBytes, this.#bytes)]);
      for (let done = 0; done < all.length; ) done += writeSync(fd, all, done);
      fsyncSync(fd);
      renameSync(fresh, this.#path);
      closeSync(this.#fd);
      this.#fd = fd;
      this.#bytes = all.length;
      this.#safeBytes = start.length;
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    syncFolder(this.#path);
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

function encodeRecords(changes: readonly (readonly [string, string | null])[]): Buffer {
  return encode(changes.map(([key, value]) => `${JSON.stringify(key)}:${value ?? 'null'}`).join('\n'));
}

/** Something about the log itself: no record begins like this. */
function encodeNote(text: string): Buffer {
  return encode(`# ${text}`);
}

function encode(body: string): Buffer {
  const length = Buffer.byteLength(body);
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + length);
  frame.write(body, FRAME_HEADER_BYTES);
  frame.writeUInt32LE(length, 0);
  frame.writeUInt32LE(crc32(frame.subarray(FRAME_HEADER_BYTES)), 4);
  return frame;
}

const KEY_AND_VALUE = /^("(?:[^"\\]|\\.)*"):(.*)$/s;
const NOTE = /^# (boot|safe) (\S+)$/;

interface Frames {
  readonly records: Map<string, string>;
  /** Where the first transaction that is not whole and sound begins. */
  end: number;
  safe: number;
  boot: string | null;
}

/** Reads whole, sound transactions. */
function readFrames(bytes: Buffer, from: number): Frames {
  const frames: Frames = { records: new Map(), end: from, safe: from, boot: null };
  while (frames.end + FRAME_HEADER_BYTES <= bytes.length) {
    const at = frames.end;
    const length = bytes.readUInt32LE(at);
    const body = bytes.subarray(at + FRAME_HEADER_BYTES, at + FRAME_HEADER_BYTES + length);
    if (length === 0 || body.length < length || crc32(body) !== bytes.readUInt32LE(at + 4)) break;
    frames.end = at + FRAME_HEADER_BYTES + length;
    for (const line of body.toString('utf8').split('\n')) readLine(line, at, frames);
  }
  return frames;
}

function readLine(line: string, at: number, frames: Frames): void {
  const note = NOTE.exec(line);
  if (note?.[1] === 'boot') frames.boot = note[2] ?? null;
  else if (note?.[1] === 'safe') frames.safe = note[2] === '0' ? frames.end : at - Number(note[2]);
  const parts = KEY_AND_VALUE.exec(line);
  if (parts === null) return;
  const key: unknown = JSON.parse(parts[1] ?? '""');
  if (typeof key !== 'string') return;
  if (parts[2] === 'null') frames.records.delete(key);
  else frames.records.set(key, parts[2] ?? '');
}

/** A name in a folder is durable only when the folder is. */
function syncFolder(path: string): void {
  const fd = openSync(dirname(path), 'r');
  fsyncSync(fd);
  closeSync(fd);
}
