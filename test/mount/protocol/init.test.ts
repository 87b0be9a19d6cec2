import { describe, expect, it } from 'vitest';
import { readInit, writeInit } from '../../../src/mount/protocol/init.ts';
import { REPLY_HEADER_BYTES, Reply } from '../../../src/mount/protocol/reply.ts';
import { Request } from '../../../src/mount/protocol/request.ts';
import { Message, requestBytes } from './message.ts';

/** All flags that a kernel could offer. */
const EVERYTHING = 0xffffffff;
const ASYNC_DIO = 1 << 15;
const WRITEBACK_CACHE = 1 << 16;
const AUTO_INVAL_DATA = 1 << 12;
const MAX_PAGES = 1 << 22;
const BIG_WRITES = 1 << 5;
const INIT_EXT = 1 << 30;

function answerTo(body: Buffer): Buffer {
  const memory = new ArrayBuffer(8192);
  const bytes = requestBytes({ opcode: 26 }, body);
  bytes.copy(Buffer.from(memory));
  const request = new Request(memory);
  request.turnTo(0, bytes.length);
  const length = writeInit(new Reply(memory, 4096, 4096), readInit(request));
  return Buffer.from(memory, 4096 + REPLY_HEADER_BYTES, length);
}

describe('INIT', () => {
  const answer = answerTo(new Message().u32(7).u32(45).u32(131_072).u32(EVERYTHING).u32(EVERYTHING).body);
  const flags = answer.readUInt32LE(12);

  it('is answered in 64 bytes, in version 7', () => {
    expect(answer.length).toBe(64);
    expect(answer.readUInt32LE(0)).toBe(7);
  });

  it('asks for requests of 1 MiB', () => {
    expect(flags & MAX_PAGES).not.toBe(0);
    expect(flags & BIG_WRITES).not.toBe(0);
    expect(answer.readUInt32LE(20)).toBe(1 << 20);
    expect(answer.readUInt16LE(28)).toBe(256);
  });

  it('leaves off what would make reads uninterruptible or caches inexact', () => {
    expect(flags & (ASYNC_DIO | WRITEBACK_CACHE | AUTO_INVAL_DATA)).toBe(0);
  });

  it('keeps times to the nanosecond', () => {
    expect(answer.readUInt32LE(24)).toBe(1);
  });

  it('takes nothing that was not offered', () => {
    const modest = answerTo(new Message().u32(7).u32(31).u32(131_072).u32(BIG_WRITES).body);
    expect(modest.readUInt32LE(12)).toBe(BIG_WRITES);
    expect(modest.readUInt32LE(32)).toBe(0);
  });

  it('reads the second half of the flags only where the kernel says that it is there', () => {
    const memory = new ArrayBuffer(4096);
    const request = new Request(memory);
    const offered = (low: number, body: Message) => {
      const bytes = requestBytes({ opcode: 26 }, new Message().u32(7).u32(45).u32(0).u32(low).bytes(body.body).body);
      bytes.copy(Buffer.from(memory));
      request.turnTo(0, bytes.length);
      return readInit(request).flags2;
    };
    expect(offered(INIT_EXT, new Message().u32(5))).toBe(5);
    expect(offered(0, new Message().u32(5))).toBe(0);
    expect(offered(INIT_EXT, new Message())).toBe(0);
  });
});
