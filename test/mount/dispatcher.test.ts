import { constants } from 'node:os';
import { beforeEach, describe, expect, it } from 'vitest';
import { Dispatcher } from '../../src/mount/dispatcher.ts';
import { Invalidations } from '../../src/mount/invalidations.ts';
import { Lookups } from '../../src/mount/lookups.ts';
import { Passthrough } from '../../src/mount/passthrough.ts';
import { Opcode } from '../../src/mount/protocol/opcodes.ts';
import { Session } from '../../src/mount/session.ts';
import {
  type Attributes,
  type OpenFile,
  VolumeError,
  type VolumeNode,
  type VolumeOperations,
} from '../../src/volume/index.ts';
import { Message, requestBytes } from './protocol/message.ts';

const { EINTR, EIO, ENODEV, ENOENT, ENOSYS, ESTALE } = constants.errno;
const LAYOUT = { slotCount: 3, slotBytes: 8192, replyBytes: 8192 };
/** A process that does not exist: its signals are taken for deadly. */
const GONE = 2 ** 22 + 1;

const root: VolumeNode = { id: 1, ino: 1, kind: 'directory' };
const node: VolumeNode = { id: 2, ino: 2, kind: 'file' };
const epoch = { seconds: 0, nanoseconds: 0 };
const attributes: Attributes = {
  ...node,
  permissions: 0o644,
  nlink: 1,
  device: 0,
  size: 0,
  mtime: epoch,
  ctime: epoch,
  atime: epoch,
  birthtime: epoch,
};

interface Answer {
  readonly unique: number;
  readonly errno: number;
  readonly body: Buffer;
}

/** A channel whose other end is the test. */
class TestChannel {
  readonly buffer = new ArrayBuffer(LAYOUT.slotCount * LAYOUT.slotBytes + LAYOUT.replyBytes);
  readonly answers: Answer[] = [];
  /** What sending gives, once. */
  status = 0;

  send(length: number): number {
    return this.#sent(Buffer.from(Buffer.from(this.buffer, LAYOUT.slotCount * LAYOUT.slotBytes, length)));
  }

  sendWithData(length: number, data: Uint8Array): number {
    const header = Buffer.from(this.buffer, LAYOUT.slotCount * LAYOUT.slotBytes, length);
    return this.#sent(Buffer.concat([header, data]));
  }

  replyFromFile(): number {
    return -EIO;
  }

  #sent(message: Buffer): number {
    const { status } = this;
    this.status = 0;
    if (status !== 0) return status;
    expect(message.readUInt32LE(0)).toBe(message.length);
    const unique = Number(message.readBigUInt64LE(8));
    this.answers.push({ unique, errno: Math.abs(message.readInt32LE(4)), body: message.subarray(16) });
    return 0;
  }
}

