import { constants } from 'node:fs';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { failureOf, systemFailure } from './failures.ts';
import { freshDirectory, type SubjectSource } from './subject.ts';

/** `readFile`, `writeFile`, `appendFile`, `truncate`, `copyFile`. */
export function describeWholeFiles(source: SubjectSource): void {
  describe('whole files', () => {
    test('writeFile takes strings, buffers, views and array buffers of them', async () => {
      const { fs, dir } = await freshDirectory(source);
      const p = fs.promises;
      await p.writeFile(`${dir}/s`, 'grüße');
      await p.writeFile(`${dir}/l`, 'grüße', 'latin1');
      await p.writeFile(`${dir}/h`, '00ff10', { encoding: 'hex' });
      await p.writeFile(`${dir}/b`, Buffer.from([1, 2, 3]));
      await p.writeFile(`${dir}/v`, new DataView(Uint8Array.of(0, 1, 2, 3).buffer, 1, 2));
      await p.writeFile(`${dir}/u`, Uint16Array.of(0x0201, 0x0403));
      expect(await p.readFile(`${dir}/s`)).toEqual(Buffer.from('grüße'));
      expect(await p.readFile(`${dir}/l`)).toEqual(Buffer.from('grüße', 'latin1'));
      expect(await p.readFile(`${dir}/h`, 'hex')).toBe('00ff10');
      expect(await p.readFile(`${dir}/b`)).toEqual(Buffer.from([1, 2, 3]));
      expect(await p.readFile(`${dir}/v`)).toEqual(Buffer.from([1, 2]));
      expect(await p.readFile(`${dir}/u`)).toEqual(Buffer.from([1, 2, 3, 4]));
    });

    test('writeFile takes iterables, async iterables and streams', async () => {
      const { fs, dir } = await freshDirectory(source);
      const p = fs.promises;
      await p.writeFile(`${dir}/i`, ['one ', 'two ', 'drei'], 'utf8');
      await p.writeFile(
        `${dir}/a`,
        (async function* () {
          yield Buffer.from('x');
          yield 'y';
        })(),
      );
      await p.writeFile(`${dir}/r`, Readable.from([Buffer.from('ab'), Buffer.from('cd')]), { flush: true });
      expect(await p.readFile(`${dir}/i`, 'utf8')).toBe('one two drei');
      expect(await p.readFile(`${dir}/a`, 'utf8')).toBe('xy');
      expect(await p.readFile(`${dir}/r`, 'utf8')).toBe('abcd');
    });

    test('a file is replaced, also by a shorter one', async () => {
      const { fs, dir } = await freshDirectory(source);
      await fs.promises.writeFile(`${dir}/f`, 'a long content');
      await fs.promises.writeFile(`${dir}/f`, 'short');
      expect(await fs.promises.readFile(`${dir}/f`, 'utf8')).toBe('short');
      await fs.promises.writeFile(`${dir}/f`, '');
      expect(await fs.promises.readFile(`${dir}/f`)).toEqual(Buffer.alloc(0));
    });

    test('flags: r+ keeps the rest, a appends, wx refuses, a+ reads', async () => {
      const { fs, dir } = await freshDirectory(source);
      const p = fs.promises;
      await p.writeFile(`${dir}/f`, '0123456789');
      await p.writeFile(`${dir}/f`, 'ab', { flag: 'r+' });
      await p.writeFile(`${dir}/f`, '!', { flag: 'a' });
      expect(await p.readFile(`${dir}/f`, 'utf8')).toBe('ab23456789!');
      expect(await failureOf(() => p.writeFile(`${dir}/f`, 'x', { flag: 'wx' }))).toEqual(
        systemFailure('EEXIST', 'open', `${dir}/f`),
      );
      expect(await p.readFile(`${dir}/f`, { encoding: 'utf8', flag: 'a+' })).toBe('ab23456789!');
      expect(await p.readFile(`${dir}/new`, { encoding: 'utf8', flag: 'w+' })).toBe('');
    });

    test('appendFile appends, and makes what is missing', async () => {
      const { fs, dir } = await freshDirectory(source);
      await fs.promises.appendFile(`${dir}/f`, 'one');
      await fs.promises.appendFile(`${dir}/f`, Buffer.from('two'));
      expect(await fs.promises.readFile(`${dir}/f`, 'utf8')).toBe('onetwo');
    });

    test('the mode of a new file, before the umask', async () => {
      const { fs, dir } = await freshDirectory(source);
      const umask = process.umask();
      await fs.promises.writeFile(`${dir}/f`, 'x', { mode: 0o777 });
      await fs.promises.writeFile(`${dir}/o`, 'x', { mode: '600' as unknown as number });
      await fs.promises.writeFile(`${dir}/d`, 'x');
      const mode = async (name: string) => (await fs.promises.stat(`${dir}/${name}`)).mode & 0o777;
      expect(await mode('f')).toBe(0o777 & ~umask);
      expect(await mode('o')).toBe(0o600);
      expect(await mode('d')).toBe(0o666 & ~umask);
    });

    test('large files keep every byte', async () => {
      const { fs, dir } = await freshDirectory(source);
      const data = Buffer.alloc(9 * 1024 * 1024 + 17);
      for (let i = 0; i < data.length; i += 4096) data.writeUInt32LE(i, Math.min(i, data.length - 4));
      await fs.promises.writeFile(`${dir}/f`, data);
      expect((await fs.promises.readFile(`${dir}/f`)).equals(data)).toBe(true);
      expect((await fs.promises.readFile(`${dir}/f`, 'base64')) === data.toString('base64')).toBe(true);
    });

    test('a result is the caller’s own: changing it changes nothing', async () => {
      const { fs, dir } = await freshDirectory(source);
      await fs.promises.writeFile(`${dir}/f`, 'abc');
      (await fs.promises.readFile(`${dir}/f`)).fill(0);
      expect(await fs.promises.readFile(`${dir}/f`, 'utf8')).toBe('abc');
    });

    test('data given to a write may be changed once the write is done', async () => {
      const { fs, dir } = await freshDirectory(source);
      const data = Buffer.from('abc');
      await fs.promises.writeFile(`${dir}/f`, data);
      data.fill(0);
      expect(await fs.promises.readFile(`${dir}/f`, 'utf8')).toBe('abc');
    });

    test('an aborted signal stops reading and writing', async () => {
      const { fs, dir } = await freshDirectory(source);
      await fs.promises.writeFile(`${dir}/f`, 'x');
      const signal = AbortSignal.abort('enough');
      for (const action of [
        () => fs.promises.readFile(`${dir}/f`, { signal }),
        () => fs.promises.writeFile(`${dir}/g`, 'x', { signal }),
        () => fs.promises.writeFile(`${dir}/g`, ['x'], { signal }),
      ]) {
        const { name, code, message } = await failureOf(action);
        expect({ name, code, message }).toEqual({
          name: 'AbortError',
          code: 'ABORT_ERR',
          message: 'The operation was aborted',
        });
      }
      expect(await fs.promises.readdir(dir)).toEqual(['f']);
    });

    test('a signal that fires between two pieces leaves the first ones', async () => {
      const { fs, dir } = await freshDirectory(source);
      const controller = new AbortController();
      const pieces = (function* () {
        yield 'first';
        controller.abort();
        yield 'second';
      })();
      const { code } = await failureOf(() => fs.promises.writeFile(`${dir}/f`, pieces, { signal: controller.signal }));
      expect(code).toBe('ABORT_ERR');
      expect(await fs.promises.readFile(`${dir}/f`, 'utf8')).toBe('first');
    });

    test('a signal that fires right after the call stops it, however fast the answer would be', async () => {
      const { fs, dir } = await freshDirectory(source);
      await fs.promises.writeFile(`${dir}/f`, 'x');
      const handle = await fs.promises.open(`${dir}/g`, 'w+');
      const ended = Readable.from([]);
      const calls: readonly ((signal: AbortSignal) => Promise<unknown>)[] = [
        (signal) => fs.promises.readFile(`${dir}/f`, { signal }),
        (signal) => fs.promises.writeFile(`${dir}/f`, 'y', { signal }),
        (signal) => fs.promises.writeFile(`${dir}/f`, ended, { signal }),
        (signal) => handle.readFile({ signal }),
        (signal) => handle.writeFile(Buffer.alloc(2_000_000), { signal } as object),
      ];
      for (const call of calls) {
        const controller = new AbortController();
        process.nextTick(() => controller.abort());
        expect(await failureOf(() => call(controller.signal))).toMatchObject({ name: 'AbortError', code: 'ABORT_ERR' });
      }
      await handle.close();
    });

    test('paths may be buffers and file URLs', async () => {
      const { fs, dir } = await freshDirectory(source);
      await fs.promises.writeFile(Buffer.from(`${dir}/grüße`), 'b');
      expect(await fs.promises.readFile(pathToFileURL(`${dir}/grüße`), 'utf8')).toBe('b');
      expect(await fs.promises.readdir(Buffer.from(dir))).toEqual(['grüße']);
    });

    test('paths with dots, doubled slashes and a way up', async () => {
      const { fs, dir } = await freshDirectory(source);
      await fs.promises.mkdir(`${dir}/a/b`, { recursive: true });
      await fs.promises.writeFile(`${dir}//a/./b/../f`, 'x');
      expect(await fs.promises.readFile(`${dir}/a/f`, 'utf8')).toBe('x');
      expect(await fs.promises.readdir(`${dir}/a//b/..//`)).toEqual(['b', 'f']);
    });

    test('truncate cuts and extends with zeros', async () => {
      const { fs, dir } = await freshDirectory(source);
      const p = fs.promises;
      await p.writeFile(`${dir}/f`, '0123456789');
      await p.truncate(`${dir}/f`, 4);
      await p.truncate(`${dir}/f`, 6);
      expect(await p.readFile(`${dir}/f`)).toEqual(Buffer.from('0123\0\0'));
      await p.truncate(`${dir}/f`, -1);
      expect((await p.stat(`${dir}/f`)).size).toBe(0);
      await p.truncate(`${dir}/f`, 3);
      await p.truncate(`${dir}/f`);
      expect((await p.stat(`${dir}/f`)).size).toBe(0);
    });

    test('copyFile copies content and permission bits, over an existing file too', async () => {
      const { fs, dir } = await freshDirectory(source);
      const p = fs.promises;
      await p.writeFile(`${dir}/a`, 'content');
      await p.chmod(`${dir}/a`, 0o751);
      await p.copyFile(`${dir}/a`, `${dir}/b`, constants.COPYFILE_EXCL);
      await p.writeFile(`${dir}/c`, 'something longer than that');
      await p.copyFile(`${dir}/a`, `${dir}/c`, constants.COPYFILE_FICLONE);
      await p.copyFile(`${dir}/a`, `${dir}/a`);
      for (const name of ['a', 'b', 'c']) {
        expect(await p.readFile(`${dir}/${name}`, 'utf8')).toBe('content');
        expect((await p.stat(`${dir}/${name}`)).mode & 0o777).toBe(0o751);
      }
      await p.writeFile(`${dir}/b`, 'changed');
      expect(await p.readFile(`${dir}/a`, 'utf8')).toBe('content');
    });
  });
}
