import nodeFs from 'node:fs';
import { inherits } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createFsFromVolume, type SeamountFs } from '../../src/fs/index.ts';
import { openTestVolume, type VolumeUnderTest } from './volume.ts';

describe('the module of a volume', () => {
  let under: VolumeUnderTest;
  let fs: SeamountFs;

  beforeAll(async () => {
    under = await openTestVolume();
    fs = createFsFromVolume(under.volume, { umask: 0o022 });
  });

  afterAll(() => under.close());

  test('has every name that Node’s has, and a function where Node’s has one', () => {
    // Node's own tests alone use the first; the others are younger than Node 20.
    const unknown = new Set(['_toUnixTimestamp', 'glob', 'globSync', 'Utf8Stream']);
    for (const [name, value] of Object.entries(nodeFs)) {
      if (unknown.has(name)) continue;
      expect({ name, is: typeof Reflect.get(fs, name), has: name in fs }).toEqual({
        name,
        is: typeof value,
        has: true,
      });
    }
    const youngPromises = new Set(['glob']);
    for (const [name, value] of Object.entries(nodeFs.promises)) {
      if (youngPromises.has(name)) continue;
      expect({ name, is: typeof Reflect.get(fs.promises, name) }).toEqual({ name, is: typeof value });
    }
  });

  test('has Node’s types', () => {
    const asNode: typeof nodeFs = fs;
    const promises: typeof nodeFs.promises = fs.promises;
    expect(asNode.promises).toBe(promises);
  });

  test('the umask is the module’s own', async () => {
    const strict = createFsFromVolume(under.volume, { umask: 0o077 });
    await strict.promises.mkdir('/strict');
    await strict.promises.writeFile('/strict/f', '');
    expect((await fs.promises.stat('/strict')).mode & 0o777).toBe(0o700);
    expect((await fs.promises.stat('/strict/f')).mode & 0o777).toBe(0o600);
    await fs.promises.writeFile('/loose', '');
    expect((await fs.promises.stat('/loose')).mode & 0o777).toBe(0o644);
  });

  test('relative paths begin at the root', async () => {
    await fs.promises.writeFile('relative', 'x');
    expect(await fs.promises.readFile('/relative', 'utf8')).toBe('x');
    expect(await fs.promises.readFile('../.././relative', 'utf8')).toBe('x');
    expect(await fs.promises.realpath('.')).toBe('/');
  });

  test('two modules are two devices', async () => {
    const other = createFsFromVolume(under.volume);
    expect((await other.promises.stat('/')).dev).not.toBe((await fs.promises.stat('/')).dev);
  });

  test('a descriptor is none of the operating system’s', async () => {
    const handle = await fs.promises.open('/fd', 'w');
    expect(() => nodeFs.fstatSync(handle.fd)).toThrow(expect.objectContaining({ code: 'EBADF' }));
    await handle.close();
    const real = nodeFs.openSync('/dev/null', 'r');
    await expect(
      new Promise((resolve, reject) => {
        fs.fstat(real, (error, stats) => (error ? reject(error) : resolve(stats)));
      }),
    ).rejects.toMatchObject({ code: 'EBADF', syscall: 'fstat' });
    nodeFs.closeSync(real);
  });

  test('classes can be called, subclassed and inherited from as old programs do', () => {
    const { Stats, ReadStream, Dirent } = fs as unknown as Record<
      string,
      ((...args: unknown[]) => object) & (new (...args: unknown[]) => object)
    >;
    if (!Stats || !ReadStream || !Dirent) throw new Error('classes are missing');
    expect(Stats(1, 2, 3)).toBeInstanceOf(Stats);
    expect(new Stats(1, 2, 3)).toMatchObject({ dev: 1, mode: 2, nlink: 3 });
    expect(Dirent('name', 1, '/')).toBeInstanceOf(Dirent);
    class Special extends Stats {}
    expect(new Special()).toBeInstanceOf(Stats);

    // graceful-fs makes its own stream this way.
    function Patched(this: object, ...args: unknown[]): unknown {
      return Reflect.apply(ReadStream as () => void, this, args);
    }
    inherits(Patched, ReadStream);
    const stream = Reflect.construct(Patched, ['/missing']);
    expect(stream).toBeInstanceOf(ReadStream);
    return new Promise<void>((resolve) => {
      stream.on('error', (error: Error) => {
        expect(error).toMatchObject({ code: 'ENOENT', syscall: 'open' });
        resolve();
      });
    });
  });

  test('streams use what the module’s functions are replaced with', async () => {
    const patched: Record<string, unknown> = { ...createFsFromVolume(under.volume) };
    const own = createFsFromVolume(under.volume) as unknown as Record<string, unknown>;
    const opened: unknown[] = [];
    const { open } = own;
    own.open = (...args: unknown[]) => {
      opened.push(args[0]);
      return (open as (...given: unknown[]) => void)(...args);
    };
    await fs.promises.writeFile('/patched', 'x');
    const stream = (own as unknown as SeamountFs).createReadStream('/patched');
    for await (const piece of stream) expect(String(piece)).toBe('x');
    expect(opened).toEqual(['/patched']);
    expect(patched.open).not.toBe(own.open);
  });

  test('functions that block say what to use', () => {
    expect(() => fs.statSync('/')).toThrow(
      expect.objectContaining({
        code: 'ERR_METHOD_NOT_IMPLEMENTED',
        message: expect.stringContaining('use fs.promises.stat or fs.stat'),
      }),
    );
    expect(() => fs.existsSync('/')).toThrow(expect.objectContaining({ code: 'ERR_METHOD_NOT_IMPLEMENTED' }));
    expect(() => fs.realpathSync.native('/')).toThrow(expect.objectContaining({ code: 'ERR_METHOD_NOT_IMPLEMENTED' }));
  });

  test('answers from memory leave the event loop its turns', async () => {
    let turns = 0;
    let over = false;
    const turn = (): void => {
      turns += 1;
      if (!over) setImmediate(turn);
    };
    setImmediate(turn);
    for (let i = 0; i < 2000; i++) await fs.promises.stat('/');
    over = true;
    expect(turns).toBeGreaterThanOrEqual(7);
  });

  test('a temporary directory disposes of itself', async () => {
    // Node's type declarations have it since 24.
    const { mkdtempDisposable } = fs.promises as unknown as {
      mkdtempDisposable(prefix: string): Promise<{ path: string } & AsyncDisposable>;
    };
    const directory = await mkdtempDisposable('/tmp-');
    await fs.promises.writeFile(`${directory.path}/f`, 'x');
    await directory[Symbol.asyncDispose]();
    await expect(fs.promises.stat(directory.path)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('a watcher that nobody asks drops changes, or fails when told to', async () => {
    await fs.promises.mkdir('/watched');
    const options = { maxQueue: 2, overflow: 'error' } as object;
    const watcher = fs.promises.watch('/watched', options)[Symbol.asyncIterator]();
    const first = watcher.next();
    for (const name of ['a', 'b', 'c', 'd']) await fs.promises.writeFile(`/watched/${name}`, '');
    expect((await first).value).toMatchObject({ eventType: 'rename', filename: 'a' });
    const rest = async (): Promise<void> => {
      for (;;) await watcher.next();
    };
    await expect(rest()).rejects.toMatchObject({ code: 'ERR_FS_WATCH_QUEUE_OVERFLOW' });
  });

  test('openAsBlob', async () => {
    await fs.promises.writeFile('/blob', 'content');
    const blob = await fs.openAsBlob('/blob', { type: 'text/plain' });
    expect([blob.size, blob.type, await blob.text()]).toEqual([7, 'text/plain', 'content']);
    await expect(fs.openAsBlob('/none')).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('every node that is held is let go', async () => {
    let held = 0;
    const counting = new Proxy(under.volume, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          if (name === 'retain') held += 1;
          if (name === 'forget') held -= Number(args[1]);
          return Reflect.apply(value, target, args);
        };
      },
    });
    const counted = createFsFromVolume(counting);
    const p = counted.promises;
    await p.mkdir('/held/a', { recursive: true });
    await p.writeFile('/held/f', 'x');
    await p.copyFile('/held/f', '/held/g');
    await p.cp('/held', '/copied', { recursive: true });
    const handle = await p.open('/held/f');
    const directory = await p.open('/held');
    const watcher = counted.watch('/held');
    expect(held).toBe(3);
    await handle.close();
    await directory.close();
    watcher.close();
    for await (const entry of await p.opendir('/held')) expect(entry.name).not.toBe('');
    for await (const piece of counted.createReadStream('/held/f')) expect(String(piece)).toBe('x');
    await p.open('/none').catch(() => undefined);
    await p.rm('/held', { recursive: true });
    await p.rm('/copied', { recursive: true });
    expect(held).toBe(0);
  });
});
