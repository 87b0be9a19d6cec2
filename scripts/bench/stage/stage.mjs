// What a benchmark stands on: a server, a space, mounts, and the counters of what happened at the server.
import { fork, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const cli = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));
const USER = 'bench@example.org';
const PASSWORD = 'bench';

/** Runs a program to its end. @returns what it printed */
export function run(program, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${program} ${args.join(' ')} ended with ${code}: ${errors}${output}`));
    });
  });
}

/** A server with one account, in a folder that goes away at the end. */
export class Stage {
  #child;
  #mounts = new Set();
  #clients = 0;

  static async open(options = {}) {
    const stage = new Stage();
    stage.folder = mkdtempSync(join(tmpdir(), 'seamount-bench-'));
    const settings = {
      accounts: [{ email: USER, password: PASSWORD }],
      data: join(stage.folder, 'server'),
      ...options,
    };
    stage.#child = fork(fileURLToPath(new URL('server.mjs', import.meta.url)), [JSON.stringify(settings)]);
    const ready = await stage.#answer('ready');
    stage.url = ready.url;
    stage.fileServer = ready.fileServer;
    stage.passwordFile = join(stage.folder, 'password');
    writeFileSync(stage.passwordFile, PASSWORD, { mode: 0o600 });
    return stage;
  }

  #answer(kind) {
    return new Promise((resolve, reject) => {
      const exit = (code) => reject(new Error(`the server ended with ${code}`));
      this.#child.once('exit', exit);
      const hear = (message) => {
        if (message.kind !== kind) return;
        this.#child.off('exit', exit);
        this.#child.off('message', hear);
        resolve(message);
      };
      this.#child.on('message', hear);
    });
  }

  get serverPid() {
    return this.#child.pid;
  }

  /** As the fields of a form. */
  get credentials() {
    return { username: USER, password: PASSWORD };
  }

  async setLatency(milliseconds) {
    const answered = this.#answer('latency');
    this.#child.send({ kind: 'latency', milliseconds });
    await answered;
  }

  /** Counters of the server; the poll for changes made elsewhere, which goes on all the time, left out. */
  async stats() {
    const answered = this.#answer('stats');
    this.#child.send({ kind: 'stats' });
    const { stats } = await answered;
    const polls = Object.entries(stats.routes).filter(([route]) => route.includes('head-commits-multi'));
    const sum = (key) => stats[key] - polls.reduce((total, [, route]) => total + route[key], 0);
    return {
      requests: sum('requests'),
      commits: stats.commits,
      sentBytes: sum('bytesIn'),
      receivedBytes: sum('bytesOut'),
      routes: stats.routes,
    };
  }

  /** Runs something and tells what it cost the server and how long it took. */
  async cost(work) {
    const before = await this.stats();
    const started = process.hrtime.bigint();
    const value = await work();
    const seconds = Number(process.hrtime.bigint() - started) / 1e9;
    const after = await this.stats();
    return {
      value,
      seconds,
      requests: after.requests - before.requests,
      commits: after.commits - before.commits,
      sentBytes: after.sentBytes - before.sentBytes,
      receivedBytes: after.receivedBytes - before.receivedBytes,
    };
  }

  /** Somebody who uses the server, with a cache of their own. */
  client() {
    const home = join(this.folder, `client-${this.#clients++}`);
    mkdirSync(join(home, 'run'), { recursive: true, mode: 0o700 });
    const env = {
      ...process.env,
      SEAMOUNT_SERVER: this.url,
      SEAMOUNT_USER: USER,
      SEAMOUNT_PASSWORD_FILE: this.passwordFile,
      XDG_CACHE_HOME: join(home, 'cache'),
      XDG_RUNTIME_DIR: join(home, 'run'),
    };
    const seamount = (...args) => run(process.execPath, [cli, ...args], { env });
    return {
      seamount,
      mount: async (space, ...options) => {
        const mountpoint = join(home, `mount-${this.#clients++}`);
        mkdirSync(mountpoint);
        await seamount('mount', space, mountpoint, '--create', ...options);
        const unmount = async () => {
          this.#mounts.delete(unmount);
          await seamount('unmount', mountpoint);
        };
        this.#mounts.add(unmount);
        return { path: mountpoint, sync: () => seamount('sync', mountpoint), unmount };
      },
    };
  }

  async close() {
    for (const unmount of [...this.#mounts]) await unmount();
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.disconnect();
    await gone;
    rmSync(this.folder, { recursive: true, force: true });
  }
}
