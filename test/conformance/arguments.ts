import nodeFs from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { SeamountFs } from '../../src/fs/index.ts';
import { failureOf } from './failures.ts';
import { freshDirectory, needing, type SubjectSource } from './subject.ts';

/** Values that are valid for next to nothing. As paths the strings lead nowhere: some subjects are a real disk. */
const wrong = {
  undefined: undefined,
  null: null,
  boolean: true,
  number: 5,
  fraction: 1.5,
  negative: -2,
  huge: 2 ** 53,
  nan: Number.NaN,
  string: "missing/it's a string that is longer than messages show",
  word: 'missing/word',
  empty: '',
  symbol: Symbol('s'),
  bigint: 10n,
  object: {},
  array: ['x'],
  function: function named() {
    // Only its name is looked at.
  },
  date: new Date(0),
  bytes: Uint8Array.of(0x61, 0, 0x62),
  instance: new Map(),
} as const;

/** A call with one argument that is no good. */
type BadCall = (fs: SeamountFs['promises'], dir: string, value: never) => unknown;

const calls: Readonly<Record<string, BadCall>> = {
  'access(path)': (fs, _dir, value) => fs.access(value),
  'access(mode)': (fs, dir, value) => fs.access(`${dir}/f`, value),
  'appendFile(data)': (fs, dir, value) => fs.appendFile(`${dir}/f`, value),
  'chmod(mode)': (fs, dir, value) => fs.chmod(`${dir}/f`, value),
  'chown(uid)': (fs, dir, value) => fs.chown(`${dir}/none`, value, -1),
  'chown(gid)': (fs, dir, value) => fs.chown(`${dir}/none`, -1, value),
  'copyFile(src)': (fs, dir, value) => fs.copyFile(value, `${dir}/g`),
  'copyFile(dest)': (fs, dir, value) => fs.copyFile(`${dir}/f`, value),
  'copyFile(mode)': (fs, dir, value) => fs.copyFile(`${dir}/none`, `${dir}/g`, value),
  'cp(options)': (fs, dir, value) => fs.cp(`${dir}/none`, `${dir}/g`, value),
  'cp(recursive)': (fs, dir, value) => fs.cp(`${dir}/none`, `${dir}/g`, { recursive: value }),
  'cp(filter)': (fs, dir, value) => fs.cp(`${dir}/none`, `${dir}/g`, { filter: value }),
  'lchown(uid)': (fs, dir, value) => fs.lchown(`${dir}/none`, value, -1),
  'link(existing)': (fs, dir, value) => fs.link(value, `${dir}/none/g`),
  'lstat(path)': (fs, _dir, value) => fs.lstat(value),
  'lutimes(atime)': (fs, dir, value) => fs.lutimes(`${dir}/none`, value, 1),
  'mkdir(path)': (fs, _dir, value) => fs.mkdir(value),
  'mkdir(mode)': (fs, dir, value) => fs.mkdir(`${dir}/none/d`, { mode: value }),
  'mkdir(recursive)': (fs, dir, value) => fs.mkdir(`${dir}/none/d`, { recursive: value }),
  // An empty prefix trips Node 20 itself.
  'mkdtemp(prefix)': (fs, _dir, value) => fs.mkdtemp(value === '' ? ('missing/t' as never) : value),
  'mkdtemp(options)': (fs, dir, value) => fs.mkdtemp(`${dir}/none/t`, value),
  'open(path)': (fs, _dir, value) => fs.open(value),
  'open(flags)': (fs, dir, value) => fs.open(`${dir}/none/f`, value),
  'open(mode)': (fs, dir, value) => fs.open(`${dir}/none/f`, 'w', value),
  'opendir(path)': async (fs, _dir, value) => (await fs.opendir(value)).close(),
  'readdir(path)': (fs, _dir, value) => fs.readdir(value),
  'readdir(options)': (fs, dir, value) => fs.readdir(`${dir}/none`, value),
  'readFile(path)': (fs, _dir, value) => fs.readFile(value),
  // Node 24 takes a buffer to read into, and takes bytes for such options.
  'readFile(options)': (fs, dir, value) => fs.readFile(`${dir}/none`, ArrayBuffer.isView(value) ? undefined : value),
  'readFile(encoding)': (fs, dir, value) => fs.readFile(`${dir}/none`, { encoding: value }),
  'readFile(flag)': (fs, dir, value) => fs.readFile(`${dir}/none/f`, { flag: value }),
  'readFile(signal)': (fs, dir, value) => fs.readFile(`${dir}/none`, { signal: value }),
  'readlink(path)': (fs, _dir, value) => fs.readlink(value),
  'realpath(path)': (fs, _dir, value) => fs.realpath(value),
  'rename(old)': (fs, dir, value) => fs.rename(value, `${dir}/none/g`),
  'rename(new)': (fs, dir, value) => fs.rename(`${dir}/none`, value),
  'rm(path)': (fs, _dir, value) => fs.rm(value),
  'rm(options)': (fs, dir, value) => fs.rm(`${dir}/none`, value),
  'rm(recursive)': (fs, dir, value) => fs.rm(`${dir}/none`, { recursive: value }),
  'rm(force)': (fs, dir, value) => fs.rm(`${dir}/none/x`, { force: value }),
  'rm(maxRetries)': (fs, dir, value) => fs.rm(`${dir}/none`, { maxRetries: value }),
  'rm(retryDelay)': (fs, dir, value) => fs.rm(`${dir}/none`, { retryDelay: value }),
  'rmdir(path)': (fs, _dir, value) => fs.rmdir(value),
  'stat(path)': (fs, _dir, value) => fs.stat(value),
  'symlink(target)': (fs, dir, value) => fs.symlink(value, `${dir}/f`),
  'truncate(len)': (fs, dir, value) => fs.truncate(`${dir}/f`, value),
  'unlink(path)': (fs, _dir, value) => fs.unlink(value),
  'utimes(atime)': (fs, dir, value) => fs.utimes(`${dir}/none`, value, 1),
  'utimes(mtime)': (fs, dir, value) => fs.utimes(`${dir}/none`, 1, value),
  'writeFile(path)': (fs, _dir, value) => fs.writeFile(value, 'x'),
  'writeFile(data)': (fs, dir, value) => fs.writeFile(`${dir}/none/f`, value),
  'writeFile(flush)': (fs, dir, value) => fs.writeFile(`${dir}/none/f`, 'x', { flush: value }),
  'writeFile(mode)': (fs, dir, value) => fs.writeFile(`${dir}/none/f`, 'x', { mode: value }),
};