describe('the dispatcher', () => {
  let channel: TestChannel;
  let operations: Partial<VolumeOperations>;
  let dispatcher: Dispatcher;
  let session: Session;
  let logged: string[];
  let released: OpenFile[];
  const turns = async () => {
    for (let i = 0; i < 5; i++) await Promise.resolve();
  };

  beforeEach(() => {
    channel = new TestChannel();
    logged = [];
    released = [];
    operations = {};
    const basis: Partial<VolumeOperations> = {
      root,
      readOnly: false,
      events: { onChange: () => () => {} },
      node: (id) => [root, node].find((known) => known.id === id),
      retain: () => {},
      forget: () => {},
      getattr: () => attributes,
      open: (opened, flags) => ({ node: opened, flags, keepCache: true }),
      release: (file) => {
        released.push(file);
      },
    };
    const volume = new Proxy(basis, { get: (_, name) => Reflect.get(operations, name) ?? Reflect.get(basis, name) });
    // Each test brings the operations that it calls.
    const whole = volume as VolumeOperations;
    const lookups = new Lookups(whole);
    const invalidations = new Invalidations({ notify: () => {}, mark: () => {} }, whole, lookups);
    session = new Session(whole, lookups, invalidations, {
      owner: { uid: 0, gid: 0 },
      validity: { entrySeconds: 1, attributesSeconds: 1 },
      passthrough: new Passthrough(whole, { backingOpen: () => -1, backingClose: () => 0 }, () => false, true),
    });
    dispatcher = new Dispatcher(channel, session, LAYOUT, (message) => logged.push(message));
  });

  function ask(opcode: number, body: Message = new Message(), { slot = 0, unique = 2, nodeId = 2, pid = GONE } = {}) {
    const bytes = requestBytes({ opcode, unique, nodeId, pid }, body.body);
    bytes.copy(Buffer.from(channel.buffer), slot * LAYOUT.slotBytes);
    return dispatcher.dispatch(slot, bytes.length);
  }

  function openFile(): number {
    ask(Opcode.OPEN, new Message().u32(2).u32(0));
    const answer = channel.answers.pop();
    return Number(answer?.body.readBigUInt64LE(0));
  }

  const writing = (handle: number, text: string) =>
    new Message().u64(handle).u64(0).u32(text.length).u32(0).u64(0).u32(2).u32(0).bytes(Buffer.from(text));

  it('answers at once what is at hand, and reads the next request into the same slot', () => {
    expect(ask(Opcode.GETATTR, new Message().u32(0).u32(0).u64(0))).toBe(0);
    expect(channel.answers).toMatchObject([{ unique: 2, errno: 0 }]);
    expect(channel.answers[0]?.body.length).toBe(104);
  });

  it.each([
    ['an operation it does not know', 60, ENOSYS],
    ['one that is newer than its table', 4711, ENOSYS],
  ])('answers %s with ENOSYS', (_, opcode, errno) => {
    ask(opcode);
    expect(channel.answers).toMatchObject([{ errno }]);
  });

  it('answers for a node it was not told of with ESTALE', () => {
    ask(Opcode.GETATTR, new Message().u32(0).u32(0).u64(0), { nodeId: 99 });
    expect(channel.answers).toMatchObject([{ errno: ESTALE }]);
  });

  it('answers refusals with their number, later ones too', async () => {
    operations.unlink = () => {
      throw new VolumeError('ENOENT', 'not there');
    };
    ask(Opcode.UNLINK, new Message().name('a'), { nodeId: 1 });
    operations.unlink = () => Promise.reject(new VolumeError('EIO', 'no answer'));
    ask(Opcode.UNLINK, new Message().name('a'), { nodeId: 1, unique: 4 });
    await turns();
    expect(channel.answers).toMatchObject([
      { unique: 2, errno: ENOENT },
      { unique: 4, errno: EIO },
    ]);
    expect(logged).toEqual([]);
  });

  it('answers a defect with EIO and one line in the log', () => {
    operations.getattr = () => {
      throw new TypeError('undefined is not a function');
    };
    ask(Opcode.GETATTR, new Message().u32(0).u32(0).u64(0));
    expect(channel.answers).toMatchObject([{ errno: EIO }]);
    expect(logged).toEqual(['GETATTR failed for a reason that it should not have: undefined is not a function']);
  });

  it('does not answer FORGET', () => {
    ask(Opcode.FORGET, new Message().u64(1));
    expect(channel.answers).toEqual([]);
  });

  it('remembers that a name is missing', () => {
    operations.lookup = () => {
      throw new VolumeError('ENOENT', 'not there');
    };
    ask(Opcode.LOOKUP, new Message().name('a'), { nodeId: 1 });
    expect(channel.answers[0]).toMatchObject({ errno: 0 });
    expect(channel.answers[0]?.body.readBigUInt64LE(0)).toBe(0n);
    expect(channel.answers[0]?.body.readBigUInt64LE(16)).toBe(1n);
  });

  it('lets go of a node, and of an open file, whose answer was not taken', () => {
    operations.lookup = () => node;
    channel.status = ENOENT;
    ask(Opcode.LOOKUP, new Message().name('a'), { nodeId: 1 });
    expect(session.lookups.size).toBe(0);
    channel.status = ENODEV;
    ask(Opcode.OPEN, new Message().u32(0).u32(0));
    expect([session.files.size, released.length]).toEqual([0, 1]);
    channel.status = ENOENT;
    operations.create = (_parent, _name, _permissions, flags) => ({ node, flags, keepCache: true });
    ask(Opcode.CREATE, new Message().u32(2).u32(0o644).u32(0).u32(0).name('a'), { nodeId: 1 });
    expect([session.files.size, session.lookups.size, released.length]).toEqual([0, 0, 2]);
  });

  it('answers an answer that the kernel refuses with EIO', () => {
    channel.status = constants.errno.EINVAL;
    ask(Opcode.GETATTR, new Message().u32(0).u32(0).u64(0));
    expect(channel.answers).toMatchObject([{ errno: EIO }]);
    expect(logged).toHaveLength(1);
  });

  it('keeps the slot of a write that waits, and copies the data when it is the last one', async () => {
    const handle = openFile();
    const seen: Uint8Array[] = [];
    const done: (() => void)[] = [];
    operations.write = (_file, _offset, data) => {
      seen.push(data);
      return new Promise((resolve) => done.push(() => resolve(data.length)));
    };
    const second = ask(Opcode.WRITE, writing(handle, 'first'), { slot: 0, unique: 2 });
    expect(second).not.toBe(0);
    const third = ask(Opcode.WRITE, writing(handle, 'second'), { slot: second, unique: 4 });
    expect([0, second]).not.toContain(third);
    expect(ask(Opcode.WRITE, writing(handle, 'third'), { slot: third, unique: 6 })).toBe(third);
    ask(Opcode.WRITE, writing(handle, 'fourth'), { slot: third, unique: 8 });
    expect(seen.map((data) => Buffer.from(data).toString())).toEqual(['first', 'second', 'third', 'fourth']);
    for (const finish of done) finish();
    await turns();
    expect(channel.answers.map(({ unique, body }) => [unique, body.readUInt32LE(0)])).toEqual([
      [2, 5],
      [4, 6],
      [6, 5],
      [8, 6],
    ]);
    // The slots are free again.
    expect(ask(Opcode.WRITE, writing(handle, 'fifth'), { slot: third, unique: 10 })).not.toBe(third);
  });

  it('tells a read that its caller is gone, and answers EINTR at once', async () => {
    const handle = openFile();
    let reason: unknown;
    operations.read = (_file, _offset, _length, signal) =>
      new Promise((_, reject) => {
        signal?.addEventListener('abort', () => {
          reason = signal.reason;
          reject(signal.reason);
        });
      });
    const reading = new Message().u64(handle).u64(0).u32(4096).u32(0).u64(0).u32(0).u32(0);
    ask(Opcode.READ, reading, { unique: 20 });
    expect(dispatcher.stats().pending).toBe(1);
    ask(Opcode.INTERRUPT, new Message().u64(20), { unique: 21 });
    expect(channel.answers).toMatchObject([{ unique: 20, errno: EINTR }]);
    expect(reason).toBeDefined();
    await turns();
    expect(dispatcher.stats().pending).toBe(0);
    expect(channel.answers).toHaveLength(1);
    expect(logged).toEqual([]);
  });

  it('closes what was opened for a caller who is gone', async () => {
    let finish: (file: OpenFile) => void = () => {};
    operations.open = () =>
      new Promise((resolve) => {
        finish = resolve;
      });
    ask(Opcode.OPEN, new Message().u32(0).u32(0), { unique: 30 });
    ask(Opcode.INTERRUPT, new Message().u64(30), { unique: 31 });
    const file = { node, flags: { read: true, write: false }, keepCache: true };
    finish(file);
    await turns();
    expect(released).toEqual([file]);
    expect(session.files.size).toBe(0);
  });

  it('ignores an interruption of what is answered', () => {
    ask(Opcode.INTERRUPT, new Message().u64(2), { unique: 3 });
    expect(channel.answers).toEqual([]);
  });

  it('answers EIO when a local file does not hold what it should', () => {
    const handle = openFile();
    operations.locate = (_file, position, length) => ({ fd: 99, position, length });
    const reading = new Message().u64(handle).u64(0).u32(4096).u32(0).u64(0).u32(0).u32(0);
    ask(Opcode.READ, reading);
    expect(channel.answers).toMatchObject([{ errno: EIO }]);
  });

  it('counts requests and errors', () => {
    ask(Opcode.GETATTR, new Message().u32(0).u32(0).u64(0));
    ask(Opcode.SYMLINK, new Message().name('a').name('b'));
    expect(dispatcher.stats()).toEqual({ requests: { GETATTR: 1, SYMLINK: 1 }, errors: 1, pending: 0 });
  });
});
