import { existsSync, fstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FileRecords, StagedFiles } from '../../../src/volume/content/staged-files.ts';

/** A journal of which the test says how far it is. */
class Records implements FileRecords {
  isRecorded = true;
  flushes = 0;
  readonly removed: string[] = [];

  removeLater(path: string): void {
    this.removed.push(path);
  }
}

describe('the files of generations', () => {
  let folder: string;
  let records: Records;
  let files: StagedFiles;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'seamount-staged-files-'));
    records = new Records();
    files = new StagedFiles(folder, records);
  });
  afterEach(() => {
    files.close();
    rmSync(folder, { recursive: true });
  });

  const letGoOfWritten = (key: string, isShared = false): number => {
    const file = files.create(key);
    writeSync(file.fd, `bytes of ${key}`);
    const { ino } = fstatSync(file.fd);
    file.letGo(isShared);
    return ino;
  };

  it('are used again, empty and under another name, when no flush told of them', () => {
    const ino = letGoOfWritten('first');
    const second = files.create('second');
    expect(fstatSync(second.fd).ino).toBe(ino);
    expect(readFileSync(second.path, 'utf8')).toBe('');
    expect(readdirSync(folder)).toEqual(['second']);
    expect(records.removed).toEqual([]);
    second.letGo(true);
  });

  it('stay as they are, for the journal to remove, when a flush has begun since they were made', () => {
    const file = files.create('first');
    writeSync(file.fd, 'flushed');
    records.flushes += 1;
    file.letGo(false);
    files.create('second').letGo(true);
    expect(readFileSync(join(folder, 'first'), 'utf8')).toBe('flushed');
    expect(records.removed).toContain(join(folder, 'first'));
  });

  it('stay as they are when something else has them too', () => {
    letGoOfWritten('first', true);
    expect(records.removed).toEqual([join(folder, 'first')]);
  });

  it('are not used again before it is recorded that they were let go of', () => {
    const ino = letGoOfWritten('first');
    records.isRecorded = false;
    const second = files.create('second');
    expect(fstatSync(second.fd).ino).not.toBe(ino);
    expect(readFileSync(join(folder, 'first'), 'utf8')).toBe('bytes of first');
    second.letGo(true);
  });

  it('are removed at the end when none needs them', () => {
    letGoOfWritten('first');
    files.close();
    expect(existsSync(join(folder, 'first'))).toBe(false);
  });
});
