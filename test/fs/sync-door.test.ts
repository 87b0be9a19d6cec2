import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { volumeCalls } from '../../src/fs/calls/volume-calls.ts';
import { syncDoor } from '../../src/fs/doors/sync.ts';
import type { SeamountFs } from '../../src/fs/index.ts';
import { openTestVolume, type VolumeUnderTest } from './volume.ts';

// Over a volume that has everything in memory, every call but fsync and copying answers at once.
describe('the functions that block, over calls that answer at once', () => {
  let under: VolumeUnderTest;
  let fs: SeamountFs;

  beforeAll(async () => {
    under = await openTestVolume();
    // The functions of Node's type, without the others.
    const calls = volumeCalls(under.volume, { umask: 0o022, uid: 0, gid: 0 });
    fs = syncDoor(() => calls) as unknown as SeamountFs;
  });

  afterAll(() => under.close());

  test('files', () => {
    fs.writeFileSync('/f', 'content');
    fs.appendFileSync('/f', ' more');
    expect(fs.readFileSync('/f', 'utf8')).toBe('content more');
    fs.truncateSync('/f', 4);
    expect(fs.readFileSync('/f')).toEqual(Buffer.from('cont'));
    fs.renameSync('/f', '/h');
    expect([fs.existsSync('/f'), fs.existsSync('/h')]).toEqual([false, true]);
    fs.unlinkSync('/h');
  });

  test('status', () => {
    fs.writeFileSync('/s', 'abc');
    fs.utimesSync('/s', 1, 2);
    fs.chmodSync('/s', 0o600);
    expect(fs.statSync('/s')).toMatchObject({ size: 3, mtimeMs: 2000, mode: 0o100600 });
    expect(fs.statSync('/none', { throwIfNoEntry: false })).toBeUndefined();
    expect(fs.lstatSync('/s/below', { throwIfNoEntry: false })).toBeUndefined();
    expect(() => fs.statSync('/none')).toThrow(expect.objectContaining({ code: 'ENOENT', syscall: 'stat' }));
    expect(() => fs.accessSync('/none')).toThrow(expect.objectContaining({ code: 'ENOENT', syscall: 'access' }));
    expect(fs.realpathSync('/./s')).toBe('/s');
  });

  test('directories', () => {
    expect(fs.mkdirSync('/d/e/f', { recursive: true })).toBe('/d');
    fs.writeFileSync('/d/x', '');
    expect(fs.readdirSync('/d')).toEqual(['e', 'x']);
    expect(fs.readdirSync('/d', { recursive: true })).toEqual(['e', 'x', 'e/f']);
    const dir = fs.opendirSync('/d');
    expect([dir.readSync()?.name, dir.readSync()?.name].toSorted()).toEqual(['e', 'x']);
    expect(dir.readSync()).toBeNull();
    dir.closeSync();
    fs.cpSync('/d', '/copy', { recursive: true });
    fs.rmSync('/d', { recursive: true });
    expect(() => fs.cpSync('/copy', '/other', { recursive: true, filter: (async () => true) as never })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_RETURN_VALUE' }),
    );
    expect(() => fs.rmdirSync('/copy')).toThrow(expect.objectContaining({ code: 'ENOTEMPTY' }));
    expect(fs.readdirSync('/copy')).toEqual(['e', 'x']);
    expect(fs.mkdtempSync('/t-')).toMatch(/^\/t-\w{6}$/);
    const { mkdtempDisposableSync } = fs as unknown as {
      mkdtempDisposableSync(prefix: string): { path: string } & Disposable;
    };
    const temporary = mkdtempDisposableSync('/t-');
    temporary[Symbol.dispose]();
    expect(fs.existsSync(temporary.path)).toBe(false);
  });

  test('descriptors', () => {
    const fd = fs.openSync('/fd', 'w+');
    expect(fs.writeSync(fd, Buffer.from('0123456789'))).toBe(10);
    expect(fs.writeSync(fd, 'ab', 2)).toBe(2);
    const buffer = Buffer.alloc(4);
    expect(fs.readSync(fd, buffer, { position: 1 })).toBe(4);
    expect(buffer.toString()).toBe('1ab4');
    expect(fs.readSync(fd, buffer, 0, 2, 8)).toBe(2);
    expect(buffer.toString()).toBe('89b4');
    expect(fs.readSync(fd, buffer)).toBe(0);
    expect(fs.writevSync(fd, [buffer, buffer], 0)).toBe(8);
    expect(fs.readvSync(fd, [buffer], 4)).toBe(4);
    fs.ftruncateSync(fd, 3);
    expect(fs.fstatSync(fd)).toMatchObject({ size: 3 });
    fs.closeSync(fd);
    expect(() => fs.closeSync(fd)).toThrow(expect.objectContaining({ code: 'EBADF', syscall: 'close' }));
  });
});
