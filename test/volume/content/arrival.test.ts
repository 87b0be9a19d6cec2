import { createHash } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BlockId } from '../../../src/seafile/index.ts';
import { Arrival } from '../../../src/volume/content/arrival.ts';
import { returnMemory, takeMemory } from '../../../src/volume/content/arrival-memory.ts';

let folder: string;
let path: string;
let fd: number;
let held: number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'arrival-'));
  path = join(folder, 'content');
  writeFileSync(path, '');
  fd = openSync(path, 'r+');
  held = 0;
});
afterEach(() => {
  closeSync(fd);
  rmSync(folder, { recursive: true });
});

const idOf = (bytes: Uint8Array): BlockId => createHash('sha1').update(bytes).digest('hex') as BlockId; // Of its form.

function arriving(size: number, position = 0, file = fd): Arrival {
  const hold = (): { fd: number; release: () => void } => {
    held += 1;
    return { fd: file, release: () => (held -= 1) };
  };
  return new Arrival({ hold, position }, size);
}

function take(arrival: Arrival, bytes: Uint8Array, step = 60_000): void {
  arrival.begin();
  for (let at = 0; at < bytes.byteLength; at += step) arrival.take(bytes.subarray(at, at + step));
}

const pattern = (size: number): Uint8Array => Uint8Array.from({ length: size }, (_, at) => (at * 7 + (at >> 8)) & 0xff);

describe.each([1, 5000, 131_072, 131_073, 3_000_000])('a block of %i bytes', (size) => {
  it('is put where it belongs when it is what its id says', async () => {
    const bytes = pattern(size);
    const arrival = arriving(size, 1234);
    take(arrival, bytes);
    expect(await arrival.store(idOf(bytes))).toBe(true);
    arrival.end();
    expect(readFileSync(path).subarray(1234).equals(bytes)).toBe(true);
    expect(held).toBe(0);
  });

  it('is not let in when it is something else, too short or too long', async () => {
    const bytes = pattern(size);
    const id = idOf(bytes);
    for (const sent of [
      bytes.map((byte) => byte ^ 1),
      bytes.subarray(1),
      Buffer.concat([bytes, bytes.subarray(0, 1)]),
    ]) {
      const arrival = arriving(size);
      take(arrival, sent);
      expect(await arrival.store(id)).toBe(false);
      arrival.end();
    }
    expect(readFileSync(path).byteLength).toBe(0);
    expect(held).toBe(0);
  });

  it('may begin again', async () => {
    const bytes = pattern(size);
    const arrival = arriving(size);
    arrival.begin();
    arrival.take(bytes.subarray(0, size >> 1).map(() => 9));
    take(arrival, bytes);
    expect(await arrival.store(idOf(bytes))).toBe(true);
    arrival.end();
    expect(readFileSync(path).equals(bytes)).toBe(true);
  });

  it('fails when the disk is full', async () => {
    const full = openSync('/dev/full', 'r+');
    const bytes = pattern(size);
    const arrival = arriving(size, 0, full);
    take(arrival, bytes);
    await expect(arrival.store(idOf(bytes))).rejects.toMatchObject({ code: 'ENOSPC' });
    arrival.end();
    closeSync(full);
    expect(held).toBe(0);
  });
});

it('blocks that are stored at once do not mix', async () => {
  const all = Array.from({ length: 12 }, (_, n) => pattern(200_000 + n).map((byte) => byte ^ n));
  await Promise.all(
    all.map(async (bytes, n) => {
      const arrival = arriving(bytes.byteLength, n * 300_000);
      take(arrival, bytes);
      expect(await arrival.store(idOf(bytes))).toBe(true);
      arrival.end();
    }),
  );
  const stored = readFileSync(path);
  for (const [n, bytes] of all.entries()) {
    expect(stored.subarray(n * 300_000, n * 300_000 + bytes.byteLength).equals(bytes)).toBe(true);
  }
});

describe('memory for blocks', () => {
  it('is used again, and never by two at once', () => {
    const first = takeMemory(8_000_000);
    const second = takeMemory(8_000_000);
    expect(second).not.toBe(first);
    returnMemory(first);
    expect(takeMemory(7_999_999)).toBe(first);
    expect(takeMemory(8_000_000)).not.toBe(first);
  });

  it('is as much as was asked for', () => {
    for (const bytes of [1, 2 ** 20, 2 ** 20 + 1, 9_437_184]) {
      expect(takeMemory(bytes).byteLength).toBeGreaterThanOrEqual(bytes);
    }
  });
});
