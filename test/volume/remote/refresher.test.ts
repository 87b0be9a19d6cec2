import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Refresher } from '../../../src/volume/remote/refresher.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function counted(): { refresher: Refresher; times(): number; end(): void } {
  let times = 0;
  let end = (): void => undefined;
  const refresher = new Refresher(() => {
    times += 1;
    return new Promise((resolve) => {
      end = resolve;
    });
  });
  return { refresher, times: () => times, end: () => end() };
}

it('takes changes up at once, and those that come meanwhile once more after a pause', async () => {
  const { refresher, times, end } = counted();
  refresher.headMoved();
  expect(times()).toBe(1);
  refresher.headMoved();
  refresher.headMoved();
  end();
  await vi.advanceTimersByTimeAsync(900);
  expect(times()).toBe(1);
  await vi.advanceTimersByTimeAsync(200);
  expect(times()).toBe(2);
  end();
  await vi.advanceTimersByTimeAsync(5000);
  expect(times()).toBe(2);
  refresher.headMoved();
  expect(times()).toBe(3);
});

it('closes without waiting for the pause', async () => {
  const { refresher, times, end } = counted();
  refresher.headMoved();
  end();
  await vi.advanceTimersByTimeAsync(1);
  expect(vi.getTimerCount()).toBe(1);
  await refresher.close();
  expect(vi.getTimerCount()).toBe(0);
  refresher.headMoved();
  expect(times()).toBe(1);
});

it('closes when what is under way has ended, and starts nothing after it', async () => {
  const { refresher, times, end } = counted();
  refresher.headMoved();
  refresher.headMoved();
  let closed = false;
  const closing = refresher.close().then(() => {
    closed = true;
  });
  await vi.advanceTimersByTimeAsync(5000);
  expect(closed).toBe(false);
  end();
  await closing;
  expect(times()).toBe(1);
});
