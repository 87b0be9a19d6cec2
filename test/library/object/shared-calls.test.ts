import { describe, expect, test } from 'vitest';
import { SharedCalls } from '../../../src/library/object/shared-calls.ts';

describe('calls for one thing at one time', () => {
  test('are one; later ones are another', async () => {
    const calls = new SharedCalls<string, number>();
    let made = 0;
    const start = async () => ++made;
    const both = await Promise.all([calls.run('a', undefined, start), calls.run('a', undefined, start)]);
    expect(both).toEqual([1, 1]);
    expect(await calls.run('a', undefined, start)).toBe(2);
  });

  test('go on while somebody waits, and are cancelled when nobody does', async () => {
    const calls = new SharedCalls<string, string>();
    let cancelled = false;
    let answer: (text: string) => void = () => {};
    const start = (signal: AbortSignal) =>
      new Promise<string>((resolve) => {
        answer = resolve;
        signal.addEventListener('abort', () => {
          cancelled = true;
        });
      });
    const one = new AbortController();
    const two = new AbortController();
    const first = calls.run('a', one.signal, start);
    const second = calls.run('a', two.signal, start);
    one.abort();
    await expect(first).rejects.toMatchObject({ kind: 'aborted' });
    expect(cancelled).toBe(false);
    answer('done');
    expect(await second).toBe('done');

    const three = new AbortController();
    const third = calls.run('a', three.signal, start);
    three.abort();
    await expect(third).rejects.toMatchObject({ kind: 'aborted' });
    expect(cancelled).toBe(true);
    const fourth = calls.run('a', undefined, start);
    answer('another');
    expect(await fourth).toBe('another');
  });

  test('that fail are forgotten', async () => {
    const calls = new SharedCalls<string, string>();
    await expect(calls.run('a', undefined, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await calls.run('a', undefined, async () => 'yes')).toBe('yes');
  });
});
