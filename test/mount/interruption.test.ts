import { describe, expect, it } from 'vitest';
import { judge, judgeTask } from '../../src/mount/interruption.ts';

const SIGHUP = 1;
const SIGINT = 2;
const SIGQUIT = 3;
const SIGKILL = 9;
const SIGALRM = 14;
const SIGTERM = 15;
const SIGCHLD = 17;
const SIGURG = 23;

interface Task {
  readonly pending?: readonly number[];
  readonly shared?: readonly number[];
  readonly blocked?: readonly number[];
  readonly ignored?: readonly number[];
  readonly caught?: readonly number[];
  readonly flags?: number;
}

function verdict({ pending = [], shared = [], blocked = [], ignored = [], caught = [], flags = 0x400000 }: Task) {
  const mask = (numbers: readonly number[]) =>
    numbers
      .reduce((bits, number) => bits | (1n << BigInt(number - 1)), 0n)
      .toString(16)
      .padStart(16, '0');
  const status = [
    'Name:\tcat',
    `SigPnd:\t${mask(pending)}`,
    `ShdPnd:\t${mask(shared)}`,
    `SigBlk:\t${mask(blocked)}`,
    `SigIgn:\t${mask(ignored)}`,
    `SigCgt:\t${mask(caught)}`,
  ];
  return judgeTask(status.join('\n'), `4711 (a (strange) name) D 1 4711 4711 0 -1 ${flags} 0 0`);
}

describe('a caller who got a signal', () => {
  it.each([SIGKILL, SIGTERM, SIGINT, SIGHUP, SIGALRM])('is dying of signal %i when he does not handle it', (signal) => {
    expect(verdict({ pending: [signal] })).toBe('dying');
    expect(verdict({ shared: [signal] })).toBe('dying');
  });

  it('is dying when he is on his way out', () => {
    expect(verdict({ flags: 0x400004 })).toBe('dying');
  });

  it.each([SIGINT, SIGTERM, SIGHUP, SIGQUIT])('is asked to stop by signal %i when he handles it', (signal) => {
    expect(verdict({ pending: [signal], caught: [signal] })).toBe('asked');
  });

  it.each([SIGALRM, SIGCHLD, SIGURG])('waits on when he handles signal %i on the side', (signal) => {
    expect(verdict({ pending: [signal], caught: [signal] })).toBe('waits');
  });

  it.each([SIGCHLD, SIGURG])('waits on when signal %i means nothing to him', (signal) => {
    expect(verdict({ pending: [signal] })).toBe('waits');
  });

  it('waits on when he ignores or blocks the signal', () => {
    expect(verdict({ pending: [SIGTERM], ignored: [SIGTERM] })).toBe('waits');
    expect(verdict({ pending: [SIGTERM], blocked: [SIGTERM] })).toBe('waits');
  });

  it('cannot block SIGKILL', () => {
    expect(verdict({ pending: [SIGKILL], blocked: [SIGKILL] })).toBe('dying');
  });

  it('is gone when there is no such task', () => {
    expect(judge(2 ** 22 + 1)).toBe('dying');
  });

  it('waits on when there is no signal at all', () => {
    expect(judge(process.pid)).toBe('waits');
  });
});
