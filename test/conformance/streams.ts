import type { EventEmitter } from 'node:events';
import type { ReadStream, WriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { describe, expect, test } from 'vitest';
import { failureOf, seen, systemFailure } from './failures.ts';
import { freshDirectory, type SubjectSource } from './subject.ts';

/** What a stream tells, in order. Pieces of data are told by their length. */
function events(stream: EventEmitter, names: readonly string[]): Promise<unknown[]> {
  const told: unknown[] = [];
  return new Promise((resolve) => {
    for (const name of names) {
      stream.on(name, (argument?: unknown) => {
        if (name === 'data') told.push(['data', (argument as string | Buffer).length]);
        else if (name === 'error') told.push(['error', seen(argument)]);
        else told.push(name);
        if (name === 'close') resolve(told);
      });
    }
  });
}

const READ_EVENTS = ['open', 'ready', 'data', 'end', 'error', 'close'];
const WRITE_EVENTS = ['open', 'ready', 'drain', 'finish', 'error', 'close'];

/** `createReadStream` and `createWriteStream`. */
export function describeStreams(source: SubjectSource): void {
  describe('streams', () => {
    test('reading tells open, ready, data, end, close', async () => {
      const { fs, dir } = await freshDirectory(source);
      await fs.promises.writeFile(`${dir}/f`, Buffer.alloc(150_000));
      const stream = fs.createReadStream(`${dir}/f`);
      expect(stream.pending).toBe(true);
      expect(stream.path).toBe(`${dir}/f`);
      expect(await events(stream, READ_EVENTS)).toEqual([
        'open',
        'ready',
        ['data', 65_536],
        ['data', 65_536],
        ['data', 18_928],
        'end',
        'close',
      ]);
      expect(stream.bytesRead).toBe(150_000);
      expect(stream.destroyed).toBe(true);
    });

    test('a file that is missing: error, then close', async () => {
      const { fs, dir } = await freshDirectory(source);
      const told = await events(fs.createReadStream(`${dir}/none`), READ_EVENTS);
      expect(told).toEqual([['error', systemFailure('ENOENT', 'open', `${dir}/none`)], 'close']);
      const writing = fs.createWriteStream(`${dir}/none/x`);
      writing.write('x');
      expect(await events(writing, WRITE_EVENTS)).toEqual([
        ['error', systemFailure('ENOENT', 'open', `${dir}/none/x`)],
        'close',
      ]);
    });

    test('ranges are inclusive, chunks as large as asked for', async () => {
      const { fs, dir } = await freshDirectory(source);
      await fs.promises.writeFile(`${dir}/f`, '0123456789');
      const read = async (options: object) => {
        const pieces: string[] = [];
        for await (const piece of fs.createReadStream(`${dir}/f`, { encoding: 'utf8', ...options })) pieces.push(piece);
        return pieces;
      };
      expect(await read({ start: 2, end: 4 })).toEqual(['234']);
      expect(await read({ start: 8 })).toEqual(['89']);
      expect(await read({ end: 0 })).toEqual(['0']);
      expect(await read({ start: 20 })).toEqual([]);
      expect(await read({ highWaterMark: 4 })).toEqual(['0123', '4567', '89']);
      expect(await read({ start: 1, end: 6, highWaterMark: 4 })).toEqual(['1234', '56']);
    });

    test('a character that is split between chunks stays whole', async () => {
      const { fs, dir } = await freshDirectory(source);
      await fs.promises.writeFile(`${dir}/f`, 'aüßé');
      let text = '';
      for await (const piece of fs.createReadStream(`${dir}/f`, { highWaterMark: 2, encoding: 'utf8' })) text += piece;
      expect(text).toBe('aüßé');
    });

    test('writing tells open, ready, finish, close', async () => {
      const { fs, dir } = await freshDirectory(source);
      const stream = fs.createWriteStream(`${dir}/f`);
      stream.write('one ');
      stream.write(Buffer.from('two '));
      stream.end('three');
      expect(await events(stream, WRITE_EVENTS)).toEqual(['open', 'ready', 'finish', 'close']);
      expect(stream.bytesWritten).toBe(13);
      expect(await fs.promises.readFile(`${dir}/f`, 'utf8')).toBe('one two three');
    });

    test('writing tells drain when it has caught up', async () => {
      const { fs, dir } = await freshDirectory(source);
      const stream = fs.createWriteStream(`${dir}/f`, { highWaterMark: 10 });
      expect(stream.write('x'.repeat(20))).toBe(false);
      stream.once('drain', () => stream.end('y'));
      expect(await events(stream, WRITE_EVENTS)).toEqual(['open', 'ready', 'drain', 'finish', 'close']);
      expect((await fs.promises.stat(`${dir}/f`)).size).toBe(21);
    });

    test('start writes into a file, flags a append, mode is kept', async () => {
      const { fs, dir } = await freshDirectory(source);
      await fs.promises.writeFile(`${dir}/f`, '0123456789');
      const write = async (options: object, data: string) => {
        const stream = fs.createWriteStream(`${dir}/f`, options);
        stream.end(data);
        await events(stream, WRITE_EVENTS);
      };
      await write({ flags: 'r+', start: 3 }, 'abc');
      expect(await fs.promises.readFile(`${dir}/f`, 'utf8')).toBe('012abc6789');
      await write({ flags: 'a', flush: true }, '!');
      expect(await fs.promises.readFile(`${dir}/f`, 'utf8')).toBe('012abc6789!');
      const made = fs.createWriteStream(`${dir}/new`, { mode: 0o600 });
      made.end();
      await events(made, WRITE_EVENTS);
      expect((await fs.promises.stat(`${dir}/new`)).mode & 0o777).toBe(0o600);
    });

    test('a large file goes through a pipeline', async () => {
      const { fs, dir } = await freshDirectory(source);
      const data = Buffer.alloc(3_000_001, 'pattern');
      await fs.promises.writeFile(`${dir}/f`, data);
      await pipeline(fs.createReadStream(`${dir}/f`), fs.createWriteStream(`${dir}/g`));
      expect((await fs.promises.readFile(`${dir}/g`)).equals(data)).toBe(true);
    });

    test('destroying closes without an end', async () => {
      const { fs, dir } = await freshDirectory(source);
      await fs.promises.writeFile(`${dir}/f`, Buffer.alloc(1_000_000));
      const stream = fs.createReadStream(`${dir}/f`);
      stream.once('data', () => stream.destroy());
      const told = await events(stream, READ_EVENTS);
      expect(told).toEqual(['open', 'ready', ['data', 65_536], 'close']);
      const broken = fs.createReadStream(`${dir}/f`);
      broken.once('data', () => broken.destroy(new Error('enough')));
      expect((await events(broken, READ_EVENTS)).slice(-2)).toEqual([
        ['error', { name: 'Error', message: 'enough' }],
        'close',
      ]);
    });

    test('a signal ends a stream', async () => {
      const { fs, dir } = await freshDirectory(source);
      await fs.promises.writeFile(`${dir}/f`, 'x');
      const stream = fs.createReadStream(`${dir}/f`, { signal: AbortSignal.abort() });
      const told = await events(stream, ['error', 'close']);
      expect(told).toEqual([['error', expect.objectContaining({ name: 'AbortError', code: 'ABORT_ERR' })], 'close']);
    });

    test('a descriptor that is the caller’s stays open when told so', async () => {
      const { fs, dir } = await freshDirectory(source);
      await fs.promises.writeFile(`${dir}/f`, '0123456789');
      const handle = await fs.promises.open(`${dir}/f`);
      const stream = handle.createReadStream({ autoClose: false, end: 4, encoding: 'utf8' });
      let text = '';
      stream.on('data', (piece) => {
        text += piece;
      });
      await new Promise<void>((resolve) => stream.on('end', resolve));
      expect(text).toBe('01234');
      expect((await handle.read({ position: 5 })).bytesRead).toBe(5);
      stream.destroy();
      await handle.close();
    });

    test('options of a prototype count, and the functions can be called with new', async () => {
      const { fs, dir } = await freshDirectory(source);
      await fs.promises.writeFile(`${dir}/f`, '0123456789');
      const { createReadStream } = fs as unknown as {
        createReadStream: new (path: string, options: object) => ReadStream;
      };
      let text = '';
      for await (const piece of new createReadStream(`${dir}/f`, Object.create({ start: 2, end: 4 }))) text += piece;
      expect(text).toBe('234');
    });

    test('a signal closes the handle of a stream', async () => {
      const { fs, dir } = await freshDirectory(source);
      await fs.promises.writeFile(`${dir}/f`, 'x');
      for (const early of [true, false]) {
        const controller = new AbortController();
        const handle = await fs.promises.open(`${dir}/f`);
        if (early) controller.abort();
        const stream = handle.createReadStream({ signal: controller.signal } as object);
        controller.abort();
        expect((await events(stream, ['error', 'close'])).at(-1)).toBe('close');
        await handle.close();
        expect(handle.fd).toBe(-1);
      }
    });

    test('options are checked at once', async () => {
      const { fs, dir } = await freshDirectory(source);
      const path = `${dir}/f`;
      const calls: readonly (readonly [string, () => unknown])[] = [
        ['ERR_OUT_OF_RANGE', () => fs.createReadStream(path, { start: 5, end: 3 })],
        ['ERR_OUT_OF_RANGE', () => fs.createReadStream(path, { start: -1 })],
        ['ERR_INVALID_ARG_TYPE', () => fs.createReadStream(path, { start: 'x' as unknown as number })],
        ['ERR_INVALID_ARG_TYPE', () => fs.createReadStream(5 as unknown as string)],
        ['ERR_INVALID_ARG_TYPE', () => fs.createWriteStream(path, { flush: 'yes' as unknown as boolean })],
        ['ERR_INVALID_ARG_VALUE', () => fs.createReadStream(path, 'none' as BufferEncoding)],
        ['ERR_INVALID_ARG_VALUE', () => fs.createReadStream('a\0b')],
      ];
      for (const [code, call] of calls) expect((await failureOf(call)).code).toBe(code);
    });

    test('the classes can be called without new', async () => {
      const { fs, dir } = await freshDirectory(source);
      const { ReadStream, WriteStream } = fs as unknown as Record<string, (path: string) => ReadStream & WriteStream>;
      const writing = WriteStream?.(`${dir}/f`);
      writing?.end('x');
      if (writing) await events(writing, WRITE_EVENTS);
      expect(writing).toBeInstanceOf(fs.WriteStream);
      const reading = ReadStream?.(`${dir}/f`);
      expect(reading).toBeInstanceOf(fs.ReadStream);
      if (reading) expect(await events(reading, READ_EVENTS)).toContainEqual(['data', 1]);
    });
  });
}
