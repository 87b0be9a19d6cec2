import { describe, expect, test } from 'vitest';
import { failureOf, systemFailure } from './failures.ts';
import { freshDirectory, needing, type SubjectSource } from './subject.ts';

/** `cp`. */
export function describeCopies(source: SubjectSource): void {
  describe('cp', () => {
    /** `from/` with files and folders, and `to/` that has some of them already. */
    const prepare = async () => {
      const { fs, dir } = await freshDirectory(source);
      const p = fs.promises;
      await p.mkdir(`${dir}/from/sub`, { recursive: true });
      await p.writeFile(`${dir}/from/a`, 'new a', { mode: 0o751 });
      await p.writeFile(`${dir}/from/sub/b`, 'new b');
      await p.mkdir(`${dir}/to`);
      await p.writeFile(`${dir}/to/a`, 'old a');
      await p.writeFile(`${dir}/to/kept`, 'kept');
      return { p, dir, read: (name: string) => p.readFile(`${dir}/${name}`, 'utf8') };
    };

    test('a file, and the folders it needs', async () => {
      const { p, dir, read } = await prepare();
      await p.cp(`${dir}/from/a`, `${dir}/x/y/copy`);
      expect(await read('x/y/copy')).toBe('new a');
      expect((await p.stat(`${dir}/x/y/copy`)).mode & 0o777).toBe(0o751 & ~process.umask());
    });

    test('a tree, into one that is there', async () => {
      const { p, dir, read } = await prepare();
      await p.cp(`${dir}/from`, `${dir}/to`, { recursive: true });
      expect([await read('to/a'), await read('to/sub/b'), await read('to/kept')]).toEqual(['new a', 'new b', 'kept']);
      expect(await read('from/a')).toBe('new a');
    });

    test('force: false keeps what is there, errorOnExist tells', async () => {
      const { p, dir, read } = await prepare();
      await p.cp(`${dir}/from`, `${dir}/to`, { recursive: true, force: false });
      expect([await read('to/a'), await read('to/sub/b')]).toEqual(['old a', 'new b']);
      const options = { force: false, errorOnExist: true };
      expect(await failureOf(() => p.cp(`${dir}/from/a`, `${dir}/to/a`, options))).toEqual({
        name: 'SystemError',
        code: 'ERR_FS_CP_EEXIST',
        message: `Target already exists: cp returned EEXIST (${dir}/to/a already exists) ${dir}/to/a`,
        errno: 17,
        syscall: 'cp',
        path: `${dir}/to/a`,
      });
    });

    test('a filter decides for each', async () => {
      const { p, dir } = await prepare();
      const asked: [string, string][] = [];
      await p.cp(`${dir}/from`, `${dir}/copy`, {
        recursive: true,
        filter: async (from, to) => {
          asked.push([from, to]);
          return !from.endsWith('/a');
        },
      });
      expect(asked.map(([from, to]) => [from.slice(dir.length), to.slice(dir.length)]).toSorted()).toEqual([
        ['/from', '/copy'],
        ['/from/a', '/copy/a'],
        ['/from/sub', '/copy/sub'],
        ['/from/sub/b', '/copy/sub/b'],
      ]);
      expect((await p.readdir(`${dir}/copy`, { recursive: true })).toSorted()).toEqual(['sub', 'sub/b']);
    });

    needing('times', source, 'times are kept when asked', async () => {
      const { p, dir } = await prepare();
      await p.utimes(`${dir}/from/a`, 1_000_000_000, 1_100_000_000);
      await p.cp(`${dir}/from/a`, `${dir}/copy`, { preserveTimestamps: true });
      expect((await p.stat(`${dir}/copy`)).mtimeMs).toBe(1_100_000_000_000);
    });

    test('what cannot be copied is refused', async () => {
      const { p, dir } = await prepare();
      const refusal = async (from: string, to: string, options = {}) => {
        const { code, message, errno, path } = await failureOf(() => p.cp(`${dir}/${from}`, `${dir}/${to}`, options));
        return { code, message: message.replaceAll(`${dir}/`, ''), errno, path: String(path).slice(dir.length + 1) };
      };
      expect(await refusal('from', 'copy')).toEqual({
        code: 'ERR_FS_EISDIR',
        message: expect.stringContaining('from is a directory (not copied'),
        errno: 21,
        path: 'from',
      });
      expect(await refusal('from', 'from', { recursive: true })).toEqual({
        code: 'ERR_FS_CP_EINVAL',
        message: 'Invalid src or dest: cp returned EINVAL (src and dest cannot be the same) from',
        errno: 22,
        path: 'from',
      });
      expect(await refusal('from', 'from/sub/x', { recursive: true })).toEqual({
        code: 'ERR_FS_CP_EINVAL',
        message:
          'Invalid src or dest: cp returned EINVAL (cannot copy from to a subdirectory of self from/sub/x) from/sub/x',
        errno: 22,
        path: 'from/sub/x',
      });
      expect(await refusal('from', 'to/a', { recursive: true })).toEqual({
        code: 'ERR_FS_CP_DIR_TO_NON_DIR',
        message:
          'Cannot overwrite non-directory with directory: cp returned EISDIR (cannot overwrite non-directory to/a with directory from) to/a',
        errno: 21,
        path: 'to/a',
      });
      expect(await refusal('from/a', 'to')).toEqual({
        code: 'ERR_FS_CP_NON_DIR_TO_DIR',
        message:
          'Cannot overwrite directory with non-directory: cp returned ENOTDIR (cannot overwrite directory to with non-directory from/a) to',
        errno: 20,
        path: 'to',
      });
      expect(await failureOf(() => p.cp(`${dir}/none`, `${dir}/copy`))).toEqual(
        systemFailure('ENOENT', 'lstat', `${dir}/none`),
      );
      const both = await failureOf(() =>
        p.cp(`${dir}/from`, `${dir}/copy`, { dereference: true, verbatimSymlinks: true }),
      );
      expect(both.code).toBe('ERR_INCOMPATIBLE_OPTION_PAIR');
    });
  });
}
