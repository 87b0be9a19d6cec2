import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { ALICE, BOB, CLIENT, type Ended } from './seamount.ts';

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));
const BINARY = path.join(PROJECT, 'dist/cli/main.js');

/** Builds `dist` if a source is newer than it; of several test files that start at once, one builds. */
export function ensureBuilt(): void {
  const lock = path.join(PROJECT, 'node_modules/.seamount-build');
  for (;;) {
    if (isBuilt()) return;
    try {
      mkdirSync(lock);
      break;
    } catch {
      // Another one builds: it is waited for, unless it was killed.
      if (Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > 120_000) rmdirSync(lock);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    }
  }
  try {
    execFileSync('npm', ['run', '--silent', 'build'], { cwd: PROJECT, stdio: 'pipe' });
  } finally {
    rmdirSync(lock);
  }
}

function isBuilt(): boolean {
  const built = statSync(BINARY, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = readdirSync(path.join(PROJECT, 'src'), { recursive: true, withFileTypes: true });
  return sources
    .filter((entry) => entry.isFile())
    .every((entry) => statSync(path.join(entry.parentPath, entry.name)).mtimeMs < built);
}

/** A server in a process of its own: a test that waits for the kernel must not keep its server from answering. */
export async function serve(
  shell: Shell,
  ...args: readonly string[]
): Promise<{ readonly child: ChildProcess; readonly url: string }> {
  const child = shell.start(['serve', ...args]);
  return { child, url: JSON.parse(await firstLine(child)).url };
}

/** A person at a shell, with a home of their own, who uses the built `seamount`. */
export class Shell {
  readonly home = mkdtempSync(path.join(tmpdir(), 'seamount-home-'));
  readonly env: Record<string, string>;
  readonly #running = new Set<ChildProcess>();
  readonly mountpoints: string[] = [];

  constructor(env: Record<string, string>) {
    const runtime = path.join(this.home, 'run');
    mkdirSync(runtime, { mode: 0o700 });
    this.env = { PATH: process.env.PATH ?? '', HOME: this.home, XDG_RUNTIME_DIR: runtime, TZ: 'UTC', ...env };
  }

  /** An empty folder to mount on. */
  mountpoint(name: string): string {
    const folder = path.join(this.home, name);
    mkdirSync(folder);
    this.mountpoints.push(folder);
    return folder;
  }

  /** Runs a command to its end. */
  async run(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
    const child = this.start(args, env);
    return ended(child);
  }

  /** Runs a command in a mount namespace of its own, which a shell script prepares; `"$@"` runs it. */
  async runPrepared(script: string, args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
    const child = spawn('unshare', ['--mount', 'sh', '-ec', script, 'sh', process.execPath, BINARY, ...args], {
      env: { ...this.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return ended(child);
  }

  /** Starts a command that is left running. */
  start(args: readonly string[], env: Record<string, string> = {}): ChildProcess {
    const child = spawn(process.execPath, [BINARY, ...args], {
      env: { ...this.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#running.add(child);
    child.once('exit', () => this.#running.delete(child));
    return child;
  }

  /** Ends what still runs, and takes away what it leaves. */
  async close(): Promise<void> {
    const mounted = await this.run(['status', '--json']);
    for (const { pid } of JSON.parse(mounted.out || '[]')) process.kill(pid, 'SIGKILL');
    for (const child of this.#running) child.kill('SIGKILL');
    for (const mountpoint of this.mountpoints) {
      if (isMounted(mountpoint)) execFileSync('umount', ['-l', mountpoint]);
    }
    rmSync(this.home, { recursive: true, force: true });
  }
}

export async function ended(child: ChildProcess): Promise<Ended> {
  const [out, err] = [collect(child.stdout), collect(child.stderr)];
  const code = await new Promise<number>((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? (signal === null ? -1 : -2)));
  });
  return { code, out: await out, err: await err };
}

async function collect(stream: NodeJS.ReadableStream | null): Promise<string> {
  let text = '';
  if (stream !== null) for await (const chunk of stream) text += String(chunk);
  return text;
}

/** The first line a program writes; what it writes later can still be read. */
export function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const more = (chunk: Buffer): void => {
      text += chunk;
      if (text.includes('\n')) done();
    };
    const done = (): void => {
      child.stdout?.off('data', more).off('end', done);
      resolve(text);
    };
    if (child.stdout === null) reject(new Error('its output is not read'));
    child.stdout?.on('data', more).on('end', done);
  });
}

/** As the kernel tells it, without touching the mount. */
export function isMounted(mountpoint: string): boolean {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .some((line) => line.split(' ')[4] === mountpoint);
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A zombie has ended: its parent has not looked yet.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** What other users of the machine can see of a process: its command line. */
export function visible(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
}

/** What the same user can see of it: its environment. */
export function environment(pid: number): string {
  return readFileSync(`/proc/${pid}/environ`, 'utf8');
}

const ONE_LINE = /^seamount: [^\n]+\n$/;

/** One line for people, no stack trace, no secret, and the right exit code. */
export function expectRefusal(told: Ended, code: number, reason: RegExp): void {
  expect(told.err).toMatch(reason);
  expect(told).toEqual({ code, out: '', err: expect.stringMatching(ONE_LINE) });
  expect(told.err).not.toMatch(/\n\s+at |node:internal/);
  for (const secret of [ALICE.password, BOB.password, CLIENT.secret]) expect(told.err).not.toContain(secret);
  expect(told.err).not.toMatch(/[0-9a-f]{40}/);
}
