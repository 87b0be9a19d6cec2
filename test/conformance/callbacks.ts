import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { failureOf, seen, systemFailure } from './failures.ts';
import { freshDirectory, needing, type SubjectSource } from './subject.ts';

/** Calls a function with a callback, and gives what that was called with. */
function calledBack(call: (callback: (...results: unknown[]) => void) => unknown): Promise<unknown[]> {
  return new Promise((resolve) => {
    call((...results) => resolve(results));
  });
}

/** The functions with callbacks. What they do is what the promises do; what is theirs is said here. */
export function describeCallbacks(source: SubjectSource): void {
  describe('callbacks', () => {
    test('get null and the answer, null alone where there is none, or the error', async () => {
      const { fs, dir } = await freshDirectory(source);
      expect(await calledBack((done) => fs.writeFile(`${dir}/f`, 'abc', done))).toEqual([null]);
      expect(await calledBack((done) => fs.readFile(`${dir}/f`, 'utf8', done))).toEqual([null, 'abc']);
      expect(await calledBack((done) => fs.readFile(`${dir}/f`, done))).toEqual([null, Buffer.from('abc')]);
      expect(await calledBack((done) => fs.readdir(dir, done))).toEqual([null, ['f']]);
      expect(await calledBack((done) => fs.mkdir(`${dir}/a/b`, { recursive: true }, done))).toEqual([null, `${dir}/a`]);
      expect(await calledBack((done) => fs.access(`${dir}/f`, done))).toEqual([null]);
      const [error, ...rest] = await calledBack((done) => fs.stat(`${dir}/none`, done));
      expect(seen(error)).toEqual(systemFailure('ENOENT', 'stat', `${dir}/none`));
      expect(rest).toEqual([]);
    });

    test('are called after the call has returned', async () => {
      const { fs, dir } = await freshDirectory(source);
      await fs.promises.writeFile(`${dir}/f`, 'abc');
      const told: string[] = [];
      const telling = (name: string, callback: () => void) => () => {
        told.push(name);
        callback();
      };
      const done = Promise.all([
        calledBack((callback) => fs.stat(`${dir}/f`, telling('told', callback))),
        calledBack((callback) => fs.stat(`${dir}/none`, telling('told', callback))),
      ]);
      told.push('returned');
      await done;
      expect(told).toEqual(['returned', 'told', 'told']);
    });

    needing(
      'times',
      source,
      'descriptors: open, write, read, fstat, ftruncate, futimes, fchmod, fsync, close',
      async () => {
        const { fs, dir } = await freshDirectory(source);
        const opened = await calledBack((done) => fs.open(`${dir}/f`, 'w+', 0o644, done));
        expect(opened[0]).toBeNull();
        const fd = Number(opened[1]);
        const data = Buffer.from('0123456789');
        expect(await calledBack((done) => fs.write(fd, data, done))).toEqual([null, 10, data]);
        expect(await calledBack((done) => fs.write(fd, data, 8, done))).toEqual([null, 2, data]);
        expect(await calledBack((done) => fs.write(fd, data, 0, 1, 5, done))).toEqual([null, 1, data]);
        expect(await calledBack((done) => fs.write(fd, 'xyz', 2, 'utf8', done))).toEqual([null, 3, 'xyz']);
        expect(await calledBack((done) => fs.write(fd, '!', done))).toEqual([null, 1, '!']);
        const buffer = Buffer.alloc(13);
        expect(await calledBack((done) => fs.read(fd, buffer, 0, 13, 0, done))).toEqual([null, 13, buffer]);
        expect(buffer.toString()).toBe('01xyz0678989!');
        const options = { buffer: Buffer.alloc(3), position: 2 };
        expect(await calledBack((done) => fs.read(fd, options, done))).toEqual([null, 3, Buffer.from('xyz')]);
        expect((await calledBack((done) => fs.read(fd, done)))[1]).toBe(0);
        expect(await calledBack((done) => fs.read(fd, buffer, 0, 0, 0, done))).toEqual([null, 0, buffer]);
        expect(await calledBack((done) => fs.writev(fd, [data, data], 0, done))).toEqual([null, 20, [data, data]]);
        const parts = [Buffer.alloc(4), Buffer.alloc(2)];
        expect(await calledBack((done) => fs.readv(fd, parts, 8, done))).toEqual([null, 6, parts]);
        expect(parts.join('')).toBe('890123');
        expect(await calledBack((done) => fs.ftruncate(fd, 5, done))).toEqual([null]);
        expect(await calledBack((done) => fs.futimes(fd, 1, 2, done))).toEqual([null]);
        expect(await calledBack((done) => fs.fchmod(fd, 0o600, done))).toEqual([null]);
        expect(await calledBack((done) => fs.fsync(fd, done))).toEqual([null]);
        expect(await calledBack((done) => fs.fdatasync(fd, done))).toEqual([null]);
        const [, stats] = await calledBack((done) => fs.fstat(fd, done));
        expect(stats).toMatchObject({ size: 5, mtimeMs: 2000, mode: 0o100600 });
        expect(await calledBack((done) => fs.close(fd, done))).toEqual([null]);
        const [closed] = await calledBack((done) => fs.fstat(fd, done));
        expect(seen(closed)).toEqual(systemFailure('EBADF', 'fstat'));
        expect(seen((await calledBack((done) => fs.close(fd, done)))[0])).toEqual(systemFailure('EBADF', 'close'));
      },
    );

    test('readFile, writeFile and appendFile take descriptors, and leave them open', async () => {
      const { fs, dir } = await freshDirectory(source);
      const fd = Number((await calledBack((done) => fs.open(`${dir}/f`, 'w+', done)))[1]);
      expect(await calledBack((done) => fs.writeFile(fd, 'one', done))).toEqual([null]);
      expect(await calledBack((done) => fs.appendFile(fd, 'two', done))).toEqual([null]);
      expect(await calledBack((done) => fs.readFile(fd, 'utf8', done))).toEqual([null, '']);
      expect(await fs.promises.readFile(`${dir}/f`, 'utf8')).toBe('onetwo');
      expect(await calledBack((done) => fs.close(fd, done))).toEqual([null]);
    });

    test('exists tells only whether', async () => {
      const { fs, dir } = await freshDirectory(source);
      expect(await calledBack((done) => fs.exists(dir, done))).toEqual([true]);
      expect(await calledBack((done) => fs.exists(`${dir}/none`, done))).toEqual([false]);
      expect(await calledBack((done) => fs.exists('a\0b', done))).toEqual([false]);
      expect(await promisify(fs.exists)(dir)).toBe(true);
    });

    test('promisify gives both results of a read and a write', async () => {
      const { fs, dir } = await freshDirectory(source);
      const fd = await promisify(fs.open)(`${dir}/f`, 'w+');
      const data = Buffer.from('abc');
      expect(await promisify(fs.write)(fd, data, 0, 3, 0)).toEqual({ bytesWritten: 3, buffer: data });
      const buffer = Buffer.alloc(2);
      expect(await promisify(fs.read)(fd, buffer, 0, 2, 1)).toEqual({ bytesRead: 2, buffer });
      await promisify(fs.close)(fd);
    });

    test('realpath names the first name that is missing', async () => {
      const { fs, dir } = await freshDirectory(source);
      expect(await calledBack((done) => fs.realpath(`${dir}/.`, done))).toEqual([null, dir]);
      expect(await calledBack((done) => fs.realpath.native(`${dir}/.`, done))).toEqual([null, dir]);
      const [error] = await calledBack((done) => fs.realpath(`${dir}/none/below`, done));
      expect(seen(error)).toEqual(systemFailure('ENOENT', 'lstat', `${dir}/none`));
      const [native] = await calledBack((done) => fs.realpath.native(`${dir}/none/below`, done));
      expect(seen(native)).toEqual(systemFailure('ENOENT', 'realpath', `${dir}/none/below`));
    });

    test('an aborted signal comes to the callback', async () => {
      const { fs, dir } = await freshDirectory(source);
      const [error] = await calledBack((done) => fs.readFile(`${dir}/f`, { signal: AbortSignal.abort() }, done));
      expect(seen(error)).toMatchObject({ name: 'AbortError', code: 'ABORT_ERR' });
    });

    test('without a callback, a call throws', async () => {
      const { fs, dir } = await freshDirectory(source);
      const calls: Record<string, (...args: unknown[]) => void> = fs as never;
      const given: Readonly<Record<string, readonly unknown[]>> = {
        access: [dir],
        chmod: [dir, 0o755],
        mkdir: [`${dir}/d`],
        open: [`${dir}/f`],
        readFile: [`${dir}/f`],
        readdir: [dir],
        rename: [`${dir}/a`, `${dir}/b`],
        stat: [dir],
        unlink: [`${dir}/f`],
        utimes: [dir, 1, 1],
        writeFile: [`${dir}/f`, 'x'],
      };
      for (const [name, args] of Object.entries(given)) {
        expect(await failureOf(() => calls[name]?.(...args))).toMatchObject({
          name: 'TypeError',
          code: 'ERR_INVALID_ARG_TYPE',
          message: expect.stringMatching(/argument must be of type function\. Received/),
        });
      }
      expect(await fs.promises.readdir(dir)).toEqual([]);
    });

    test('what is no valid argument is thrown, not told to the callback', async () => {
      const { fs } = await freshDirectory(source);
      const unexpected = (): never => {
        throw new Error('the callback was called');
      };
      const calls: readonly (() => unknown)[] = [
        () => fs.stat(5 as unknown as string, unexpected),
        () => fs.readFile('a\0b', unexpected),
        () => fs.open('f', 'q', unexpected),
        () => fs.close('x' as unknown as number, unexpected),
        () => fs.read(-1, Buffer.alloc(1), 0, 1, 0, unexpected),
        () => fs.rename('a', null as unknown as string, unexpected),
        () => fs.read(1, Buffer.alloc(1), 0, 1, 2n ** 63n, unexpected),
        // Arguments come before the callback that is missing, too.
        () => (fs.fchmod as unknown as (fd: number, mode: string) => void)(1, 'rwx'),
      ];
      for (const call of calls) {
        expect((await failureOf(call)).code).toMatch(/^ERR_(INVALID_ARG_TYPE|INVALID_ARG_VALUE|OUT_OF_RANGE)$/);
      }
    });
  });
}
