import { describe, expect, it } from 'vitest';
import { RequestBudget } from '../../../src/seafile/http/budget.ts';
import type { Clock } from '../../../src/seafile/http/clock.ts';

function testClock(): Clock & { advance(ms: number): void } {
  let now = 0;
  return {
    now: () => now,
    date: () => now,
    advance: (ms) => {
      now += ms;
    },
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      now += ms;
    },
  };
}

async function spend(budget: RequestBudget, requests: number): Promise<void> {
  for (let i = 0; i < requests; i += 1) await budget.acquire();
}

describe('the budget of requests', () => {
  it('lets all of a minute go at once, and the next when the first is a minute old', async () => {
    const clock = testClock();
    const budget = new RequestBudget(100, clock);
    await spend(budget, 100);
    expect(clock.now()).toBe(0);
    await budget.acquire();
    expect(clock.now()).toBe(60_000);
  });

  it('never lets more than its number through in any minute', async () => {
    const clock = testClock();
    const budget = new RequestBudget(10, clock);
    const sent: number[] = [];
    for (let i = 0; i < 100; i += 1) {
      clock.advance((i * 7919) % 9000);
      await budget.acquire();
      sent.push(clock.now());
    }
    for (const at of sent) {
      expect(sent.filter((other) => other > at - 60_000 && other <= at).length).toBeLessThanOrEqual(10);
    }
  });

  it('is closed as long as a refusal said', async () => {
    const clock = testClock();
    const budget = new RequestBudget(100, clock);
    await spend(budget, 50);
    budget.refused(12_000);
    await budget.acquire();
    expect(clock.now()).toBeGreaterThanOrEqual(12_000);
  });

  it('learns from a refusal that others use the account too, and forgets it slowly', async () => {
    const clock = testClock();
    const budget = new RequestBudget(100, clock);
    await spend(budget, 50);
    budget.refused(1000);
    expect(budget.perMinute).toBe(45);
    clock.advance(60_000);
    await budget.acquire();
    expect(budget.perMinute).toBe(50);
    clock.advance(60_000);
    await budget.acquire();
    expect(budget.perMinute).toBe(55);
    clock.advance(60 * 60_000);
    await budget.acquire();
    expect(budget.perMinute).toBe(100);
  });

  it('keeps a little open however often it is refused', async () => {
    const clock = testClock();
    const budget = new RequestBudget(100, clock);
    for (let i = 0; i < 10; i += 1) budget.refused(0);
    expect(budget.perMinute).toBeGreaterThan(0);
    await budget.acquire();
  });

  it('stops waiting when it is told to', async () => {
    const budget = new RequestBudget(1, testClock());
    await budget.acquire();
    await expect(budget.acquire(AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
  });
});
