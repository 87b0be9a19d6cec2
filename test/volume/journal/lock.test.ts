import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ProcessLock } from '../../../src/volume/journal/lock.ts';

describe('the lock of a space', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'seamount-lock-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const acquire = (): ProcessLock => ProcessLock.acquire(join(folder, 'lock'), 'the space "users/a"');

  it('refuses a second user and names the process that has it', () => {
    acquire();
    expect(acquire).toThrow(`the space "users/a" is in use by process ${process.pid}`);
  });

  it('can be taken again when it was released', () => {
    acquire().release();
    acquire();
  });

  it('is taken over from a process that is gone', () => {
    writeFileSync(join(folder, 'lock'), '4194305 boot.12345 x\n');
    acquire();
  });

  it('is taken over when the number belongs to another process by now', () => {
    writeFileSync(join(folder, 'lock'), `${process.pid} earlier-boot.1 x\n`);
    acquire();
  });

  it('is not released by one that does not have it any more', () => {
    const stale = acquire();
    writeFileSync(join(folder, 'lock'), `${process.pid} other other\n`);
    stale.release();
    writeFileSync(join(folder, 'lock'), '4194305 gone x\n');
    acquire();
    expect(acquire).toThrow('in use');
  });
});
