import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { staysInside } from '../../../src/volume/links/containment.ts';
import { decodeLink, encodeLink, LINK_BYTES } from '../../../src/volume/links/mfsymlink.ts';

describe('a link file', () => {
  it('is laid out as CIFS clients do it', () => {
    const text = Buffer.from(encodeLink('../target')).toString();
    expect(text.trimEnd()).toBe('XSym\n0009\n8c4677b0297d2b698195c5b038b6dfe5\n../target');
    expect(text.length).toBe(LINK_BYTES);
    expect(text.slice(52)).toBe(`\n${' '.repeat(LINK_BYTES - 53)}`);
  });

  it('gives back every target up to 1024 bytes', () => {
    const targets = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 300 })
      .filter(
        (text) => !text.includes('\0') && Buffer.byteLength(text) <= 1024 && Buffer.from(text).toString() === text,
      );
    fc.assert(fc.property(targets, (target) => decodeLink(encodeLink(target)) === target));
    const longest = 'x'.repeat(1024);
    expect(encodeLink(longest).byteLength).toBe(LINK_BYTES);
    expect(decodeLink(encodeLink(longest))).toBe(longest);
  });

  it('is none when a single byte is wrong', () => {
    const sound = encodeLink('target');
    for (let at = 0; at < sound.byteLength; at++) {
      const broken = Uint8Array.from(sound);
      broken[at] = (broken[at] ?? 0) ^ 1;
      expect(decodeLink(broken), `byte ${at}`).toBeNull();
    }
    expect(decodeLink(sound.subarray(1))).toBeNull();
  });
});

describe('a link stays in the space', () => {
  it.each([
    ['file', 0],
    ['a/b/./c', 0],
    ['../file', 1],
    ['./../../x', 2],
    ['.', 0],
  ])('%s in depth %i', (target, depth) => {
    expect(staysInside(target, depth)).toBe(true);
  });

  it.each([
    ['/etc/passwd', 5],
    ['..', 0],
    ['../../x', 1],
    // `a` may itself be a link, to anywhere.
    ['a/../b', 3],
  ])('but not %s in depth %i', (target, depth) => {
    expect(staysInside(target, depth)).toBe(false);
  });
});
