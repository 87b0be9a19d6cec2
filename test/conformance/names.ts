import { describe, expect, test } from 'vitest';
import { failureOf, systemFailure } from './failures.ts';
import { freshDirectory, needing, type SubjectSource } from './subject.ts';

/** `rename`, `unlink`, links, `realpath`, and what open files see of them. */
export function describeNames(source: SubjectSource): void {
  describe('names', () => {
    test('rename moves files and directories, over files and empty directories too', async () => {
      const { fs, dir } = await freshDirectory(source);
      const p = fs.promises;
      await p.mkdir(`${dir}/a/b`, { recursive: true });
      await p.mkdir(`${dir}/empty`);
      await p.writeFile(`${dir}/a/f`, 'f');
      await p.writeFile(`${dir}/g`, 'g');
      const { ino } = await p.stat(`${dir}/a/f`);
      await p.rename(`${dir}/a/f`, `${dir}/g`);
      expect(await p.readFile(`${dir}/g`, 'utf8')).toBe('f');
      expect((await p.stat(`${dir}/g`)).ino).toBe(ino);
      await p.rename(`${dir}/a/`, `${dir}/empty/`);
      expect(await p.readdir(dir)).toEqual(['empty', 'g']);
      expect(await p.readdir(`${dir}/empty`)).toEqual(['b']);
      await p.rename(`${dir}/g`, `${dir}/g`);
      expect(await p.readFile(`${dir}/g`, 'utf8')).toBe('f');
    });

    test('an open file goes on after it was renamed', async () => {
      const { fs, dir } = await freshDirectory(source);
      const handle = await fs.promises.open(`${dir}/a`, 'w+');
      await handle.write('before ');
      await fs.promises.rename(`${dir}/a`, `${dir}/b`);
      await handle.write('after');
      expect(await fs.promises.readFile(`${dir}/b`, 'utf8')).toBe('before after');
      await handle.close();
    });

    needing('unlinked', source, 'an open file goes on after it was removed', async () => {
      const { fs, dir } = await freshDirectory(source);
      const handle = await fs.promises.open(`${dir}/a`, 'w+');
      await handle.write('content');
      await fs.promises.unlink(`${dir}/a`);
      expect(await fs.promises.readdir(dir)).toEqual([]);
      await handle.write(' and more');
      expect((await handle.read({ position: 0 })).bytesRead).toBe(16);
      expect((await handle.stat()).nlink).toBe(0);
      await fs.promises.writeFile(`${dir}/a`, 'another');
      expect((await handle.stat()).size).toBe(16);
      await handle.close();
      expect(await fs.promises.readFile(`${dir}/a`, 'utf8')).toBe('another');
    });

    test('an open file goes on after another took its name', async () => {
      const { fs, dir } = await freshDirectory(source);
      await fs.promises.writeFile(`${dir}/a`, 'old');
      await fs.promises.writeFile(`${dir}/new`, 'new');
      const handle = await fs.promises.open(`${dir}/a`);
      await fs.promises.rename(`${dir}/new`, `${dir}/a`);
      expect(await handle.readFile('utf8')).toBe('old');
      expect(await fs.promises.readFile(`${dir}/a`, 'utf8')).toBe('new');
      await handle.close();
    });

    test('two handles of one file see each other’s writes', async () => {
      const { fs, dir } = await freshDirectory(source);
      const one = await fs.promises.open(`${dir}/f`, 'w+');
      const other = await fs.promises.open(`${dir}/f`, 'r+');
      await one.write('0123456789');
      await other.write('ab', 2);
      expect(await fs.promises.readFile(`${dir}/f`, 'utf8')).toBe('01ab456789');
      expect((await one.read({ position: 0 })).buffer.subarray(0, 4).toString()).toBe('01ab');
      await other.truncate(3);
      expect((await one.stat()).size).toBe(3);
      await one.close();
      await other.close();
    });

    test('a write far behind the end leaves zeros between', async () => {
      const { fs, dir } = await freshDirectory(source);
      const handle = await fs.promises.open(`${dir}/f`, 'w+');
      await handle.write('start');
      await handle.write('end', 100_000);
      await handle.close();
      const content = await fs.promises.readFile(`${dir}/f`);
      expect(content.length).toBe(100_003);
      expect(content.subarray(5, 100_000).every((byte) => byte === 0)).toBe(true);
      expect(content.subarray(100_000).toString()).toBe('end');
    });

    test('realpath takes the detours out', async () => {
      const { fs, dir } = await freshDirectory(source);
      await fs.promises.mkdir(`${dir}/a/b`, { recursive: true });
      expect(await fs.promises.realpath(`${dir}//a/./b/..`)).toBe(`${dir}/a`);
      expect(await fs.promises.realpath(`${dir}/a`, 'buffer')).toEqual(Buffer.from(`${dir}/a`));
      expect(await fs.promises.realpath('/')).toBe('/');
    });

    needing('links', source, 'a file may have several names, each as good as the other', async () => {
      const { fs, dir } = await freshDirectory(source);
      const p = fs.promises;
      await p.mkdir(`${dir}/folder`);
      await p.writeFile(`${dir}/f`, 'one');
      await p.link(`${dir}/f`, `${dir}/folder/h`);
      const [first, second] = [await p.stat(`${dir}/f`), await p.stat(`${dir}/folder/h`)];
      expect([first.ino, first.nlink, second.nlink]).toEqual([second.ino, 2, 2]);
      await p.appendFile(`${dir}/folder/h`, ' two');
      expect(await p.readFile(`${dir}/f`, 'utf8')).toBe('one two');
      await p.chmod(`${dir}/f`, 0o600);
      expect((await p.stat(`${dir}/folder/h`)).mode & 0o777).toBe(0o600);
      // A rename onto another name of the same file does nothing.
      await p.rename(`${dir}/f`, `${dir}/folder/h`);
      expect(await p.readdir(dir)).toEqual(['f', 'folder']);
      await p.unlink(`${dir}/f`);
      expect((await p.stat(`${dir}/folder/h`)).nlink).toBe(1);
      expect(await p.readFile(`${dir}/folder/h`, 'utf8')).toBe('one two');
    });

    needing('links', source, 'one of several names is renamed, replaced and removed without the others', async () => {
      const { fs, dir } = await freshDirectory(source);
      const p = fs.promises;
      await p.writeFile(`${dir}/a`, 'linked');
      await p.link(`${dir}/a`, `${dir}/b`);
      await p.link(`${dir}/b`, `${dir}/c`);
      await p.rename(`${dir}/a`, `${dir}/d`);
      await p.writeFile(`${dir}/new`, 'new');
      await p.rename(`${dir}/new`, `${dir}/b`);
      expect((await p.stat(`${dir}/d`)).nlink).toBe(2);
      await p.writeFile(`${dir}/c`, 'changed');
      expect(await p.readFile(`${dir}/d`, 'utf8')).toBe('changed');
      expect(await p.readFile(`${dir}/b`, 'utf8')).toBe('new');
      await using open = await p.open(`${dir}/c`);
      await p.unlink(`${dir}/c`);
      await p.unlink(`${dir}/d`);
      expect((await open.stat()).nlink).toBe(0);
      expect(await open.readFile('utf8')).toBe('changed');
    });

    test('a second name is refused for folders, over names, and for nothing', async () => {
      const { fs, dir } = await freshDirectory(source);
      const p = fs.promises;
      await p.mkdir(`${dir}/folder`);
      await p.writeFile(`${dir}/f`, '');
      const refusals: [from: string, to: string, code: 'EPERM' | 'EEXIST' | 'ENOENT'][] = [
        ['folder', 'h', 'EPERM'],
        ['f', 'folder', 'EEXIST'],
        ['f', 'f', 'EEXIST'],
        ['missing', 'h', 'ENOENT'],
      ];
      for (const [from, to, code] of refusals) {
        expect(await failureOf(() => p.link(`${dir}/${from}`, `${dir}/${to}`))).toEqual(
          systemFailure(code, 'link', `${dir}/${from}`, `${dir}/${to}`),
        );
      }
    });

    needing('links', source, 'a symbolic link may have several names too', async () => {
      const { fs, dir } = await freshDirectory(source);
      await fs.promises.symlink('nowhere', `${dir}/s`);
      await fs.promises.link(`${dir}/s`, `${dir}/t`);
      expect(await fs.promises.readlink(`${dir}/t`)).toBe('nowhere');
      expect((await fs.promises.lstat(`${dir}/s`)).nlink).toBe(2);
    });
  });
}
