import { constants } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { freshDirectory, needing, type SubjectSource } from './subject.ts';

/** `stat`, `lstat`, `statfs`, `access`, `chmod`, `chown`, `utimes`, `lutimes`. */
export function describeAttributes(source: SubjectSource): void {
  describe('attributes', () => {
    needing('birthtime', source, 'stat tells numbers, dates and kinds', async () => {
      const { fs, dir } = await freshDirectory(source);
      await fs.promises.writeFile(`${dir}/f`, 'x'.repeat(1000), { mode: 0o600 });
      const stats = await fs.promises.stat(`${dir}/f`);
      expect(stats.size).toBe(1000);
      expect(stats.mode).toBe(0o100600);
      expect(stats.nlink).toBe(1);
      expect(stats.uid).toBe(process.getuid?.());
      expect(stats.gid).toBe(process.getgid?.());
      expect(stats.blksize).toBeGreaterThan(0);
      expect([stats.isFile(), stats.isDirectory(), stats.isSymbolicLink()]).toEqual([true, false, false]);
      expect([stats.isFIFO(), stats.isSocket()]).toEqual([false, false]);
      expect([stats.isBlockDevice(), stats.isCharacterDevice()]).toEqual([false, false]);
      for (const key of ['atime', 'mtime', 'ctime', 'birthtime'] as const) {
        expect(stats[key]).toBeInstanceOf(Date);
        expect(Math.abs(stats[key].getTime() - stats[`${key}Ms`])).toBeLessThan(1);
        expect(Math.abs(Date.now() - stats[`${key}Ms`])).toBeLessThan(600_000);
      }
      const directory = await fs.promises.stat(dir);
      expect([directory.isDirectory(), directory.isFile()]).toEqual([true, false]);
      expect(directory.ino).not.toBe(stats.ino);
      expect(directory.dev).toBe(stats.dev);
    });

    test('stat in BigInts says the same', async () => {
      const { fs, dir } = await freshDirectory(source);
      await fs.promises.writeFile(`${dir}/f`, 'abc');
      const plain = await fs.promises.stat(`${dir}/f`);
      const big = await fs.promises.lstat(`${dir}/f`, { bigint: true });
      const numbers = ['dev', 'ino', 'mode', 'nlink', 'uid', 'gid', 'rdev', 'size', 'blksize', 'blocks'] as const;
      for (const key of numbers) expect(big[key]).toBe(BigInt(plain[key]));
      for (const key of ['mtime', 'ctime', 'birthtime'] as const) {
        expect(big[`${key}Ns`] / 1_000_000n).toBe(BigInt(Math.floor(plain[`${key}Ms`])));
        expect(big[`${key}Ms`]).toBe(BigInt(Math.floor(plain[`${key}Ms`])));
        expect(big[key]).toBeInstanceOf(Date);
      }
      expect(big.isFile()).toBe(true);
    });

    needing('times', source, 'what a write changes', async () => {
      const { fs, dir } = await freshDirectory(source);
      await fs.promises.writeFile(`${dir}/f`, 'abc');
      await fs.promises.utimes(`${dir}/f`, 1, 1);
      await fs.promises.utimes(dir, 1, 1);
      await fs.promises.appendFile(`${dir}/f`, 'def');
      expect((await fs.promises.stat(`${dir}/f`)).mtimeMs).toBeGreaterThan(1000);
      expect((await fs.promises.stat(dir)).mtimeMs).toBe(1000);
      await fs.promises.writeFile(`${dir}/g`, '');
      expect((await fs.promises.stat(dir)).mtimeMs).toBeGreaterThan(1000);
    });

    test('chmod keeps nine bits, and the kind', async () => {
      const { fs, dir } = await freshDirectory(source);
      await fs.promises.writeFile(`${dir}/f`, '');
      for (const mode of [0o400, '0755', 0o111, 0o666]) {
        await fs.promises.chmod(`${dir}/f`, mode);
        const bits = typeof mode === 'string' ? Number.parseInt(mode, 8) : mode;
        expect((await fs.promises.stat(`${dir}/f`)).mode).toBe(0o100000 | bits);
      }
      await fs.promises.chmod(dir, 0o711);
      expect((await fs.promises.stat(dir)).mode).toBe(0o40711);
      // Programs hand on what stat told, with the kind in it.
      await fs.promises.chmod(`${dir}/f`, 0o100644);
      expect((await fs.promises.stat(`${dir}/f`)).mode).toBe(0o100644);
    });

    test('chown to the owner there is', async () => {
      const { fs, dir } = await freshDirectory(source);
      const { uid, gid } = await fs.promises.stat(dir);
      await fs.promises.chown(dir, uid, gid);
      await fs.promises.lchown(dir, -1, -1);
      expect((await fs.promises.stat(dir)).uid).toBe(uid);
    });

    needing('times', source, 'utimes takes seconds, numeric strings and dates', async () => {
      const { fs, dir } = await freshDirectory(source);
      const p = fs.promises;
      await p.writeFile(`${dir}/f`, '');
      const times = async () => {
        const { atimeMs, mtimeMs } = await p.stat(`${dir}/f`);
        return [atimeMs, mtimeMs];
      };
      await p.utimes(`${dir}/f`, 1_000_000_000, 1_100_000_000);
      expect(await times()).toEqual([1_000_000_000_000, 1_100_000_000_000]);
      await p.utimes(`${dir}/f`, '1000000001', new Date('2020-02-03T04:05:06.000Z'));
      expect(await times()).toEqual([1_000_000_001_000, Date.UTC(2020, 1, 3, 4, 5, 6)]);
      await p.lutimes(`${dir}/f`, 12, new Date(0));
      expect(await times()).toEqual([12_000, 0]);
      await p.utimes(`${dir}/f`, 12.5, 1.25);
      expect(await times()).toEqual([12_500, 1250]);
      await p.utimes(dir, 7, 8);
      expect((await p.stat(dir)).mtimeMs).toBe(8000);
    });

    test('access: what is there may be read and written', async () => {
      const { fs, dir } = await freshDirectory(source);
      await fs.promises.writeFile(`${dir}/f`, '');
      await fs.promises.access(`${dir}/f`);
      await fs.promises.access(`${dir}/f`, constants.R_OK | constants.W_OK);
      await fs.promises.chmod(`${dir}/f`, 0o700);
      await fs.promises.access(`${dir}/f`, constants.X_OK);
      await fs.promises.access(dir, constants.R_OK | constants.W_OK | constants.X_OK);
    });

    test('statfs', async () => {
      const { fs, dir } = await freshDirectory(source);
      const plain = await fs.promises.statfs(dir);
      expect(plain.bsize).toBeGreaterThan(0);
      expect(plain.blocks).toBeGreaterThan(0);
      expect(plain.bavail).toBeLessThanOrEqual(plain.blocks);
      const big = await fs.promises.statfs(dir, { bigint: true });
      expect(big.bsize).toBe(BigInt(plain.bsize));
      expect(big.type).toBe(BigInt(plain.type));
    });
  });
}
