import { createHash } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import * as z from 'zod';
import { CliError, errnoOf } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';

/** What is known of a running mount without asking it. */
const recordSchema = z.object({
  mountpoint: z.string(),
  pid: z.int().positive(),
  socket: z.string(),
  startedAt: z.string(),
  log: z.string().nullable(),
  server: z.string(),
  account: z.string(),
  /** Who signed in, as `identityOf` says it. */
  identity: z.string(),
  library: z.object({ id: z.string(), name: z.string(), isDefault: z.boolean() }),
  folder: z.array(z.string()),
  cache: z.string(),
});

export type MountRecord = z.infer<typeof recordSchema>;

/**
 * The running mounts of this user: a file and a socket for each, in a directory that only the user can look into.
 *
 * A record lives as long as its socket answers; what a killed process left is removed when it is seen.
 */
export class MountRegistry {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Where the process that serves a mount point listens. */
  socketFor(mountpoint: string): string {
    return path.join(this.#directory, `${nameOf(mountpoint)}.sock`);
  }

  /** Makes the directory. @throws CliError when others could write into it */
  async prepare(): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    const stats = lstatSync(this.#directory);
    const self = process.getuid?.();
    if (!stats.isDirectory() || (self !== undefined && stats.uid !== self) || (stats.mode & 0o077) !== 0) {
      throw new CliError(
        EXIT.failed,
        `${this.#directory} must be a directory of yours that nobody else can open: run chmod 700 ${this.#directory}`,
      );
    }
  }

  /** Makes a mount known. Its socket answers already. */
  async add(record: MountRecord): Promise<void> {
    const file = this.#fileFor(record.mountpoint);
    // Readers see the old file or the new one, whole.
    const staging = `${file}.${process.pid}`;
    await writeFile(staging, JSON.stringify(record), { mode: 0o600 });
    await rename(staging, file);
  }

  async remove(mountpoint: string): Promise<void> {
    await rm(this.#fileFor(mountpoint), { force: true });
    await rm(this.socketFor(mountpoint), { force: true });
  }

  /** The mounts whose processes live, ordered by mount point. */
  async list(): Promise<readonly MountRecord[]> {
    let names: string[];
    try {
      names = await readdir(this.#directory);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return [];
      throw error;
    }
    const records = await Promise.all(names.filter((name) => name.endsWith('.json')).map((name) => this.#live(name)));
    return records
      .filter((record) => record !== null)
      .sort((a, b) => (a.mountpoint < b.mountpoint ? -1 : a.mountpoint > b.mountpoint ? 1 : 0));
  }

  async #live(name: string): Promise<MountRecord | null> {
    const file = path.join(this.#directory, name);
    let record: MountRecord;
    try {
      record = recordSchema.parse(JSON.parse(await readFile(file, 'utf8')));
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return null;
      // Written by another version. It stays while its process lives: that version's commands need it.
      const socket = file.replace(/json$/, 'sock');
      if (!(await answers(socket))) await rm(file, { force: true });
      return null;
    }
    if (await answers(record.socket)) return record;
    await rm(file, { force: true });
    await rm(record.socket, { force: true });
    return null;
  }

  #fileFor(mountpoint: string): string {
    return path.join(this.#directory, `${nameOf(mountpoint)}.json`);
  }
}

function nameOf(mountpoint: string): string {
  return createHash('sha256').update(mountpoint).digest('hex').slice(0, 16);
}

/** Whether somebody listens. The kernel answers for a process that is busy or stopped, so this does not wait for it. */
function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    // Nobody listens there any more (ECONNREFUSED), or the socket is gone (ENOENT).
    socket.once('error', () => resolve(false));
  });
}
