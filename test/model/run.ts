import { type Bytes, LONG_AGO, type Step } from './operations.ts';

/** What both sides of a comparison offer: a part of `node:fs`'s promises. */
export interface Handle {
  read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesRead: number }>;
  write(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesWritten: number }>;
  stat(): Promise<{ size: number | bigint; nlink: number | bigint }>;
  close(): Promise<void>;
}

export interface Subject {
  writeFile(path: string, data: Uint8Array): Promise<void>;
  appendFile(path: string, data: Uint8Array): Promise<void>;
  open(path: string, flags: string): Promise<Handle>;
  truncate(path: string, size: number): Promise<void>;
  mkdir(path: string): Promise<unknown>;
  rmdir(path: string): Promise<void>;
  unlink(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  copyFile(from: string, to: string): Promise<void>;
  chmod(path: string, mode: number): Promise<void>;
  utimes(path: string, atime: number, mtime: number): Promise<void>;
  readdir(path: string): Promise<string[]>;
  readFile(path: string): Promise<Uint8Array>;
  stat(path: string): Promise<{ isDirectory(): boolean; mode: number | bigint; mtimeMs: number | bigint }>;
}

/** Open files of a run, by slot. */
export type Slots = Map<number, Handle>;

/** Does one step. @returns what a caller learns of it: `ok` or the error's code, and what was read */
export async function perform(subject: Subject, slots: Slots, step: Step): Promise<string> {
  try {
    return (await attempt(subject, slots, step)) ?? 'ok';
  } catch (error) {
    if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
    throw error;
  }
}

async function attempt(subject: Subject, slots: Slots, step: Step): Promise<string | undefined> {
  switch (step.kind) {
    case 'writeFile':
      await subject.writeFile(step.path, bytesOf(step.data));
      return;
    case 'append':
      await subject.appendFile(step.path, bytesOf(step.data));
      return;
    case 'pwrite': {
      const handle = await subject.open(step.path, 'r+');
      try {
        const bytes = bytesOf(step.data);
        await handle.write(bytes, 0, bytes.length, step.at);
      } finally {
        await handle.close();
      }
      return;
    }
    case 'truncate':
      await subject.truncate(step.path, step.size);
      return;
    case 'mkdir':
      await subject.mkdir(step.path);
      return;
    case 'rmdir':
      await subject.rmdir(step.path);
      return;
    case 'unlink':
      await subject.unlink(step.path);
      return;
    case 'rename':
      await subject.rename(step.from, step.to);
      return;
    case 'copyFile':
      // Of a folder Node makes the new file first and removes it when it fails, which the time of its folder shows.
      if (step.from === step.to || (await subject.stat(step.from)).isDirectory()) return;
      await subject.copyFile(step.from, step.to);
      return;
    case 'chmod':
      await subject.chmod(step.path, step.mode);
      return;
    case 'utimes':
      await subject.utimes(step.path, step.seconds, step.seconds);
      return;
    case 'open': {
      await slots.get(step.slot)?.close();
      slots.delete(step.slot);
      slots.set(step.slot, await subject.open(step.path, 'r+'));
      return;
    }
    case 'writeOpen':
      {
        const bytes = bytesOf(step.data);
        await slots.get(step.slot)?.write(bytes, 0, bytes.length, step.at);
      }
      return;
    case 'readOpen': {
      const handle = slots.get(step.slot);
      if (handle === undefined) return;
      const { size } = await handle.stat();
      const buffer = Buffer.alloc(Number(size));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
      return `${bytesRead} ${digest(buffer.subarray(0, bytesRead))}`;
    }
    case 'close':
      await slots.get(step.slot)?.close();
      slots.delete(step.slot);
      return;
    case 'list':
      return (await subject.readdir(step.path)).sort().join(' ');
    case 'readFile':
      return digest(await subject.readFile(step.path));
    default:
      return;
  }
}

export function bytesOf({ fill, length, mark = '' }: Bytes): Uint8Array {
  // A pattern, so that a piece put in the wrong place shows.
  const bytes = Uint8Array.from({ length: mark.length + length }, (_, index) => (fill + index) % 251);
  bytes.set(Buffer.from(mark));
  return bytes;
}

/**
 * A tree as text: one line for each name with its bits and time, and for files size and content.
 *
 * @param times `set`: only times that were set by a step, as those of changes differ from one side to the other
 */
export async function describeTree(subject: Subject, times: 'all' | 'set' = 'set', path = '/'): Promise<string[]> {
  const lines: string[] = [];
  for (const name of (await subject.readdir(path)).sort()) {
    const at = path === '/' ? `/${name}` : `${path}/${name}`;
    const stats = await subject.stat(at);
    const mode = (Number(stats.mode) & 0o777).toString(8);
    const seconds = Math.floor(Number(stats.mtimeMs) / 1000);
    const what = `${mode} ${times === 'all' || seconds <= LONG_AGO ? seconds : 'changed'}`;
    if (stats.isDirectory()) {
      lines.push(`${at}/ ${what}`);
      lines.push(...(await describeTree(subject, times, at)));
    } else {
      const bytes = await subject.readFile(at);
      lines.push(`${at} ${what} ${bytes.byteLength} ${digest(bytes)}`);
    }
  }
  return lines;
}

/** Enough to tell contents of these runs apart, and to say where they differ. */
export function digest(bytes: Uint8Array): string {
  let hash = 0;
  for (const byte of bytes) hash = (hash * 31 + byte) | 0;
  return `${Buffer.from(bytes.subarray(0, 8)).toString('hex')}:${(hash >>> 0).toString(16)}`;
}
