import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable, Writable } from 'node:stream';
import type { Context, Screen } from '../../src/cli/context.ts';
import { Redactor } from '../../src/cli/redact.ts';

/** A screen that keeps what is written to it. */
export class RecordingScreen extends Writable {
  isTTY = false;
  columns = 80;
  readonly #pieces: Buffer[] = [];

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#pieces.push(chunk);
    done();
  }

  get text(): string {
    return Buffer.concat(this.#pieces).toString('utf8');
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#pieces);
  }
}

export interface TestContext extends Context {
  readonly stdout: RecordingScreen & Screen;
  readonly stderr: RecordingScreen & Screen;
  /** Holds all of the context's directories. */
  readonly root: string;
}

/** A world of its own for a command: no environment, empty directories, recorded output. */
export function testContext(
  options: {
    readonly env?: Record<string, string>;
    readonly stdin?: string | Buffer;
    readonly root?: string;
    readonly signal?: AbortSignal;
  } = {},
): TestContext {
  const root = options.root ?? mkdtempSync(path.join(tmpdir(), 'seamount-cli-'));
  return {
    root,
    env: options.env ?? {},
    stdin: Readable.from(options.stdin === undefined ? [] : [Buffer.from(options.stdin)]),
    stdout: new RecordingScreen(),
    stderr: new RecordingScreen(),
    directories: {
      config: path.join(root, 'config'),
      cache: path.join(root, 'cache'),
      data: path.join(root, 'data'),
      log: path.join(root, 'log'),
      runtime: path.join(root, 'run'),
    },
    signal: options.signal ?? new AbortController().signal,
    redactor: new Redactor(),
  };
}
