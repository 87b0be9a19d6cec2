import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';

const heldHere = new Set<string>();

/** Keeps a second server away from a data directory: two would each believe to be the only one who moves heads. */
export class DataLock {
  readonly #path: string;

  constructor(folder: string) {
    this.#path = resolve(folder, 'server.pid');
    this.#take(folder, true);
  }

  #take(folder: string, mayRetry: boolean): void {
    try {
      const fd = openSync(this.#path, 'wx', 0o600);
      writeSync(fd, String(process.pid));
      closeSync(fd);
      heldHere.add(this.#path);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
      const holder = Number(readFileSync(this.#path, 'utf8'));
      // A container gives a restarted server the process id of the one before: ours counts only if we hold the lock.
      const held = holder === process.pid ? heldHere.has(this.#path) : isAlive(holder);
      if (held || !mayRetry) {
        throw new Error(`${folder} is served by process ${holder} already; stop it or choose another data directory`);
      }
      rmSync(this.#path, { force: true });
      this.#take(folder, false);
    }
  }

  release(): void {
    heldHere.delete(this.#path);
    rmSync(this.#path, { force: true });
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, as somebody else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
