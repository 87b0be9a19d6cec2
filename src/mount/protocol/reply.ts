/** struct fuse_out_header, in bytes. */
export const REPLY_HEADER_BYTES = 16;

const HIGH_WORD = 2 ** 32;

/**
 * The reply area: the one place where answers are written before they are sent.
 *
 * An answer is written and sent without anything in between, so one area serves all. Offsets are counted from the end
 * of the header; bodies start at a multiple of 8 bytes, as all of the protocol's structures do.
 */
export class Reply {
  readonly #bytes: Buffer;
  readonly #words: Uint32Array;
  /** Bytes that a body may have. */
  readonly capacity: number;

  /** @param offset of the area in the memory, a multiple of 8 */
  constructor(memory: ArrayBuffer, offset: number, length: number) {
    this.#bytes = Buffer.from(memory, offset, length);
    this.#words = new Uint32Array(memory, offset, length >>> 2);
    this.capacity = length - REPLY_HEADER_BYTES;
  }

  /**
   * Writes the header.
   *
   * @param bodyBytes bytes that follow, from this area or from elsewhere
   * @param error     errno, 0 for success
   * @returns bytes of header and body
   */
  header(uniqueLow: number, uniqueHigh: number, bodyBytes: number, error: number): number {
    const words = this.#words;
    const length = REPLY_HEADER_BYTES + bodyBytes;
    words[0] = length;
    words[1] = -error;
    words[2] = uniqueLow;
    words[3] = uniqueHigh;
    return length;
  }

  u32(offset: number, value: number): void {
    this.#words[(REPLY_HEADER_BYTES + offset) >>> 2] = value;
  }

  u16(offset: number, value: number): void {
    this.#bytes.writeUInt16LE(value, REPLY_HEADER_BYTES + offset);
  }

  /** A 64-bit number within ±2^53; negative ones in two's complement. */
  u64(offset: number, value: number): void {
    const at = (REPLY_HEADER_BYTES + offset) >>> 2;
    const words = this.#words;
    words[at] = value;
    words[at + 1] = Math.floor(value / HIGH_WORD);
  }

  /**
   * Writes a name in UTF-8, without a terminator.
   *
   * @returns its bytes
   */
  name(offset: number, name: string): number {
    return this.#bytes.write(name, REPLY_HEADER_BYTES + offset, 'utf8');
  }

  zero(offset: number, length: number): void {
    const start = REPLY_HEADER_BYTES + offset;
    this.#bytes.fill(0, start, start + length);
  }
}
