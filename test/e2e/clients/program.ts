import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A program that is not part of this project, as its users call it. */
export class Program {
  readonly #name: string;
  readonly #env: Readonly<Record<string, string>>;

  /**
   * @param debianPackage where it comes from, for the message when it is missing
   * @throws when it is not installed
   */
  constructor(name: string, debianPackage: string, env: Readonly<Record<string, string>> = {}) {
    if (spawnSync('which', [name]).status !== 0) {
      throw new Error(`${name} is not installed: apt-get install ${debianPackage}`);
    }
    this.#name = name;
    this.#env = { ...env, LC_ALL: 'C.UTF-8' };
  }

  /** @returns what it prints @throws with what it complains about, when it fails */
  async run(...args: string[]): Promise<string> {
    const env = { ...process.env, ...this.#env };
    const { stdout } = await run(this.#name, args, { env, timeout: 120_000, maxBuffer: 64 << 20 });
    return stdout;
  }
}

/** Asks again and again until the answer is the wanted one, at most for a while; other programs tell nobody when they are done. */
export async function eventually<Value>(ask: () => Promise<Value>, good: (value: Value) => boolean): Promise<Value> {
  const deadline = performance.now() + 50_000;
  for (;;) {
    const value = await ask();
    if (good(value)) return value;
    if (performance.now() > deadline) throw new Error(`still ${JSON.stringify(value)} after 50 s`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
