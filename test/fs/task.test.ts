import { describe, expect, test } from 'vitest';
import { run, type Task, wait } from '../../src/fs/task.ts';
import { Turns } from '../../src/fs/turns.ts';

describe('tasks', () => {
  function* sum(parts: readonly (number | Promise<number>)[]): Task<number> {
    let total = 0;
    for (const part of parts) total += yield* wait(part);
    return total;
  }

  test('are done at once when nothing has to be waited for', () => {
    expect(run(sum([1, 2, 3]))).toBe(6);
  });

  test('go on as promises settle', async () => {
    const result = run(sum([1, Promise.resolve(2), 3, Promise.resolve(4)]));
    expect(result).toBeInstanceOf(Promise);
    expect(await result).toBe(10);
  });

  test('see errors of what they wait for, and can go on', async () => {
    function* careful(part: () => number | Promise<number>): Task<string> {
      try {
        return `got ${yield* wait(part())}`;
      } catch (error) {
        yield* wait(Promise.resolve());
        return `failed: ${String(error)}`;
      }
    }
    expect(await run(careful(() => Promise.reject(new Error('no'))))).toBe('failed: Error: no');
    expect(await run(careful(() => 5))).toBe('got 5');
  });

  test('errors come out: thrown at once, or by rejecting', async () => {
    function* failing(first?: Promise<void>): Task<void> {
      if (first) yield* wait(first);
      throw new Error('broken');
    }
    expect(() => run(failing())).toThrow('broken');
    await expect(run(failing(Promise.resolve()))).rejects.toThrow('broken');
  });
});

describe('turns', () => {
  test('an action starts when the one before has ended, also in failure', async () => {
    const turns = new Turns();
    const told: string[] = [];
    let release: () => void = () => undefined;
    const first = turns.take(async () => {
      told.push('first starts');
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      told.push('first ends');
      throw new Error('first fails');
    });
    const second = turns.take(() => told.push('second'));
    expect(told).toEqual(['first starts']);
    expect(turns.busy).toBe(true);
    release();
    await expect(first).rejects.toThrow('first fails');
    await second;
    expect(told).toEqual(['first starts', 'first ends', 'second']);
    expect(turns.take(() => 'at once')).toBe('at once');
  });
});
