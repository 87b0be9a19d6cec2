import type { Socket } from 'node:net';
import { CliError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';

/** A longer line is not one of ours. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;
/** Bytes taken in ahead of the reader. */
const HIGH_WATER_BYTES = 1024 * 1024;

/**
 * Messages over a socket: JSON values, one a line; a line may be followed by raw bytes that it announces.
 *
 * One reader and one writer at a time.
 */
export class Channel {
  readonly #socket: Socket;
  readonly #chunks: Buffer[] = [];
  #buffered = 0;
  #ended = false;
  #failure: Error | null = null;
  #wake: (() => void) | null = null;

  constructor(socket: Socket) {
    this.#socket = socket;
    const wake = (): void => {
      const waiting = this.#wake;
      this.#wake = null;
      waiting?.();
    };
    socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#buffered += chunk.length;
      // Much that nobody has asked for yet waits in the kernel. Little is taken in: only so is it noticed that the
      // other side has gone while it waits for an answer.
      if (this.#buffered >= HIGH_WATER_BYTES) socket.pause();
      wake();
    });
    const ended = (): void => {
      this.#ended = true;
      wake();
    };
    socket.on('end', ended);
    socket.on('close', ended);
    socket.on('error', (error) => {
      this.#failure = error;
      wake();
    });
  }

  /** Sends a value; resolves when the socket can take more. */
  send(message: unknown): Promise<void> {
    return this.#write(`${JSON.stringify(message)}\n`);
  }

  /** Sends raw bytes that an earlier line announced. */
  sendBytes(bytes: Uint8Array): Promise<void> {
    return this.#write(bytes);
  }

  /** The next value, or null when the other side has closed between two. */
  async receive(): Promise<unknown> {
    for (;;) {
      const line = this.#takeLine();
      if (line !== null) return parse(line);
      if (this.#buffered > MAX_LINE_BYTES) throw broken('a line is too long');
      if (!(await this.#more())) {
        if (this.#buffered > 0) throw broken('the connection ended within a message');
        return null;
      }
    }
  }

  /** Exactly `length` bytes. */
  async receiveBytes(length: number): Promise<Buffer> {
    while (this.#buffered < length) {
      if (!(await this.#more())) throw broken('the connection ended within a message');
    }
    return this.#take(length);
  }

  /** Lets the other side know that nothing more comes, and closes when it agrees. */
  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #takeLine(): Buffer | null {
    let before = 0;
    for (const chunk of this.#chunks) {
      const newline = chunk.indexOf(0x0a);
      if (newline >= 0) return this.#take(before + newline + 1);
      before += chunk.length;
    }
    return null;
  }

  #take(length: number): Buffer {
    const whole = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks);
    const bytes = whole ?? Buffer.alloc(0);
    this.#chunks.length = 0;
    if (bytes.length > length) this.#chunks.push(bytes.subarray(length));
    this.#buffered = bytes.length - length;
    if (this.#buffered < HIGH_WATER_BYTES) this.#socket.resume();
    return bytes.subarray(0, length);
  }

  /** Waits for more bytes. @returns false when none will come */
  async #more(): Promise<boolean> {
    const before = this.#buffered;
    while (this.#buffered === before) {
      if (this.#failure !== null) throw this.#failure;
      if (this.#ended) return false;
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#socket.resume();
      await woken;
    }
    return true;
  }

  #write(data: string | Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.write(data, (error) => (error ? reject(error) : resolve()));
    });
  }
}

function parse(line: Buffer): unknown {
  try {
    return JSON.parse(line.toString('utf8'));
  } catch (error) {
    throw broken('a line is not JSON', error);
  }
}

function broken(what: string, cause?: unknown): CliError {
  return new CliError(EXIT.failed, `cannot talk to the process that has the space mounted: ${what}.`, { cause });
}
