import { describe, expect, test } from 'vitest';
import { HeadPoll, type Timers } from '../../../src/library/watch/index.ts';
import { type CommitId, commitId, type LibraryId, libraryId } from '../../../src/seafile/index.ts';

const ONE = libraryId('00000000-0000-4000-8000-000000000001');
const TWO = libraryId('00000000-0000-4000-8000-000000000002');
const head = (digit: string): CommitId => commitId(digit.repeat(40));

/** Timers that fire when a test says so. */
class HandTimers implements Timers {
  readonly waits: number[] = [];
  #work: (() => void) | null = null;

  after(ms: number, work: () => void): () => void {
    this.waits.push(ms);
    this.#work = work;
    return () => {
      this.#work = null;
    };
  }

  get pending(): boolean {
    return this.#work !== null;
  }

  /** Fires what is pending, and lets its answer arrive. */
  async fire(): Promise<void> {
    const work = this.#work;
    this.#work = null;
    work?.();
    await new Promise(setImmediate);
  }
}

function start() {
  const timers = new HandTimers();
  const asked: LibraryId[][] = [];
  const server: { heads: Map<LibraryId, CommitId>; fails: boolean } = { heads: new Map(), fails: false };
  const poll = new HeadPoll({
    timers,
    readHeads: async (libraries) => {
      asked.push([...libraries]);
      if (server.fails) throw new Error('offline');
      return server.heads;
    },
  });
  return { poll, timers, asked, server };
}

describe('the head poll', () => {
  test('asks nothing while nothing is watched', async () => {
    const { poll, timers, asked } = start();
    expect(timers.pending).toBe(false);
    poll.watch(ONE, () => {})();
    expect(timers.pending).toBe(false);
    expect(asked).toEqual([]);
  });

  test('asks for all libraries in one request, each interval, and tells each its own', async () => {
    const { poll, timers, asked, server } = start();
    const told: string[] = [];
    poll.watch(ONE, (id) => told.push(`one ${id[0]}`));
    const stop = poll.watch(TWO, (id) => told.push(`two ${id[0]}`));
    server.heads = new Map([
      [ONE, head('a')],
      [TWO, head('b')],
    ]);
    await timers.fire();
    stop();
    await timers.fire();
    expect(asked).toEqual([[ONE, TWO], [ONE]]);
    expect(told).toEqual(['one a', 'two b', 'one a']);
    expect(timers.waits).toEqual([2000, 2000, 2000]);
  });

  test('asks less and less often while the server does not answer, and again as before when it does', async () => {
    const { poll, timers, server } = start();
    poll.watch(ONE, () => {});
    server.fails = true;
    for (let round = 0; round < 7; round++) await timers.fire();
    server.fails = false;
    await timers.fire();
    expect(timers.waits).toEqual([2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000, 2000]);
  });

  test('asks at once when told to', async () => {
    const { poll, asked, timers } = start();
    poll.watch(ONE, () => {});
    poll.pollNow();
    await new Promise(setImmediate);
    expect(asked).toEqual([[ONE]]);
    expect(timers.waits).toEqual([2000, 2000]);
  });

  test('asks nothing after it was closed', async () => {
    const { poll, timers, asked } = start();
    poll.watch(ONE, () => {});
    poll.close();
    poll.watch(TWO, () => {});
    poll.pollNow();
    await timers.fire();
    expect(asked).toEqual([]);
    expect(timers.pending).toBe(false);
  });
});
