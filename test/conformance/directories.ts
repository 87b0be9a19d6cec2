import { describe, expect, test } from 'vitest';
import { failureOf, systemFailure } from './failures.ts';
import { freshDirectory, type SubjectSource } from './subject.ts';

/** `mkdir`, `mkdtemp`, `readdir`, `opendir`, `rmdir`, `rm`. */
export function describeDirectories(source: SubjectSource): void {
  describe('directories', () => {
    test('mkdir makes one directory, with the umask taken off', async () => {
      const { fs, dir } = await freshDirectory(source);
      expect(await fs.promises.mkdir(`${dir}/a`)).toBeUndefined();
      expect(await fs.promises.mkdir(`${dir}/b/`, 0o700)).toBeUndefined();
      expect(await fs.promises.mkdir(`${dir}/c`, { mode: '0750' })).toBeUndefined();
      const mode = async (name: string) => (await fs.promises.stat(`${dir}/${name}`)).mode;
      const umask = process.umask();
      expect(await mode('a')).toBe(0o40000 | (0o777 & ~umask));
      expect(await mode('b')).toBe(0o40000 | (0o700 & ~umask));
      expect(await mode('c')).toBe(0o40000 | (0o750 & ~umask));
    });

    test('mkdir recursive tells the first one it made', async () => {
      const { fs, dir } = await freshDirectory(source);
      const p = fs.promises;
      expect(await p.mkdir(`${dir}/a/b/c`, { recursive: true })).toBe(`${dir}/a`);
      expect(await p.mkdir(`${dir}/a/b/c/d/e/`, { recursive: true })).toBe(`${dir}/a/b/c/d`);
      expect(await p.mkdir(`${dir}/a/b`, { recursive: true })).toBeUndefined();
      expect(await p.mkdir(`${dir}/.`, { recursive: true })).toBeUndefined();
      expect(await p.mkdir('/', { recursive: true })).toBeUndefined();
    });

    test('mkdir recursive many times at once makes one tree', async () => {
      const { fs, dir } = await freshDirectory(source);
      await Promise.all(
        Array.from({ length: 10 }, (_, i) => fs.promises.mkdir(`${dir}/x/y/${i % 3}`, { recursive: true })),
      );
      expect(await fs.promises.readdir(`${dir}/x/y`)).toEqual(['0', '1', '2']);
    });

    test('mkdtemp makes a directory nobody else can look into', async () => {
      const { fs, dir } = await freshDirectory(source);
      const one = await fs.promises.mkdtemp(`${dir}/t-`);
      const other = await fs.promises.mkdtemp(`${dir}/t-`, 'utf8');
      expect(one).toMatch(/\/t-[A-Za-z0-9]{6}$/);
      expect(other).not.toBe(one);
      expect((await fs.promises.stat(one)).mode).toBe(0o40700);
      const bytes = await fs.promises.mkdtemp(`${dir}/t-`, 'buffer');
      expect(Buffer.isBuffer(bytes)).toBe(true);
    });

    test('readdir lists sorted names', async () => {
      const { fs, dir } = await freshDirectory(source);
      for (const name of ['b', 'a', 'Z', 'grün', '.hidden', 'a b']) await fs.promises.writeFile(`${dir}/${name}`, '');
      expect(await fs.promises.readdir(dir)).toEqual(['.hidden', 'Z', 'a', 'a b', 'b', 'grün']);
      expect(await fs.promises.readdir(`${dir}/`, 'base64')).toContain(Buffer.from('grün').toString('base64'));
      expect(await fs.promises.readdir(dir, { encoding: 'buffer' })).toContainEqual(Buffer.from('grün'));
    });

    test('readdir with types', async () => {
      const { fs, dir } = await freshDirectory(source);
      await fs.promises.mkdir(`${dir}/d`);
      await fs.promises.writeFile(`${dir}/f`, 'x');
      const entries = await fs.promises.readdir(dir, { withFileTypes: true });
      expect(entries.map((entry) => [entry.name, entry.isDirectory(), entry.isFile()])).toEqual([
        ['d', true, false],
        ['f', false, true],
      ]);
      for (const entry of entries) {
        expect(entry.parentPath).toBe(dir);
        expect([entry.isSymbolicLink(), entry.isFIFO(), entry.isSocket()]).toEqual([false, false, false]);
        expect([entry.isBlockDevice(), entry.isCharacterDevice()]).toEqual([false, false]);
      }
      const bytes = await fs.promises.readdir(dir, { withFileTypes: true, encoding: 'buffer' });
      expect(bytes.map(({ name }) => name)).toEqual([Buffer.from('d'), Buffer.from('f')]);
    });

    test('readdir recursive', async () => {
      const { fs, dir } = await freshDirectory(source);
      await fs.promises.mkdir(`${dir}/a/b`, { recursive: true });
      await fs.promises.mkdir(`${dir}/c`);
      for (const name of ['f', 'a/g', 'a/b/h', 'c/i']) await fs.promises.writeFile(`${dir}/${name}`, '');
      const names = await fs.promises.readdir(dir, { recursive: true });
      expect(names.toSorted()).toEqual(['a', 'a/b', 'a/b/h', 'a/g', 'c', 'c/i', 'f']);
      expect(await fs.promises.readdir(`${dir}/a/.`, { recursive: true })).toHaveLength(3);
      const entries = await fs.promises.readdir(dir, { recursive: true, withFileTypes: true });
      const paths = entries.map((entry) => `${entry.parentPath}/${entry.name}`).toSorted();
      expect(paths).toEqual(['a', 'a/b', 'a/b/h', 'a/g', 'c', 'c/i', 'f'].map((name) => `${dir}/${name}`));
    });

    test('opendir reads entry by entry', async () => {
      const { fs, dir } = await freshDirectory(source);
      await fs.promises.mkdir(`${dir}/d`);
      await fs.promises.writeFile(`${dir}/d/inner`, 'x');
      await fs.promises.writeFile(`${dir}/f`, 'x');
      const opened = await fs.promises.opendir(dir);
      expect(opened.path).toBe(dir);
      const names = [(await opened.read())?.name, (await opened.read())?.name];
      expect(names.toSorted()).toEqual(['d', 'f']);
      expect(await opened.read()).toBeNull();
      await opened.close();
      const iterated: string[] = [];
      for await (const entry of await fs.promises.opendir(dir, { recursive: true })) iterated.push(entry.name);
      expect(iterated.toSorted()).toEqual(['d', 'f', 'inner']);
    });

    test('opendir: leaving a loop closes; a closed one refuses', async () => {
      const { fs, dir } = await freshDirectory(source);
      await fs.promises.writeFile(`${dir}/f`, 'x');
      const opened = await fs.promises.opendir(dir, { bufferSize: 1 });
      for await (const entry of opened) {
        expect(entry.name).toBe('f');
        break;
      }
      const closed = { name: 'Error', message: 'Directory handle was closed', code: 'ERR_DIR_CLOSED' };
      expect(await failureOf(async () => opened.read())).toEqual(closed);
      expect(await failureOf(() => opened.close())).toEqual(closed);
      expect(await failureOf(async () => opened.readSync())).toEqual(closed);
      expect(await failureOf(async () => opened.closeSync())).toEqual(closed);
    });

    test('opendir with callbacks', async () => {
      const { fs, dir } = await freshDirectory(source);
      await fs.promises.writeFile(`${dir}/f`, 'x');
      const opened = await fs.promises.opendir(dir);
      const results: unknown[] = [];
      await new Promise<void>((resolve) => {
        opened.read((error, entry) => {
          results.push(error, entry?.name);
          opened.read((atEnd, none) => {
            results.push(atEnd, none);
            opened.close((closing) => {
              results.push(closing ?? null);
              resolve();
            });
          });
        });
        results.push('returned');
      });
      expect(results).toEqual(['returned', null, 'f', null, null, null]);
    });

    test('rmdir removes empty directories only', async () => {
      const { fs, dir } = await freshDirectory(source);
      await fs.promises.mkdir(`${dir}/a/b`, { recursive: true });
      await fs.promises.rmdir(`${dir}/a/b/`);
      await fs.promises.rmdir(`${dir}/a`);
      expect(await fs.promises.readdir(dir)).toEqual([]);
    });

    test('rm removes files, and trees when told to', async () => {
      const { fs, dir } = await freshDirectory(source);
      const p = fs.promises;
      await p.mkdir(`${dir}/a/b/c`, { recursive: true });
      for (const name of ['f', 'a/f', 'a/b/f', 'a/b/c/f']) await p.writeFile(`${dir}/${name}`, 'x');
      await p.rm(`${dir}/f`);
      const { name, message, code, syscall, path, errno } = await failureOf(() => p.rm(`${dir}/a`));
      expect({ name, code, syscall, path, errno }).toEqual({
        name: 'SystemError',
        code: 'ERR_FS_EISDIR',
        syscall: 'rm',
        path: `${dir}/a`,
        errno: 21,
      });
      expect(message).toBe(`Path is a directory: rm returned EISDIR (is a directory) ${dir}/a`);
      await p.rm(`${dir}/a`, { recursive: true });
      await p.rm(`${dir}/a`, { force: true });
      await p.rm(`${dir}/a`, { recursive: true, force: true });
      expect(await failureOf(() => p.rm(`${dir}/a`, { recursive: true }))).toEqual(
        systemFailure('ENOENT', 'lstat', `${dir}/a`),
      );
      expect(await p.readdir(dir)).toEqual([]);
    });
  });
}
