import type { LookupAddress } from 'node:dns';
import { describe, expect, test } from 'vitest';
import { AddressBook } from '../../../src/seafile/http/address-book.ts';

const V4 = { address: '192.0.2.1', family: 4 };
const V6 = { address: '2001:db8::1', family: 6 };

/** A system whose answers come when the test says. */
function system() {
  const questions: { readonly hostname: string; answer(found: LookupAddress[] | Error): void }[] = [];
  let nowMs = 0;
  const lookup = (hostname: string) =>
    new Promise<LookupAddress[]>((resolve, reject) => {
      const answer = (found: LookupAddress[] | Error) => (found instanceof Error ? reject(found) : resolve(found));
      questions.push({ hostname, answer });
    });
  const book = new AddressBook({ lookup: lookup as never, nowMs: () => nowMs });
  const ask = (hostname: string, options = {}) =>
    new Promise((resolve) => {
      book.lookup(hostname, options, (error, address, family) => resolve(error ? error.code : [address, family]));
    });
  return {
    questions,
    ask,
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
}

describe('the addresses of hosts', () => {
  test('are asked of the system once for all who ask at the same time', async () => {
    const { questions, ask } = system();
    const asked = [ask('drive'), ask('drive', { all: true }), ask('drive', { family: 6 })];
    expect(questions.map(({ hostname }) => hostname)).toEqual(['drive']);
    questions[0]?.answer([V4, V6]);
    expect(await Promise.all(asked)).toEqual([
      ['192.0.2.1', 4],
      [[V4, V6], undefined],
      ['2001:db8::1', 6],
    ]);
  });

  test('are never waited for again: those known are used while newer ones are asked for', async () => {
    const { questions, ask, pass } = system();
    const first = ask('drive');
    questions[0]?.answer([V4]);
    await first;
    pass(60_001);
    // The system does not answer any more: its threads all wait in a mount.
    expect(await ask('drive')).toEqual(['192.0.2.1', 4]);
    expect(await ask('drive')).toEqual(['192.0.2.1', 4]);
    expect(questions).toHaveLength(2);
    questions[1]?.answer([V6]);
    await new Promise(setImmediate);
    expect(await ask('drive')).toEqual(['2001:db8::1', 6]);
  });

  test('that could not be had are asked for anew, and do not replace those known', async () => {
    const { questions, ask, pass } = system();
    const gone = Object.assign(new Error('no such host'), { code: 'ENOTFOUND' });
    const first = ask('drive');
    questions[0]?.answer(gone);
    expect(await first).toBe('ENOTFOUND');
    const second = ask('drive');
    questions[1]?.answer([V4]);
    await second;
    pass(60_001);
    await ask('drive');
    questions[2]?.answer(gone);
    await new Promise(setImmediate);
    expect(await ask('drive')).toEqual(['192.0.2.1', 4]);
    expect(await ask('drive', { family: 6 })).toBe('ENOTFOUND');
  });
});
