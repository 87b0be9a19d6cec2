import { describe, expect, it } from 'vitest';
import {
  blockId,
  EMPTY_DIRECTORY,
  EMPTY_FILE,
  encodeDirectory,
  encodeFile,
  hashBlock,
} from '../../../src/seafile/objects/index.ts';

const fileOf = (...blocks: Uint8Array[]): string =>
  encodeFile(
    blocks.map(hashBlock),
    blocks.reduce((bytes, block) => bytes + block.length, 0),
  ).id;

describe('ids that a real server gave', () => {
  it.each([
    ['hello', 'aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d', 'dd3a0982f29f04079c4e365cbf5fce4c9af775c2'],
    ['one', 'fe05bcdcdc4928012781a5f1a2a77cbb5398e106', '5390711ab44a922d7e2b4e348fe756012c6f14ce'],
    ['two', null, '6338a10a7cd1291862045fb00161e9521e50674d'],
    ['x', null, '391f58e1d4132f78731caa6964204ca2011768e7'],
  ])('content %j', (content, block, file) => {
    if (block !== null) expect(hashBlock(Buffer.from(content))).toBe(block);
    expect(fileOf(Buffer.from(content))).toBe(file);
  });

  it('nine mebibytes of x in blocks of eight', () => {
    const blocks = [Buffer.alloc(8 * 1024 * 1024, 'x'), Buffer.alloc(1024 * 1024, 'x')];
    expect(blocks.map(hashBlock)).toEqual([
      '6dbacd8dcf33c1e6d03d2688ff35a97d3b45986f',
      'e37f4d5be56713044d62525e406d250a722647d6',
    ]);
    expect(fileOf(...blocks)).toBe('93b00a447d5b6f8e5585ae14e9f9e2b27fdb0b98');
  });

  it('a file without blocks and a directory without entries have the zero id and no text', () => {
    expect(encodeFile([], 0)).toEqual({ id: EMPTY_FILE, text: new Uint8Array() });
    expect(encodeDirectory([])).toEqual({ id: EMPTY_DIRECTORY, text: new Uint8Array() });
  });
});

describe('ids', () => {
  it.each(['', 'abc', 'A'.repeat(40), `${'a'.repeat(40)} `, 'g'.repeat(40)])('%j is refused', (text) => {
    expect(() => blockId(text)).toThrow(TypeError);
  });
});
