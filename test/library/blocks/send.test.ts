import { describe, expect, test } from 'vitest';
import { BlockSender, type PlannedFile, planFile } from '../../../src/library/blocks/index.ts';
import { type BlockId, hashBlock, type RawBlock, SeafileError } from '../../../src/seafile/index.ts';
import { blocksOf, MemoryContent, noise } from './contents.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/** A server's blocks, and the requests it got. */
class Blocks {
  readonly stored = new Map<BlockId, Uint8Array>();
  readonly requests: string[] = [];
  inFlight = 0;
  mostInFlight = 0;
  raw: 'sent' | 'unsupported' = 'sent';

  readonly sync = {
    checkBlocks: async (ids: readonly BlockId[]) => {
      this.requests.push(`check ${ids.length}`);
      return new Set(ids.filter((id) => !this.stored.has(id)));
    },
    putBlock: async (id: BlockId, bytes: Uint8Array) => {
      this.requests.push(`put ${bytes.byteLength}`);
      this.inFlight += bytes.byteLength;
      this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
      await new Promise(setImmediate);
      this.inFlight -= bytes.byteLength;
      this.stored.set(id, bytes);
    },
  };

  readonly rawUpload = {
    upload: async (blocks: readonly RawBlock[]) => {
      this.requests.push(`raw ${blocks.length}`);
      if (this.raw === 'sent') for (const { id, bytes } of blocks) this.stored.set(id, bytes);
      return this.raw;
    },
  };

  sender(raw = true): BlockSender {
    return new BlockSender({ sync: this.sync, raw: raw ? this.rawUpload : null });
  }

  holds({ content, blocks }: PlannedFile): boolean {
    return blocks.every(({ id, offset, size }) => {
      const bytes = this.stored.get(id);
      return (
        bytes !== undefined &&
        hashBlock(bytes) === id &&
        Buffer.compare(bytes, contentBytes(content, offset, size)) === 0
      );
    });
  }
}

function contentBytes(content: PlannedFile['content'], offset: number, size: number): Uint8Array {
  const bytes = content.read(offset, size);
  if (bytes instanceof Promise) throw new Error('a content in memory answers at once');
  return bytes;
}

const plan = (bytes: Uint8Array, base: MemoryContent['base'] = null) => planFile(new MemoryContent(bytes, base));

describe('sending blocks', () => {
  test('takes a thousand small files along in one go', async () => {
    const server = new Blocks();
    const files = await Promise.all(Array.from({ length: 1000 }, (_, number) => plan(noise(`f${number}`, KIB))));
    expect(await server.sender().send(files)).toEqual(new Map());
    expect(server.requests).toEqual(['check 1000', 'raw 1000']);
    expect(files.every((file) => server.holds(file))).toBe(true);
  });

  test('goes one by one where there is no other way, and remembers that', async () => {
    const server = new Blocks();
    server.raw = 'unsupported';
    const sender = server.sender();
    const files = await Promise.all(Array.from({ length: 12 }, (_, number) => plan(noise(`f${number}`, KIB))));
    await sender.send(files.slice(0, 6));
    await sender.send(files.slice(6));
    expect(server.requests.filter((request) => request.startsWith('raw'))).toEqual(['raw 6']);
    expect(server.requests.filter((request) => request === 'put 1024')).toHaveLength(12);
    expect(files.every((file) => server.holds(file))).toBe(true);
  });

  test('sends nothing that is there, and asks for kept blocks too', async () => {
    const server = new Blocks();
    const before = noise('base', 4000);
    const spans = blocksOf(before, [2000, 2000]);
    for (const { id, offset, size } of spans) server.stored.set(id, before.slice(offset, offset + size));
    const after = before.slice();
    after[10] = 1;
    const file = await plan(after, { blocks: spans, dirty: [{ offset: 10, length: 1 }] });
    await server.sender().send([file]);
    expect(server.requests).toEqual(['check 2', 'put 2000']);
    // The kept one is collected on the server: it is sent from here.
    server.stored.delete(spans[1]?.id as BlockId); // there are two
    server.requests.length = 0;
    await server.sender().send([file]);
    expect(server.requests).toEqual(['check 2', 'put 2000']);
    expect(server.holds(file)).toBe(true);
  });

  test('holds no more than 64 MiB at once', async () => {
    const server = new Blocks();
    // Blocks of a base version may have any size; here the server has lost them all.
    const bytes = noise('large', 120 * MIB);
    const files = [await plan(bytes, { blocks: blocksOf(bytes, [40 * MIB, 40 * MIB, 40 * MIB]), dirty: [] })];
    await server.sender().send(files);
    expect(server.mostInFlight).toBeLessThanOrEqual(64 * MIB);
    expect(files.every((file) => server.holds(file))).toBe(true);
  });

  test('names the files whose bytes failed or changed, and completes the others', async () => {
    const server = new Blocks();
    const contents = ['a', 'b', 'c'].map((seed) => new MemoryContent(noise(seed, KIB)));
    const [changed, unreadable, fine] = contents as [MemoryContent, MemoryContent, MemoryContent]; // three
    const files = await Promise.all(contents.map((content) => planFile(content)));
    changed.bytes = noise('other', KIB);
    unreadable.read = () => {
      throw new Error('disk failed');
    };
    const failures = await server.sender().send(files);
    expect([...failures.keys()]).toEqual([changed, unreadable]);
    expect(failures.get(unreadable)).toMatchObject({ message: 'disk failed' });
    expect(files.filter(({ content }) => content === fine).every((file) => server.holds(file))).toBe(true);
  });

  test('fails as a whole when the server fails', async () => {
    const server = new Blocks();
    server.sync.putBlock = async () => {
      throw new SeafileError('server-failed', 'no');
    };
    await expect(server.sender(false).send([await plan(noise('a', KIB))])).rejects.toMatchObject({
      kind: 'server-failed',
    });
  });
});
