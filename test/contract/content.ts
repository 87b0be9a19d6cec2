import { createHash } from 'node:crypto';
import type { Content } from './recording.ts';

/** The deterministic bytes of the recordings: sha256("big:0"), sha256("big:1") and so on, joined. */
const BIG = Buffer.concat(
  Array.from({ length: Math.ceil(3_000_000 / 32) }, (_, index) => createHash('sha256').update(`big:${index}`).digest()),
).subarray(0, 3_000_000);

const sha1 = (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('hex');

/** The bytes that a recording stands for; undefined when it says nothing about them. */
export function bytesOf(content: Content): Buffer | undefined {
  if (content.text !== undefined) return Buffer.from(content.text);
  if (content.base64 !== undefined) return Buffer.from(content.base64, 'base64');
  return content.pseudoRandom && pseudoRandom(content.pseudoRandom);
}

/** A slice of the deterministic bytes: from the beginning or from the middle, whichever has the SHA-1. */
function pseudoRandom(wanted: { length: number; sha1: string }): Buffer {
  for (const start of [0, BIG.length - wanted.length]) {
    const slice = BIG.subarray(start, start + wanted.length);
    if (sha1(slice) === wanted.sha1) return slice;
  }
  throw new Error(`no slice of ${wanted.length} bytes has the SHA-1 ${wanted.sha1}`);
}
