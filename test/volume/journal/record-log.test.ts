import {
  appendFileSync,
  copyFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LogFormatError, RecordLog } from '../../../src/volume/journal/record-log.ts';

describe('the record log', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'seamount-log-'));
    path = join(folder, 'journal');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const open = (): RecordLog => RecordLog.open(path, 'test 1');
  const entries = (log: RecordLog): Record<string, unknown> => Object.fromEntries(log.entries());

  it('gives back what was written, after the process that wrote it died without closing', () => {
    open().write(
      new Map<string, unknown>([
        ['a/1', { text: 'line\nbreak and "quotes"' }],
        ['näme\n', [1, null]],
      ]),
    );
    expect(entries(open())).toEqual({ 'a/1': { text: 'line\nbreak and "quotes"' }, 'näme\n': [1, null] });
  });

  it('forgets records that were taken away', () => {
    const log = open();
    log.write(new Map([['a', 1]]));
    log.write(
      new Map([
        ['a', undefined],
        ['b', 2],
      ]),
    );
    expect(entries(open())).toEqual({ b: 2 });
  });

  it('drops a transaction that is cut short anywhere, keeps those before it, and goes on after them', () => {
    const log = open();
    log.write(new Map([['kept', 'yes']]));
    const sound = statSync(path).size;
    log.write(
      new Map([
        ['torn', 'a'],
        ['too', 'b'],
      ]),
    );
    const whole = statSync(path).size;
    const bytes = readFileSync(path);
    for (let size = sound; size < whole; size++) {
      writeFileSync(path, bytes.subarray(0, size));
      const again = open();
      expect(entries(again)).toEqual({ kept: 'yes' });
      again.write(new Map([['later', 1]]));
      expect(entries(open())).toEqual({ kept: 'yes', later: 1 });
    }
  });

  it('drops a transaction whose bytes never reached the disk, as a power cut leaves it', () => {
    const log = open();
    log.write(new Map([['kept', 'yes']]));
    const sound = statSync(path).size;
    log.write(new Map([['lost', 'x'.repeat(100)]]));
    const size = statSync(path).size;
    truncateSync(path, sound);
    appendFileSync(path, Buffer.alloc(size - sound));
    expect(entries(open())).toEqual({ kept: 'yes' });
  });

  it('refuses a log of another format, says who can read it, and leaves it as it is', () => {
    writeFileSync(path, 'seamount journal 9\nsomething newer');
    expect(() => open()).toThrow(LogFormatError);
    expect(() => open()).toThrow(/journal 9.*use the version of seamount that wrote it/);
    expect(readFileSync(path, 'utf8')).toBe('seamount journal 9\nsomething newer');
  });

  it('stays small when the same records change again and again, and loses none by that', () => {
    const log = open();
    const text = 'x'.repeat(1000);
    log.write(new Map([['kept', 'yes']]));
    for (let i = 0; i < 5000; i++) {
      log.write(new Map([['changing', `${text}${i}`]]));
      if (i % 100 === 0) log.sync();
    }
    expect(statSync(path).size).toBeLessThan(2 * 2 ** 20);
    expect(entries(open())).toEqual({ kept: 'yes', changing: `${text}4999` });
  });

  it('gives back all of it after a restart of the machine when it was synced', () => {
    const log = RecordLog.open(path, 'test 1', 'boot-1');
    log.write(new Map([['a', 1]]));
    log.sync();
    expect(entries(RecordLog.open(path, 'test 1', 'boot-2'))).toEqual({ a: 1 });
  });

  it('drops after a restart of the machine what tells of files that were not flushed, and goes on from there', () => {
    const log = RecordLog.open(path, 'test 1', 'boot-1');
    log.write(new Map([['a', 1]]));
    log.write(new Map([['b', 1]]));
    const safe = log.position;
    log.write(new Map([['a', 2]]));
    log.sync(safe);
    log.write(new Map([['c', 3]]));
    expect(entries(RecordLog.open(path, 'test 1', 'boot-1'))).toEqual({ a: 2, b: 1, c: 3 });
    const restarted = RecordLog.open(path, 'test 1', 'boot-2');
    expect(entries(restarted)).toEqual({ a: 1, b: 1 });
    restarted.write(new Map([['d', 4]]));
    expect(entries(RecordLog.open(path, 'test 1', 'boot-2'))).toEqual({ a: 1, b: 1, d: 4 });
    expect(entries(RecordLog.open(path, 'test 1', 'boot-3'))).toEqual({ a: 1, b: 1 });
  });

  it('knows what is safe however often it was made smaller', () => {
    const text = 'x'.repeat(1000);
    const log = RecordLog.open(path, 'test 1', 'boot-1');
    for (let i = 0; i < 5000; i++) {
      const safe = log.position;
      log.write(new Map([['changing', `${text}${i}`]]));
      if (i % 100 === 0) log.sync(safe);
    }
    const copy = `${path}.copy`;
    copyFileSync(path, copy);
    expect(entries(RecordLog.open(copy, 'test 1', 'boot-2'))).toEqual({ changing: `${text}4899` });
    expect(entries(RecordLog.open(path, 'test 1', 'boot-1'))).toEqual({ changing: `${text}4999` });
    expect(statSync(path).size).toBeLessThan(2 * 2 ** 20);
  });

  it('writes nothing after it was closed', () => {
    const log = open();
    log.write(new Map([['a', 1]]));
    log.close();
    expect(() => log.write(new Map([['b', 2]]))).toThrow();
    expect(entries(open())).toEqual({ a: 1 });
  });

  it('equals a map, however transactions and restarts follow each other', () => {
    const change = fc.tuple(fc.constantFrom('a', 'b', 'c/d', ''), fc.option(fc.jsonValue(), { nil: undefined }));
    fc.assert(
      fc.property(fc.array(fc.array(change, { maxLength: 4 }), { maxLength: 20 }), fc.nat(3), (transactions, every) => {
        rmSync(path, { force: true });
        const model = new Map<string, unknown>();
        let log = open();
        transactions.forEach((changes, index) => {
          log.write(new Map(changes));
          for (const [key, value] of new Map(changes)) {
            if (value === undefined || value === null) model.delete(key);
            else model.set(key, JSON.parse(JSON.stringify(value)));
          }
          if (index % (every + 1) === 0) log = open();
        });
        expect(entries(open())).toEqual(Object.fromEntries(model));
      }),
      { numRuns: 50 },
    );
  });
});
