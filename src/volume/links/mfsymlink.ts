import { createHash } from 'node:crypto';

/*
 * A symbolic link as a small file: the convention of "Minshall+French symlinks" that CIFS clients share. Other clients
 * of Seafile see a harmless text of always the same size:
 *
 *     XSym\n  LENGTH (4 digits)\n  MD5 OF THE TARGET (32 hex digits)\n  TARGET  \n  spaces up to 1067 bytes
 */

/** Bytes of every link file. */
export const LINK_BYTES = 1067;
/** The longest target that fits, in bytes of UTF-8. */
export const LINK_TARGET_MAX_BYTES = 1024;

const MAGIC = 'XSym\n';
const HEADER_BYTES = MAGIC.length + 5 + 33;
const HEADER = /^XSym\n(\d{4})\n([0-9a-f]{32})\n$/;
const NEWLINE = 10;
const SPACE = 32;

/**
 * The content of a link file.
 *
 * @param target at most {@link LINK_TARGET_MAX_BYTES} of UTF-8, not empty
 */
export function encodeLink(target: string): Uint8Array {
  const bytes = Buffer.from(target);
  const length = String(bytes.length).padStart(4, '0');
  const file = Buffer.alloc(LINK_BYTES, SPACE);
  file.write(`${MAGIC}${length}\n${md5(bytes)}\n`, 'latin1');
  file.set(bytes, HEADER_BYTES);
  // A target of full length fills the file: the line end after it has no place then.
  if (HEADER_BYTES + bytes.length < LINK_BYTES) file[HEADER_BYTES + bytes.length] = NEWLINE;
  return file;
}

/** @returns where a link file leads; null for anything that is not well-formed to the last byte */
export function decodeLink(file: Uint8Array): string | null {
  if (file.byteLength !== LINK_BYTES) return null;
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const header = HEADER.exec(bytes.toString('latin1', 0, HEADER_BYTES));
  const length = Number(header?.[1] ?? 0);
  if (header === null || length === 0 || length > LINK_TARGET_MAX_BYTES) return null;
  const target = bytes.subarray(HEADER_BYTES, HEADER_BYTES + length);
  const rest = bytes.subarray(HEADER_BYTES + length);
  if (rest.length > 0 && rest[0] !== NEWLINE) return null;
  if (rest.subarray(1).some((byte) => byte !== SPACE)) return null;
  if (target.includes(0) || md5(target) !== header[2]) return null;
  const text = target.toString();
  // What is not UTF-8 does not come back as it was.
  return Buffer.from(text).equals(target) ? text : null;
}

function md5(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex');
}
