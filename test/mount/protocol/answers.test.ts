import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeAttributesReply } from '../../../src/mount/protocol/attributes.ts';
import { direntBytes, writeDirent, writeDirentPlus } from '../../../src/mount/protocol/dirent.ts';
import { ENTRY_BYTES, writeEntry, writeMissingEntry, writeOpened } from '../../../src/mount/protocol/entry.ts';
import { NotificationWriter } from '../../../src/mount/protocol/notification.ts';
import { REPLY_HEADER_BYTES, Reply } from '../../../src/mount/protocol/reply.ts';
import type { Attributes } from '../../../src/volume/index.ts';
import { Message } from './message.ts';

const AREA = 4096;
const OFFSET = 64;

/** Writes into an area full of what was there before, and gives the bytes back. */
function written(write: (reply: Reply) => number): Buffer {
  const memory = new ArrayBuffer(OFFSET + AREA);
  Buffer.from(memory).fill(0xaa);
  const length = write(new Reply(memory, OFFSET, AREA));
  return Buffer.from(memory, OFFSET + REPLY_HEADER_BYTES, length);
}

const attributes: Attributes = {
  ino: 2 ** 52 + 1,
  kind: 'file',
  permissions: 0o640,
  nlink: 3,
  device: 0,
  size: 2 ** 40 + 513,
  mtime: { seconds: 1_700_000_000, nanoseconds: 123_456_789 },
  ctime: { seconds: 2 ** 33, nanoseconds: 1 },
  atime: { seconds: -2, nanoseconds: 999_999_999 },
  birthtime: { seconds: 0, nanoseconds: 0 },
};
const owner = { uid: 1000, gid: 100 };

function attrStruct(mode: number): Message {
  return new Message()
    .u64(attributes.ino)
    .u64(attributes.size)
    .u64(2 ** 31 + 2)
    .u64(-2)
    .u64(1_700_000_000)
    .u64(2 ** 33)
    .u32(999_999_999)
    .u32(123_456_789)
    .u32(1)
    .u32(mode)
    .u32(3)
    .u32(1000)
    .u32(100)
    .u32(0)
    .u32(4096)
    .u32(0);
}

describe('an answer', () => {
  it('begins with its length, its error and the number of the request', () => {
    const memory = new ArrayBuffer(AREA);
    const reply = new Reply(memory, 0, AREA);
    expect(reply.header(6, 256, 0, 2)).toBe(16);
    expect(Buffer.from(memory, 0, 16)).toEqual(
      new Message()
        .u32(16)
        .u32(-2)
        .u64(256 * 2 ** 32 + 6).body,
    );
  });

  it('tells attributes and how long they hold', () => {
    const expected = new Message().u64(1).u32(500_000_000).u32(0).bytes(attrStruct(0o100640).body).body;
    expect(written((reply) => writeAttributesReply(reply, attributes, owner, 1.5))).toEqual(expected);
  });

  it('tells a node with its name and attributes', () => {
    const validity = { entrySeconds: 86_400, attributesSeconds: 0.25 };
    const expected = new Message()
      .u64(9)
      .u64(0)
      .u64(86_400)
      .u64(0)
      .u32(0)
      .u32(250_000_000)
      .bytes(attrStruct(0o040640).body);
    const directory: Attributes = { ...attributes, kind: 'directory' };
    expect(written((reply) => writeEntry(reply, 0, 9, directory, owner, validity))).toEqual(expected.body);
  });

  it('tells that a name is missing with node 0, and how long that holds', () => {
    const bytes = written((reply) => writeMissingEntry(reply, { entrySeconds: 5, attributesSeconds: 7 }));
    expect(bytes.length).toBe(ENTRY_BYTES);
    expect(bytes.readBigUInt64LE(0)).toBe(0n);
    expect(bytes.readBigUInt64LE(16)).toBe(5n);
  });

  it('tells the handle of an open file', () => {
    expect(written((reply) => writeOpened(reply, 0, 77, 2))).toEqual(new Message().u64(77).u32(2).u32(0).body);
  });
});

describe('a directory entry', () => {
  const item = { name: 'größe', kind: 'file', ino: 12 } as const;

  it('has its name in UTF-8, filled up with zeros to a multiple of 8 bytes', () => {
    const name = Buffer.from('größe');
    const expected = new Message().u64(12).u64(3).u32(name.length).u32(8).bytes(name).bytes(Buffer.alloc(1)).body;
    expect(written((reply) => writeDirent(reply, 0, AREA - 16, 3, item))).toEqual(expected);
  });

  it('follows its node in the long form', () => {
    const bytes = written((reply) => {
      reply.zero(0, ENTRY_BYTES);
      return writeDirentPlus(reply, 0, AREA - 16, 3, item);
    });
    expect(bytes.length).toBe(ENTRY_BYTES + 32);
    expect(bytes.readBigUInt64LE(ENTRY_BYTES)).toBe(12n);
  });

  it('is written exactly when it fits', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 80 }), fc.nat(600), (name, limit) => {
        const needed = direntBytes(Buffer.byteLength(name));
        const bytes = written((reply) => writeDirent(reply, 0, limit, 1, { name, kind: 'directory', ino: 1 }));
        expect(bytes.length).toBe(needed <= limit ? needed : 0);
      }),
    );
  });
});

describe('a notification', () => {
  const writer = new NotificationWriter();
  const bytes = (length: number) => Buffer.from(writer.message.subarray(0, length));

  it('invalidates attributes alone with a negative offset', () => {
    const expected = new Message()
      .u32(40)
      .u32(2)
      .u64(0)
      .u64(2 ** 33 + 1)
      .u64(-1)
      .u64(0).body;
    expect(bytes(writer.attributes(2 ** 33 + 1))).toEqual(expected);
  });

  it('invalidates all pages from offset 0', () => {
    expect(bytes(writer.content(5))).toEqual(new Message().u32(40).u32(2).u64(0).u64(5).u64(0).u64(0).body);
  });

  it('invalidates a name in a directory', () => {
    const name = 'ä'.repeat(127);
    const expected = new Message()
      .u32(16 + 16 + 255)
      .u32(3)
      .u64(0)
      .u64(5)
      .u32(254)
      .u32(0)
      .name(name).body;
    expect(bytes(writer.entry(5, name))).toEqual(expected);
  });
});
