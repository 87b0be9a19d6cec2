import { constants } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { failureOf, systemFailure } from './failures.ts';
import { freshDirectory, needing, type SubjectSource } from './subject.ts';

/** Symbolic links: made, read, followed and not followed. */
export function describeSymbolicLinks(source: SubjectSource): void {
  describe('symbolic links', () => {
    test('tell where they lead, and what they lead to', async () => {
      const { fs, dir } = await freshDirectory(source);
      const p = fs.promises;
      await p.mkdir(`${dir}/folder`);
      await p.writeFile(`${dir}/folder/f`, 'content');
      await p.symlink('folder/f', `${dir}/s`);
      expect(await p.readlink(`${dir}/s`)).toBe('folder/f');
      expect(await p.readlink(`${dir}/s`, 'buffer')).toEqual(Buffer.from('folder/f'));
      expect(await p.readlink(`${dir}/s`, { encoding: 'hex' })).toBe(Buffer.from('folder/f').toString('hex'));
      const link = await p.lstat(`${dir}/s`);
      expect([link.isSymbolicLink(), link.isFile(), link.size, link.mode & 0o777]).toEqual([true, false, 8, 0o777]);
      const file = await p.stat(`${dir}/s`);
      expect([file.isFile(), file.size]).toEqual([true, 7]);
      expect(file.ino).toBe((await p.stat(`${dir}/folder/f`)).ino);
      expect(await p.readFile(`${dir}/s`, 'utf8')).toBe('content');
    });

    test('are listed as links', async () => {
      const { fs, dir } = await freshDirectory(source);
      await fs.promises.symlink('nowhere', `${dir}/s`);
      const entries = await fs.promises.readdir(dir, { withFileTypes: true });
      expect(entries.map((entry) => [entry.name, entry.isSymbolicLink()])).toEqual([['s', true]]);
    });

    test('are followed on the way and at the end, relative to where they are', async () => {
      const { fs, dir } = await freshDirectory(source);
      const p = fs.promises;
      await p.mkdir(`${dir}/a/b`, { recursive: true });
      await p.mkdir(`${dir}/c`);
      await p.writeFile(`${dir}/a/f`, 'f');
      await p.symlink('../a', `${dir}/c/to-a`);
      await p.symlink(`${dir}/c/to-a/b`, `${dir}/to-b`);
      expect(await p.readFile(`${dir}/c/to-a/f`, 'utf8')).toBe('f');
      expect(await p.readFile(`${dir}/to-b/../f`, 'utf8')).toBe('f');
      expect(await p.readdir(`${dir}/to-b/..`)).toEqual(['b', 'f']);
      await p.writeFile(`${dir}/to-b/made`, 'm');
      expect(await p.readdir(`${dir}/a/b`)).toEqual(['made']);
      expect(await p.realpath(`${dir}/to-b/made`)).toBe(`${dir}/a/b/made`);
    });

    test('that lead nowhere can be made, listed and removed, and what they lead to can be made through them', async () => {
      const { fs, dir } = await freshDirectory(source);
      const p = fs.promises;
      await p.symlink('later', `${dir}/s`);
      expect(await failureOf(() => p.stat(`${dir}/s`))).toEqual(systemFailure('ENOENT', 'stat', `${dir}/s`));
      expect(await failureOf(() => p.open(`${dir}/s`, 'wx'))).toEqual(systemFailure('EEXIST', 'open', `${dir}/s`));
      await p.writeFile(`${dir}/s`, 'made through the link');
      expect(await p.readFile(`${dir}/later`, 'utf8')).toBe('made through the link');
      await p.unlink(`${dir}/s`);
      expect(await p.readdir(dir)).toEqual(['later']);
    });

    test('in a circle are ELOOP', async () => {
      const { fs, dir } = await freshDirectory(source);
      const p = fs.promises;
      await p.symlink('b', `${dir}/a`);
      await p.symlink('a', `${dir}/b`);
      expect(await failureOf(() => p.stat(`${dir}/a`))).toEqual(systemFailure('ELOOP', 'stat', `${dir}/a`));
      expect(await failureOf(() => p.readFile(`${dir}/a/f`))).toEqual(systemFailure('ELOOP', 'open', `${dir}/a/f`));
      expect(await failureOf(() => p.writeFile(`${dir}/a`, ''))).toEqual(systemFailure('ELOOP', 'open', `${dir}/a`));
      expect((await p.lstat(`${dir}/a`)).isSymbolicLink()).toBe(true);
    });

    needing('times', source, 'are not followed where the caller says so', async () => {
      const { fs, dir } = await freshDirectory(source);
      const p = fs.promises;
      await p.writeFile(`${dir}/f`, 'f');
      await p.symlink('f', `${dir}/s`);
      const flags = constants.O_RDONLY | constants.O_NOFOLLOW;
      expect(await failureOf(() => p.open(`${dir}/s`, flags))).toEqual(systemFailure('ELOOP', 'open', `${dir}/s`));
      await p.lutimes(`${dir}/s`, 1000, 2000);
      expect((await p.lstat(`${dir}/s`)).mtimeMs).toBe(2_000_000);
      expect((await p.stat(`${dir}/s`)).mtimeMs).not.toBe(2_000_000);
      await p.utimes(`${dir}/s`, 3000, 4000);
      expect((await p.stat(`${dir}/f`)).mtimeMs).toBe(4_000_000);
      const { uid, gid } = await p.lstat(`${dir}/s`);
      await p.lchown(`${dir}/s`, uid, gid);
    });

    test('are renamed and removed as names of their own', async () => {
      const { fs, dir } = await freshDirectory(source);
      const p = fs.promises;
      await p.mkdir(`${dir}/folder`);
      await p.writeFile(`${dir}/folder/f`, 'f');
      await p.symlink('folder', `${dir}/s`);
      await p.rename(`${dir}/s`, `${dir}/t`);
      expect(await p.readlink(`${dir}/t`)).toBe('folder');
      expect(await failureOf(() => p.rmdir(`${dir}/t`))).toEqual(systemFailure('ENOTDIR', 'rmdir', `${dir}/t`));
      await p.rm(`${dir}/t`, { recursive: true });
      expect(await p.readdir(`${dir}/folder`)).toEqual(['f']);
    });

    test('refuse what they cannot be', async () => {
      const { fs, dir } = await freshDirectory(source);
      const p = fs.promises;
      await p.writeFile(`${dir}/f`, '');
      expect(await failureOf(() => p.symlink('f', `${dir}/f`))).toEqual(
        systemFailure('EEXIST', 'symlink', 'f', `${dir}/f`),
      );
      expect(await failureOf(() => p.symlink('', `${dir}/s`))).toEqual(
        systemFailure('ENOENT', 'symlink', '', `${dir}/s`),
      );
      expect(await failureOf(() => p.readlink(`${dir}/f`))).toEqual(systemFailure('EINVAL', 'readlink', `${dir}/f`));
    });

    test('are copied as links, with an absolute target unless verbatim, or as what they lead to', async () => {
      const { fs, dir } = await freshDirectory(source);
      const p = fs.promises;
      await p.mkdir(`${dir}/from`);
      await p.writeFile(`${dir}/from/f`, 'f');
      await p.symlink('f', `${dir}/from/s`);
      await p.cp(`${dir}/from`, `${dir}/absolute`, { recursive: true });
      expect(await p.readlink(`${dir}/absolute/s`)).toBe(`${dir}/from/f`);
      await p.cp(`${dir}/from`, `${dir}/verbatim`, { recursive: true, verbatimSymlinks: true });
      expect(await p.readlink(`${dir}/verbatim/s`)).toBe('f');
      await p.cp(`${dir}/from`, `${dir}/followed`, { recursive: true, dereference: true });
      expect((await p.lstat(`${dir}/followed/s`)).isFile()).toBe(true);
      expect(await p.readFile(`${dir}/followed/s`, 'utf8')).toBe('f');
      await p.copyFile(`${dir}/from/s`, `${dir}/plain`);
      expect((await p.lstat(`${dir}/plain`)).isFile()).toBe(true);
    });

    test('are not copied into what they lead to', async () => {
      const { fs, dir } = await freshDirectory(source);
      const p = fs.promises;
      await p.mkdir(`${dir}/a/b`, { recursive: true });
      await p.symlink(`${dir}/a`, `${dir}/outer`);
      await p.symlink(`${dir}/a/b`, `${dir}/inner`);
      const refusals = [
        await failureOf(() => p.cp(`${dir}/outer`, `${dir}/inner`)),
        await failureOf(() => p.cp(`${dir}/inner`, `${dir}/outer`)),
      ];
      expect(refusals.map((failure) => failure?.code)).toEqual([
        'ERR_FS_CP_EINVAL',
        'ERR_FS_CP_SYMLINK_TO_SUBDIRECTORY',
      ]);
    });

    test('have their way resolved name by name', async () => {
      const { fs, dir } = await freshDirectory(source);
      await fs.promises.mkdir(`${dir}/a/b`, { recursive: true });
      await fs.promises.symlink('a', `${dir}/s`);
      await fs.promises.symlink('s/missing', `${dir}/broken`);
      const real = (path: string): Promise<unknown> =>
        new Promise((resolve) => fs.realpath(path, (error, found) => resolve(error ?? found)));
      expect(await real(`${dir}/s/b`)).toBe(`${dir}/a/b`);
      expect(await real(`${dir}/broken`)).toMatchObject({ code: 'ENOENT', syscall: 'stat' });
    });
  });
}
