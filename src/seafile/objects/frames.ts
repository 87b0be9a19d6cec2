/**
 * The framing of pack-fs and recv-fs (seafile-api G.2): records of a 40-byte ASCII id, a big-endian 32-bit length and
 * that many bytes of zlib-compressed object, one after the other.
 */

/** One record: an object as stored, still compressed. */
export interface Frame {
  readonly id: string;
  readonly compressed: Uint8Array;
}

const HEADER_BYTES = 44;

export function encodeFrame(frame: Frame): Uint8Array {
  const record = Buffer.allocUnsafe(HEADER_BYTES + frame.compressed.byteLength);
  record.write(frame.id, 0, 40, 'latin1');
  record.writeUInt32BE(frame.compressed.byteLength, 40);
  record.set(frame.compressed, HEADER_BYTES);
  return record;
}

/**
 * @param bytes whole records
 * @throws RangeError when the last record is cut short
 */
export function* decodeFrames(bytes: Uint8Array): Generator<Frame> {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let offset = 0;
  while (offset < view.length) {
    if (offset + HEADER_BYTES > view.length) throw new RangeError(`object record cut short at byte ${offset}`);
    const id = view.toString('latin1', offset, offset + 40);
    const length = view.readUInt32BE(offset + 40);
    const end = offset + HEADER_BYTES + length;
    if (end > view.length)
      throw new RangeError(`object ${id} cut short: ${view.length - offset - HEADER_BYTES} of ${length} bytes`);
    yield { id, compressed: view.subarray(offset + HEADER_BYTES, end) };
    offset = end;
  }
}
