import type { EventEmitter } from 'node:events';
import { describe, expect, test } from 'vitest';
import { failureOf, systemFailure } from './failures.ts';
import { freshDirectory, needing, type SubjectSource } from './subject.ts';

/** `open` and `FileHandle`. */
export function describeFileHandles(source: SubjectSource): void {
  describe('file handles', () => {
    test('read in all its forms', async () => {
      const { fs, dir } = await freshDirectory(source);
      await fs.promises.writeFile(`${dir}/f`, '0123456789');
      const handle = await fs.promises.open(`${dir}/f`);
      const buffer = Buffer.alloc(4);
      expect(await handle.read(buffer, 0, 4, 2)).toEqual({ bytesRead: 4, buffer });
      expect(buffer.toString()).toBe('2345');
      await handle.read(buffer, 1, 2, null);
      expect(buffer.toString()).toBe('2015');
      await handle.read(buffer);
      expect(buffer.toString()).toBe('2345');
      await handle.read(buffer, { offset: 2, length: 1, position: 9 });
      expect(buffer.toString()).toBe('2395');
      expect((await handle.read({ buffer, length: 3, position: 8 })).bytesRead).toBe(2);
      expect(buffer.toString()).toBe('8995');
      const own = await handle.read();
      expect(own.bytesRead).toBe(4);
      expect(own.buffer.byteLength).toBe(16384);
      expect(own.buffer.subarray(0, 4).toString()).toBe('6789');
      expect((await handle.read(buffer)).bytesRead).toBe(0);
      expect((await handle.read(Buffer.alloc(0))).bytesRead).toBe(0);
      expect(await handle.read(buffer, 0, 0, 0)).toEqual({ bytesRead: 0, buffer });
      expect((await handle.read({ buffer, position: 100 })).bytesRead).toBe(0);
      expect(Object.getPrototypeOf(own)).toBeNull();
      await handle.close();
    });

    test('write in all its forms', async () => {
      const { fs, dir } = await freshDirectory(source);
      const handle = await fs.promises.open(`${dir}/f`, 'w+');
      const data = Buffer.from('0123456789');
      expect(await handle.write(data)).toEqual({ bytesWritten: 10, buffer: data });
      await handle.write(data, 8, 2, 0);
      // Options are documented; the type declarations lack them.
      await handle.write(data, { offset: 5, length: 1, position: 3 } as unknown as number);
      expect(await handle.write('xyz')).toEqual({ bytesWritten: 3, buffer: 'xyz' });
      await handle.write('ü', 5, 'latin1' as BufferEncoding);
      expect(await handle.write(Buffer.alloc(0))).toEqual({ bytesWritten: 0, buffer: Buffer.alloc(0) });
      expect((await fs.promises.readFile(`${dir}/f`)).toString('latin1')).toBe('89254ü6789xyz');
      await handle.close();
    });

    test('readv and writev', async () => {
      const { fs, dir } = await freshDirectory(source);
      const handle = await fs.promises.open(`${dir}/f`, 'w+');
      const pieces = [Buffer.from('ab'), Buffer.from('cde'), Buffer.alloc(0), Buffer.from('f')];
      expect(await handle.writev(pieces)).toEqual({ bytesWritten: 6, buffers: pieces });
      expect((await handle.writev([Buffer.from('X'), Buffer.from('Y')], 2)).bytesWritten).toBe(2);
      expect((await handle.writev([])).bytesWritten).toBe(0);
      const into = [Buffer.alloc(1), Buffer.alloc(3), Buffer.alloc(10)];
      expect((await handle.readv(into, 1)).bytesRead).toBe(5);
      expect(into.map((buffer) => buffer.toString('latin1'))).toEqual(['b', 'XYe', `f${'\0'.repeat(9)}`]);
      expect((await handle.readv([Buffer.alloc(2)])).bytesRead).toBe(0);
      await handle.close();
    });

    test('reads and writes without a position go on where the last one ended', async () => {
      const { fs, dir } = await freshDirectory(source);
      const handle = await fs.promises.open(`${dir}/f`, 'w+');
      await Promise.all(Array.from({ length: 50 }, (_, i) => handle.write(`${String(i).padStart(3, '0')};`)));
      const lines = (await fs.promises.readFile(`${dir}/f`, 'utf8')).split(';');
      expect(new Set(lines).size).toBe(51);
      await handle.close();
      const reader = await fs.promises.open(`${dir}/f`);
      const reads = await Promise.all(Array.from({ length: 50 }, () => reader.read(Buffer.alloc(4))));
      expect(new Set(reads.map(({ buffer }) => buffer.toString())).size).toBe(50);
      await reader.close();
    });

    test('append goes to the end, wherever a position points', async () => {
      const { fs, dir } = await freshDirectory(source);
      await fs.promises.writeFile(`${dir}/f`, 'start');
      const handle = await fs.promises.open(`${dir}/f`, 'a+');
      await handle.write('-one');
      await fs.promises.appendFile(`${dir}/f`, '-between');
      await handle.write('-two', 0);
      expect((await handle.read({ position: 0 })).buffer.subarray(0, 21).toString()).toBe('start-one-between-two');
      await handle.close();
    });

    needing('times', source, 'stat, truncate, chmod, utimes and chown of what is open', async () => {
      const { fs, dir } = await freshDirectory(source);
      const handle = await fs.promises.open(`${dir}/f`, 'w+');
      await handle.writeFile('0123456789');
      await handle.truncate(4);
      await handle.chmod(0o640);
      await handle.utimes(1_000_000_000, 1_100_000_000);
      await handle.chown(-1, -1);
      const stats = await handle.stat();
      expect(stats.size).toBe(4);
      expect(stats.mode).toBe(0o100640);
      expect(stats.mtimeMs).toBe(1_100_000_000_000);
      expect((await handle.stat({ bigint: true })).mtimeNs).toBe(1_100_000_000_000_000_000n);
      expect((await fs.promises.stat(`${dir}/f`)).ino).toBe(stats.ino);
      await handle.truncate();
      expect((await handle.stat()).size).toBe(0);
      await handle.sync();
      await handle.datasync();
      await handle.close();
    });

    test('readFile, writeFile and appendFile work at the handle’s position', async () => {
      const { fs, dir } = await freshDirectory(source);
      const handle = await fs.promises.open(`${dir}/f`, 'w+');
      await handle.writeFile('abc');
      await fs.promises.writeFile(handle, ['d', 'e']);
      await handle.appendFile('f');
      expect(await handle.readFile('utf8')).toBe('');
      await handle.read(Buffer.alloc(2), 0, 2, 0);
      expect(await fs.promises.readFile(`${dir}/f`, 'utf8')).toBe('abcdef');
      await handle.close();
      const reader = await fs.promises.open(`${dir}/f`);
      await reader.read(Buffer.alloc(2));
      expect(await reader.readFile({ encoding: 'utf8' })).toBe('cdef');
      expect(await fs.promises.readFile(reader, 'utf8')).toBe('');
      await reader.close();
    });

    test('what a handle is not open for is refused', async () => {
      const { fs, dir } = await freshDirectory(source);
      await fs.promises.writeFile(`${dir}/f`, 'x');
      const reader = await fs.promises.open(`${dir}/f`);
      expect(await failureOf(() => reader.write('x'))).toEqual(systemFailure('EBADF', 'write'));
      expect(await failureOf(() => reader.truncate())).toEqual(systemFailure('EINVAL', 'ftruncate'));
      await reader.close();
      const writer = await fs.promises.open(`${dir}/f`, 'a');
      expect(await failureOf(() => writer.read())).toEqual(systemFailure('EBADF', 'read'));
      expect(await failureOf(() => writer.readFile())).toEqual(systemFailure('EBADF', 'read'));
      await writer.close();
    });

    needing('times', source, 'a directory can be opened, told and synced, but not read as a file', async () => {
      const { fs, dir } = await freshDirectory(source);
      const handle = await fs.promises.open(dir);
      expect((await handle.stat()).isDirectory()).toBe(true);
      expect(await failureOf(() => handle.read())).toEqual(systemFailure('EISDIR', 'read'));
      expect(await failureOf(() => handle.readFile())).toEqual(systemFailure('EISDIR', 'read'));
      expect(await failureOf(() => handle.write('x'))).toEqual(systemFailure('EBADF', 'write'));
      expect(await failureOf(() => handle.truncate(0))).toEqual(systemFailure('EINVAL', 'ftruncate'));
      await handle.sync();
      await handle.utimes(5, 6);
      await handle.close();
      expect((await fs.promises.stat(dir)).mtimeMs).toBe(6000);
    });

    test('a closed handle refuses by name', async () => {
      const { fs, dir } = await freshDirectory(source);
      const handle = await fs.promises.open(`${dir}/f`, 'w');
      const { close } = handle;
      await close();
      await handle.close();
      expect(handle.fd).toBe(-1);
      const calls: readonly (readonly [string, () => Promise<unknown>])[] = [
        ['read', () => handle.read()],
        ['readv', () => handle.readv([Buffer.alloc(1)])],
        ['readFile', () => handle.readFile()],
        ['write', () => handle.write('x')],
        ['writev', () => handle.writev([Buffer.alloc(1)])],
        ['writeFile', () => handle.writeFile('x')],
        ['writeFile', () => handle.appendFile('x')],
        ['fstat', () => handle.stat()],
        ['fsync', () => handle.sync()],
        ['fdatasync', () => handle.datasync()],
        ['ftruncate', () => handle.truncate()],
        ['fchmod', () => handle.chmod(0o600)],
        ['fchown', () => handle.chown(-1, -1)],
        ['futimes', () => handle.utimes(1, 1)],
      ];
      for (const [syscall, call] of calls) {
        expect(await failureOf(call)).toEqual({ name: 'Error', message: 'file closed', code: 'EBADF', syscall });
      }
      expect(() => handle.readableWebStream()).toThrow(expect.objectContaining({ code: 'ERR_INVALID_STATE' }));
    });

    test('close waits for what is under way, and tells it once', async () => {
      const { fs, dir } = await freshDirectory(source);
      const handle = await fs.promises.open(`${dir}/f`, 'w');
      let closed = 0;
      // Node's type declarations leave the emitter out.
      (handle as unknown as EventEmitter).on('close', () => {
        closed += 1;
      });
      const writing = handle.write('content');
      await Promise.all([handle.close(), handle.close()]);
      expect((await writing).bytesWritten).toBe(7);
      expect(closed).toBe(1);
      expect(await fs.promises.readFile(`${dir}/f`, 'utf8')).toBe('content');
    });

    test('a handle disposes of itself', async () => {
      const { fs, dir } = await freshDirectory(source);
      const handle = await fs.promises.open(`${dir}/f`, 'w');
      await handle[Symbol.asyncDispose]();
      expect(handle.fd).toBe(-1);
    });

    test('readLines', async () => {
      const { fs, dir } = await freshDirectory(source);
      await fs.promises.writeFile(`${dir}/f`, 'one\ntwo\r\n\nfour');
      const handle = await fs.promises.open(`${dir}/f`);
      const lines: string[] = [];
      for await (const line of handle.readLines()) lines.push(line);
      expect(lines).toEqual(['one', 'two', '', 'four']);
    });

    test('readableWebStream gives the bytes, once', async () => {
      const { fs, dir } = await freshDirectory(source);
      await fs.promises.writeFile(`${dir}/f`, 'w'.repeat(200_000));
      const handle = await fs.promises.open(`${dir}/f`);
      const pieces: Buffer[] = [];
      const stream = handle.readableWebStream({ type: 'bytes' });
      expect(() => handle.readableWebStream()).toThrow(expect.objectContaining({ code: 'ERR_INVALID_STATE' }));
      for await (const piece of stream) pieces.push(Buffer.from(piece as Uint8Array));
      expect(Buffer.concat(pieces).toString()).toBe('w'.repeat(200_000));
      await handle.close();
    });

    test('streams of a handle keep its position and close it', async () => {
      const { fs, dir } = await freshDirectory(source);
      await fs.promises.writeFile(`${dir}/f`, '0123456789');
      const reader = await fs.promises.open(`${dir}/f`);
      await reader.read(Buffer.alloc(3));
      let text = '';
      for await (const piece of reader.createReadStream({ encoding: 'utf8' })) text += piece;
      expect(text).toBe('3456789');
      expect(reader.fd).toBe(-1);
      const writer = await fs.promises.open(`${dir}/g`, 'w');
      const stream = writer.createWriteStream();
      await new Promise<void>((resolve) => stream.on('close', resolve).end('written'));
      expect(await fs.promises.readFile(`${dir}/g`, 'utf8')).toBe('written');
      expect(writer.fd).toBe(-1);
    });
  });
}
