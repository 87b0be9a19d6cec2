import { closeSync, openSync, readFileSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { VolumeError } from '../errno.ts';
import { bootId } from './boot-id.ts';

/**
 * Keeps a space's journal to one process. A lock whose process is gone (also after a reboot, also when its number went
 * to another process) is taken over.
 */
export class ProcessLock {
  readonly #path: string;
  readonly #text: string;

  private constructor(path: string, text: string) {
    this.#path = path;
    this.#text = text;
  }

  /**
   * @param path file; its folder must exist
   * @param what what is locked, for the message
   * @throws VolumeError EBUSY, naming the process that has it
   */
  static acquire(path: string, what: string): ProcessLock {
    const text = `${process.pid} ${startOf(process.pid) ?? ''} ${nonce()}\n`;
    for (;;) {
      try {
        const fd = openSync(path, 'wx', 0o600);
        writeSync(fd, text);
        closeSync(fd);
        return new ProcessLock(path, text);
      } catch (error) {
        if (!hasCode(error, 'EEXIST')) throw error;
      }
      const holder = holderOf(path);
      if (holder !== null) {
        throw new VolumeError(
          'EBUSY',
          `${what} is in use by process ${holder} on this machine: go through it, or unmount it first`,
        );
      }
      takeAway(path);
    }
  }

  release(): void {
    if (read(this.#path) === this.#text) unlinkSync(this.#path);
  }
}

/** @returns the number of the process that holds a lock; null when it is gone */
function holderOf(path: string): number | null {
  const text = read(path);
  const [pid = '', start = ''] = text.split(' ');
  const number = Number(pid);
  if (!Number.isInteger(number) || number <= 0) return null;
  const runsSince = startOf(number);
  if (runsSince !== undefined) return runsSince === start ? number : null;
  try {
    process.kill(number, 0);
    return start === '' ? number : null;
  } catch (error) {
    return hasCode(error, 'EPERM') ? number : null;
  }
}

/** Removes a stale lock; of several processes that try, each removes only what it saw. */
function takeAway(path: string): void {
  const aside = `${path}.${process.pid}.${nonce()}`;
  try {
    renameSync(path, aside);
    unlinkSync(aside);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}

/** When a process started, as the kernel tells it: with its number it names a process for good. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A zombie has ended and holds nothing; in a container without an init it stays for good.
    return state === 'Z' || state === 'X' ? undefined : `${bootId()}.${fields[18]}`;
  } catch {
    // No such process, or a system without /proc: the number alone has to do.
    return undefined;
  }
}

let counter = 0;
const nonce = (): string => `${Date.now().toString(36)}${(counter++).toString(36)}`;

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return '';
    throw error;
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
