import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DriveError } from '../../src/drive/errors.ts';
import { absolutePath, formatSpace, parseInside, parseSpace } from '../../src/drive/space-path.ts';

const ID = '0d95e9a1-3f5b-4a7e-9d2e-2c2f8f1f3a77';

describe('a space is written', () => {
  test.each([
    ['users/7a1c', { library: { kind: 'default' }, folder: ['users', '7a1c'] }],
    ['7a1c', { library: { kind: 'default' }, folder: ['7a1c'] }],
    ['lib:Data', { library: { kind: 'name', name: 'Data' }, folder: [] }],
    ['lib:My Library/a b/c', { library: { kind: 'name', name: 'My Library' }, folder: ['a b', 'c'] }],
    [`lib:${ID}/x`, { library: { kind: 'id', id: ID }, folder: ['x'] }],
    [`lib:${ID.toUpperCase()}/x`, { library: { kind: 'id', id: ID }, folder: ['x'] }],
    ['cafe\u0301', { library: { kind: 'default' }, folder: ['caf\u00e9'] }],
    ['...', { library: { kind: 'default' }, folder: ['...'] }],
  ])('as %j', (text, address) => {
    expect(parseSpace(text)).toEqual(address);
  });

  test('and back to the same text', () => {
    for (const text of ['users/7a1c', 'lib:Data', 'lib:Data/x/y', `lib:${ID}/x`]) {
      expect(formatSpace(parseSpace(text))).toBe(text);
    }
  });
});

describe('a space is refused', () => {
  test.each([
    ['', /needs a folder/],
    ['/users', /empty name/],
    ['users/', /empty name/],
    ['users//7a1c', /empty name/],
    ['..', /'\.\.' is not allowed/],
    ['users/../other', /'\.\.' is not allowed/],
    ['users/.', /'\.' is not allowed/],
    ['lib:', /name or the id of a library/],
    ['lib:/users', /name or the id of a library/],
    ['lib:Data/', /empty name/],
    ['lib:Data/../x', /'\.\.' is not allowed/],
    ['a\u0000b', /U\+0000/],
    ['a\nb', /U\+000A/],
    ['a\\b', /backslash/],
    ['a\ud800b', /not valid Unicode/],
    ['x'.repeat(256), /longer than 255 bytes/],
    ['ä'.repeat(128), /longer than 255 bytes/],
    ['aaaa/'.repeat(900).slice(0, -1), /longer than 4096 bytes/],
  ])('when written %j', (text, message) => {
    expect(() => parseSpace(text)).toThrow(DriveError);
    expect(() => parseSpace(text)).toThrow(message);
  });

  test('with a message of one line, however the path looks', () => {
    try {
      parseSpace(`a\n${'b'.repeat(9000)}`);
      expect.unreachable();
    } catch (error) {
      expect(String(error)).not.toContain('\n');
      expect(String(error).length).toBeLessThan(300);
    }
  });
});

describe('a path inside a space', () => {
  test('may start with a slash, and is the space itself when empty', () => {
    expect(parseInside('/a/b')).toEqual(['a', 'b']);
    expect(parseInside('a/b')).toEqual(['a', 'b']);
    expect(parseInside('/')).toEqual([]);
    expect(parseInside('')).toEqual([]);
  });

  test('never leads out of it', () => {
    const piece = fc.constantFrom('..', '.', '', 'a', '%2e%2e', 'b c', '...');
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 6 }), (pieces) => {
        const path = pieces.join('/');
        let names: readonly string[];
        try {
          names = parseInside(path);
        } catch (error) {
          expect(error).toBeInstanceOf(DriveError);
          return;
        }
        const whole = absolutePath(['users', 'alice', ...names]);
        expect(new URL(whole.replaceAll('%', '%25'), 'http://x').pathname.startsWith('/users/alice')).toBe(true);
        expect(names).not.toContain('..');
      }),
    );
  });
});
