import { closeSync, openSync, readSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadNative, type NativeChannel } from '../../src/mount/native.ts';

const { addon } = loadNative();
const SLOTS = 2;
const SLOT_BYTES = 8192;
const REPLY_BYTES = 8192;
const REPLY_AT = SLOTS * SLOT_BYTES;

/** A channel over a socket, whose other end is the test. */
describe('a channel', () => {
  let ours: number;
  let channel: NativeChannel;
  let onRequest: (slot: number, length: number) => number;
  let closed: Promise<number>;
  let marked: (marker: number) => void;
  let isOpen: boolean;
  let file: string;
  const text = (offset: number, length: number) => Buffer.from(channel.buffer, offset, length).toString();

  beforeEach(() => {
    const [theirs, mine] = addon.socketPair();
    ours = mine;
    isOpen = true;
    onRequest = (slot) => slot;
    marked = () => {};
    file = join(tmpdir(), `seamount-native-${process.pid}`);
    closed = new Promise((resolve) => {
      channel = new addon.Channel(
        theirs,
        SLOTS,
        SLOT_BYTES,
        REPLY_BYTES,
        (slot, length) => onRequest(slot, length),
        resolve,
        (marker) => marked(marker),
      );
    });
  });
  afterEach(() => {
    channel.close();
    if (isOpen) addon.closeDescriptor(ours);
    rmSync(file, { force: true });
  });

  /** Sends a request. @returns where and how long it was when it arrived */
  function request(message: string, next: (slot: number) => number): Promise<{ slot: number; length: number }> {
    return new Promise((resolve) => {
      onRequest = (slot, length) => {
        resolve({ slot, length });
        return next(slot);
      };
      writeSync(ours, message);
    });
  }

  function received(length: number): string {
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, readSync(ours, bytes)).toString();
  }

  it('reads each request into the slot that was named for it', async () => {
    expect(await request('first', () => 1)).toEqual({ slot: 0, length: 5 });
    expect(await request('second', () => 0)).toEqual({ slot: 1, length: 6 });
    expect([text(0, 5), text(SLOT_BYTES, 6)]).toEqual(['first', 'second']);
  });

  it('sends the reply area, alone or with data', () => {
    Buffer.from(channel.buffer, REPLY_AT).write('0123456789abcdefghij');
    expect(channel.send(16)).toBe(0);
    expect(received(100)).toBe('0123456789abcdef');
    expect(channel.sendWithData(4, Buffer.from('data'))).toBe(0);
    expect(received(100)).toBe('0123data');
  });

  it('sends bytes of a file as they are there, and nothing when they are not', () => {
    writeFileSync(file, 'abcdefghij');
    const fd = openSync(file, 'r');
    Buffer.from(channel.buffer, REPLY_AT).write('0123456789ABCDEF');
    expect(channel.replyFromFile(fd, 3, 4)).toBe(0);
    expect(received(100)).toBe('0123456789ABCDEFdefg');
    expect(channel.replyFromFile(fd, 8, 4)).toBe(-constants.errno.EIO);
    closeSync(fd);
    expect(channel.replyFromFile(-1, 0, 4)).toBe(-constants.errno.EBADF);
    expect(() => channel.replyFromFile(-1, 0, REPLY_BYTES)).toThrow('EMSGSIZE');
  });

  it('writes bytes of a slot to a file', async () => {
    await request('header and data', (slot) => slot);
    const fd = openSync(file, 'w+');
    expect(channel.writeToFile(0, 11, 4, fd, 2)).toBe(4);
    const bytes = Buffer.alloc(6);
    readSync(fd, bytes, 0, 6, 0);
    expect(bytes.toString()).toBe('\0\0data');
    closeSync(fd);
    expect(() => channel.writeToFile(0, SLOT_BYTES - 1, 2, 1, 0)).toThrow('EFAULT');
    expect(() => channel.writeToFile(SLOTS, 0, 1, 1, 0)).toThrow('EFAULT');
  });

  it('sends notifications in order, and tells when a marker is passed', async () => {
    const passed = new Promise<number>((resolve) => {
      marked = resolve;
    });
    channel.notify(Buffer.from('notification one'), 16, 0);
    channel.notify(Buffer.from('notification two, of which a part'), 16, 1);
    channel.mark(7);
    expect(await passed).toBe(7);
    expect(received(100)).toBe('notification onenotification two');
    expect(channel.notificationCounts()).toEqual({ sent: 2, absent: 0, failed: 0 });
  });

  it('can be closed at any time, and then refuses', () => {
    channel.notify(Buffer.alloc(16), 16, 0);
    channel.close();
    channel.close();
    expect(channel.send(16)).toBe(constants.errno.ENODEV);
  });

  it('tells why the connection ended', async () => {
    writeSync(ours, 'unread');
    onRequest = (slot) => slot;
    // What was not read when a socket closes makes the other end fail.
    channel.send(16);
    addon.closeDescriptor(ours);
    isOpen = false;
    expect(await closed).toBe(constants.errno.ECONNRESET);
  });

  it('refuses arguments of other types', () => {
    expect(() => channel.send('16' as never)).toThrow(TypeError);
    expect(() => channel.sendWithData(4, new Uint16Array(2) as never)).toThrow(TypeError);
    expect(() => channel.send.call({} as never, 16)).toThrow(TypeError);
    expect(() => channel.send(REPLY_BYTES + 1)).toThrow('EMSGSIZE');
  });
});
