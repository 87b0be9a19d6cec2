import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Request } from '../../../src/mount/protocol/request.ts';
import { Message, type RequestHeader, requestBytes } from './message.ts';

const SLOT = 8192;

function parse(header: RequestHeader, body?: Buffer, slot = 0): Request {
  const memory = new ArrayBuffer(2 * SLOT);
  const bytes = requestBytes(header, body);
  Buffer.from(memory).fill(0xaa);
  bytes.copy(Buffer.from(memory), slot * SLOT);
  const request = new Request(memory);
  request.turnTo(slot * SLOT, bytes.length);
  return request;
}

describe('a request', () => {
  it('tells its header, in whatever slot it is', () => {
    const header = { opcode: 15, unique: 2n ** 40n + 6n, nodeId: 2 ** 33 + 5, uid: 1000, gid: 100, pid: 4711 };
    for (const slot of [0, 1]) {
      const request = parse(header, undefined, slot);
      const { opcode, unique, nodeId, uid, gid, pid, bodyBytes } = request;
      expect({ opcode, unique, nodeId, uid, gid, pid, bodyBytes }).toEqual({
        ...header,
        unique: 2 ** 40 + 6,
        bodyBytes: 0,
      });
      expect([request.uniqueLow, request.uniqueHigh]).toEqual([6, 256]);
    }
  });

  it('reads numbers of every size', () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), fc.maxSafeNat(), fc.maxSafeInteger(), (small, large, signed) => {
        const request = parse({ opcode: 1 }, new Message().u32(small).u32(0).u64(large).u64(signed).body);
        expect([request.u32(0), request.u64(8), request.i64(16)]).toEqual([small, large, signed]);
      }),
    );
  });

  it('refuses a place in a file that a number cannot hold', () => {
    const request = parse({ opcode: 15 }, new Message().u64(2n ** 62n).body);
    expect(() => request.position(0)).toThrow('EFBIG');
  });

  it('reads names to their terminator', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), fc.string({ unit: 'grapheme' }), (first, second) => {
        fc.pre(!first.includes('\0') && !second.includes('\0'));
        const request = parse({ opcode: 12 }, new Message().u64(7).name(first).name(second).body);
        expect(request.name(8)).toBe(first);
        expect(request.twoNames(8)).toEqual([first, second]);
      }),
    );
  });

  it('keeps a byte order mark at the start of a name', () => {
    expect(parse({ opcode: 1 }, new Message().name('\ufeffname').body).name(0)).toBe('\ufeffname');
  });

  it.each([
    ['a lone continuation byte', [0x80]],
    ['Latin-1', [0x66, 0xfc, 0x72]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['a name cut in the middle of a character', [0xe2, 0x82]],
  ])('refuses a name that is not UTF-8: %s', (_, bytes) => {
    const request = parse({ opcode: 1 }, new Message().name(Uint8Array.from(bytes)).body);
    expect(() => request.name(0)).toThrow('EILSEQ');
  });

  it('does not read a name beyond the request', () => {
    const request = parse({ opcode: 1 }, new Message().bytes(Buffer.from('abc')).body);
    expect(request.name(0)).toBe('abc');
  });

  it('gives data in place', () => {
    const request = parse({ opcode: 16 }, new Message().u64(1).bytes(Buffer.from('payload')).body, 1);
    const data = request.data(8, 7);
    expect(Buffer.from(data).toString()).toBe('payload');
    expect(data.byteOffset).toBe(SLOT + 40 + 8);
  });
});