/** Calls of a handle with one argument that is no good. */
type BadHandleCall = (handle: Awaited<ReturnType<SeamountFs['promises']['open']>>, value: never) => unknown;

const handleCalls: Readonly<Record<string, BadHandleCall>> = {
  'chmod(mode)': (handle, value) => handle.chmod(value),
  'read(buffer)': (handle, value) => handle.read(value),
  'read(offset)': (handle, value) => handle.read(Buffer.alloc(4), value, 1),
  'readv(buffers)': (handle, value) => handle.readv(value),
  'truncate(len)': (handle, value) => handle.truncate(value),
  'utimes(atime)': (handle, value) => handle.utimes(value, 1),
  'utimes(mtime)': (handle, value) => handle.utimes(1, value),
  'write(data)': (handle, value) => handle.write(value),
  'write(offset)': (handle, value) => handle.write(Buffer.alloc(4), value),
  'write(length)': (handle, value) => handle.write(Buffer.alloc(4), 1, value),
  'writev(buffers)': (handle, value) => handle.writev(value),
  'writeFile(data)': (handle, value) => handle.writeFile(value),
};

/** What a program sees of the end of a call: the error, or that there is none. */
async function outcome(call: () => unknown): Promise<object> {
  try {
    await call();
    return { ended: 'well' };
  } catch {
    // The same call again, to see its error.
  }
  return failureOf(call);
}

/** An outcome without what differs from place to place: the directory, and the random end of a temporary name. */
function comparable(of: object, dir: string): object {
  const outcome: Record<string, unknown> = JSON.parse(JSON.stringify(of).replaceAll(dir, ''));
  const { path, message } = outcome;
  if (outcome.syscall === 'mkdtemp' && typeof path === 'string' && typeof message === 'string') {
    const prefix = path.slice(0, -6);
    Object.assign(outcome, { path: prefix, message: message.replace(path, prefix) });
  }
  return outcome;
}

/** Arguments that are no good: each is refused as Node's module, on a disk, refuses it in this very version. */
export function describeArguments(source: SubjectSource): void {
  describe('arguments', () => {
    for (const [title, call] of Object.entries(calls)) {
      test(title, async () => {
        const { fs, dir } = await freshDirectory(source);
        const disk = await nodeFs.promises.mkdtemp('/tmp/seamount-arguments-');
        try {
          await fs.promises.writeFile(`${dir}/f`, '');
          await nodeFs.promises.writeFile(`${disk}/f`, '');
          for (const [kind, value] of Object.entries(wrong)) {
            const expected = await outcome(() => call(nodeFs.promises, disk, value as never));
            const actual = await outcome(() => call(fs.promises, dir, value as never));
            expect({ kind, ...comparable(actual, dir) }).toEqual({ kind, ...comparable(expected, disk) });
          }
        } finally {
          await nodeFs.promises.rm(disk, { recursive: true });
        }
      });
    }

    for (const [title, call] of Object.entries(handleCalls)) {
      const asTest = title.startsWith('utimes')
        ? (name: string, body: () => Promise<void>) => needing('times', source, name, body)
        : test;
      asTest(`handle.${title}`, async () => {
        const { fs, dir } = await freshDirectory(source);
        const disk = await nodeFs.promises.mkdtemp('/tmp/seamount-arguments-');
        const handle = await fs.promises.open(`${dir}/f`, 'w+');
        const onDisk = await nodeFs.promises.open(`${disk}/f`, 'w+');
        try {
          for (const [kind, value] of Object.entries(wrong)) {
            const expected = await outcome(() => call(onDisk, value as never));
            const actual = await outcome(() => call(handle, value as never));
            expect({ kind, ...actual }).toEqual({ kind, ...expected });
          }
        } finally {
          await handle.close();
          await onDisk.close();
          await nodeFs.promises.rm(disk, { recursive: true });
        }
      });
    }
  });
}
