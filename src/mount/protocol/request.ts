import { VolumeError } from '../../volume/index.ts';

/** struct fuse_in_header, in bytes. */
export const REQUEST_HEADER_BYTES = 40;

const HIGH_WORD = 2 ** 32;

/**
 * The request that is being answered, read in place from the slot it came in.
 *
 * One object serves all requests, so that nothing is made anew for each: its values hold until the handler returns.
 * A handler that waits takes what it needs before. Offsets are counted from the end of the header.
 */
export class Request {
  readonly #bytes: Buffer;
  readonly #words: Uint32Array;
  /** Index of the first word of the header. */
  #header = 0;
  #bodyBytes = 0;

  /** @param memory the slots; requests start at multiples of 8 bytes in it */
  constructor(memory: ArrayBuffer) {
    this.#bytes = Buffer.from(memory);
    this.#words = new Uint32Array(memory);
  }

  /**
   * Turns to the request at a place in the memory.
   *
   * @param offset bytes from the start of the memory
   * @param length bytes that were read
   */
  turnTo(offset: number, length: number): void {
    this.#header = offset >>> 2;
    this.#bodyBytes = length - REQUEST_HEADER_BYTES;
  }

  get opcode(): number {
    return this.#words[this.#header + 1] as number;
  }

  /** The two halves of the number that the reply repeats. */
  get uniqueLow(): number {
    return this.#words[this.#header + 2] as number;
  }

  get uniqueHigh(): number {
    return this.#words[this.#header + 3] as number;
  }

  /** The same as one number; the kernel counts from 2 in steps of 2 and stays below 2^53 for longer than it runs. */
  get unique(): number {
    return this.uniqueLow + this.uniqueHigh * HIGH_WORD;
  }

  get nodeId(): number {
    return this.#number64(this.#header + 4);
  }

  get uid(): number {
    return this.#words[this.#header + 6] as number;
  }

  get gid(): number {
    return this.#words[this.#header + 7] as number;
  }

  /** The calling thread, 0 when it is outside our process namespace. */
  get pid(): number {
    return this.#words[this.#header + 8] as number;
  }

  /** Bytes after the header. */
  get bodyBytes(): number {
    return this.#bodyBytes;
  }

  u32(offset: number): number {
    return this.#words[this.#body(offset)] as number;
  }

  /** An unsigned 64-bit number below 2^53; what is beyond loses precision. */
  u64(offset: number): number {
    return this.#number64(this.#body(offset));
  }

  /** A signed 64-bit number within ±2^53. */
  i64(offset: number): number {
    const at = this.#body(offset);
    return (this.#words[at] as number) + ((this.#words[at + 1] as number) | 0) * HIGH_WORD;
  }

  /**
   * A place in a file.
   *
   * @throws VolumeError EFBIG beyond 2^53 bytes, where numbers would lie
   */
  position(offset: number): number {
    const value = this.u64(offset);
    if (value > Number.MAX_SAFE_INTEGER) throw new VolumeError('EFBIG', `no file reaches to byte ${value}`);
    return value;
  }

  /** Bytes of the body, in place: they change when the slot is given back. */
  data(offset: number, length: number): Uint8Array {
    const start = this.#header * 4 + REQUEST_HEADER_BYTES + offset;
    return new Uint8Array(this.#bytes.buffer, start, length);
  }

  /**
   * The zero-terminated name at an offset.
   *
   * @throws VolumeError EILSEQ when it is not UTF-8
   */
  name(offset: number): string {
    const start = this.#header * 4 + REQUEST_HEADER_BYTES + offset;
    const end = this.#nameEnd(start);
    const bytes = this.#bytes;
    for (let i = start; i < end; i++) {
      if ((bytes[i] as number) >= 0x80) return decodeName(bytes.subarray(start, end));
    }
    return bytes.toString('latin1', start, end);
  }

  /** The name at an offset and the one that follows it. */
  twoNames(offset: number): [string, string] {
    const start = this.#header * 4 + REQUEST_HEADER_BYTES + offset;
    const next = offset + (this.#nameEnd(start) - start) + 1;
    return [this.name(offset), this.name(next)];
  }

  #nameEnd(start: number): number {
    const limit = this.#header * 4 + REQUEST_HEADER_BYTES + this.#bodyBytes;
    const bytes = this.#bytes;
    let end = start;
    while (end < limit && bytes[end] !== 0) end++;
    return end;
  }

  #body(offset: number): number {
    return this.#header + ((REQUEST_HEADER_BYTES + offset) >>> 2);
  }

  #number64(index: number): number {
    return (this.#words[index] as number) + (this.#words[index + 1] as number) * HIGH_WORD;
  }
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeName(bytes: Uint8Array): string {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    // The decoder's only failure is that the bytes are not UTF-8.
    throw new VolumeError('EILSEQ', `the name ${JSON.stringify(Buffer.from(bytes).toString('latin1'))} is not UTF-8`);
  }
}
