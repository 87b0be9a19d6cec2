import { EventEmitter } from 'node:events';
import type { TimeLike } from 'node:fs';
import { createInterface, type Interface } from 'node:readline';
import { ReadableStream } from 'node:stream/web';
import type { MaybePromise } from '../../volume/index.ts';
import { stringArgument } from '../arguments/options.ts';
import type { SystemCalls } from '../calls/calls.ts';
import { invalidState } from '../errors/state-errors.ts';
import { fchmod, fchown, futimes } from '../operations/attributes.ts';
import { fdatasync, fsync, ftruncate } from '../operations/descriptor.ts';
import {
  handleAppendFile,
  handleRead,
  handleReadFile,
  handleReadv,
  handleWrite,
  handleWriteFile,
  handleWritev,
} from '../operations/handle.ts';
import type { Prepared } from '../operations/prepared.ts';
import { type BigIntOption, fstat } from '../operations/status.ts';
import type { StreamClasses } from './streams.ts';

/** Bytes that a web stream asks for when its reader brings no buffer. */
const WEB_STREAM_CHUNK = 64 * 1024;

/**
 * `fs.promises.FileHandle`: an open file. It stays open while operations on it are under way, also when `close` was
 * called meanwhile.
 */
export class FileHandle extends EventEmitter {
  readonly #calls: SystemCalls;
  readonly #streams: StreamClasses;
  #fd: number;
  /** One for the handle itself, one for each operation and stream under way. */
  #uses = 1;
  #closing: Promise<void> | null = null;
  #whenUnused: (() => void) | null = null;
  #locked = false;

  constructor(calls: SystemCalls, streams: StreamClasses, fd: number) {
    super();
    this.#calls = calls;
    this.#streams = streams;
    this.#fd = fd;
    // Node's is a property of the instance, so that it can be passed on without its handle.
    this.close = this.close.bind(this);
  }

  /** -1 once closed. */
  get fd(): number {
    return this.#fd;
  }

  appendFile(data: unknown, options?: unknown): Promise<void> {
    return this.#use('writeFile', () => handleAppendFile(this.#fd, data, options));
  }

  chmod(mode: number | string): Promise<void> {
    return this.#use('fchmod', () => fchmod(this.#fd, mode));
  }

  chown(uid: number, gid: number): Promise<void> {
    return this.#use('fchown', () => fchown(this.#fd, uid, gid));
  }

  datasync(): Promise<void> {
    return this.#use('fdatasync', () => fdatasync(this.#fd));
  }

  sync(): Promise<void> {
    return this.#use('fsync', () => fsync(this.#fd));
  }

  read(buffer?: unknown, offset?: unknown, length?: unknown, position?: unknown) {
    return this.#use('read', () => handleRead(this.#fd, buffer, offset, length, position));
  }

  readv(buffers: unknown, position?: unknown) {
    return this.#use('readv', () => handleReadv(this.#fd, buffers, position));
  }

  readFile(options?: unknown): Promise<string | Buffer> {
    return this.#use('readFile', () => handleReadFile(this.#fd, options));
  }

  stat(options?: BigIntOption) {
    return this.#use('fstat', () => fstat(this.#fd, options));
  }

  truncate(length: unknown = 0): Promise<void> {
    return this.#use('ftruncate', () => ftruncate(this.#fd, length));
  }

  utimes(atime: TimeLike, mtime: TimeLike): Promise<void> {
    return this.#use('futimes', () => futimes(this.#fd, atime, mtime));
  }

  write(data: unknown, offset?: unknown, length?: unknown, position?: unknown) {
    return this.#use('write', () => handleWrite(this.#fd, data, offset, length, position));
  }

  writev(buffers: unknown, position?: unknown) {
    return this.#use('writev', () => handleWritev(this.#fd, buffers, position));
  }

  writeFile(data: unknown, options?: unknown): Promise<void> {
    return this.#use('writeFile', () => handleWriteFile(this.#fd, data, options));
  }

  createReadStream(options?: object) {
    return new this.#streams.ReadStream(undefined, { ...options, fd: this });
  }

  createWriteStream(options?: object) {
    return new this.#streams.WriteStream(undefined, { ...options, fd: this });
  }

  /** The lines of the file, from its position on. */
  readLines(options?: object): Interface {
    return createInterface({ input: this.createReadStream(options), crlfDelay: Number.POSITIVE_INFINITY });
  }

  /** The bytes of the file as a web stream of bytes; no second one can be made. */
  readableWebStream(options: { type?: unknown; autoClose?: unknown } = {}): ReadableStream<Uint8Array> {
    if (this.#fd === -1) throw invalidState('The FileHandle is closed');
    if (this.#closing !== null) throw invalidState('The FileHandle is closing');
    if (this.#locked) throw invalidState('The FileHandle is locked');
    if (options.type !== undefined) stringArgument(options.type, 'options.type');
    this.#locked = true;
    this.keep();
    let kept = true;
    const done = async (): Promise<void> => {
      if (!kept) return;
      kept = false;
      this.letGo();
      if (options.autoClose === true) await this.close();
    };
    const stream = new ReadableStream({
      type: 'bytes',
      pull: async (controller) => {
        const { bytesRead, buffer } = await this.read({ buffer: new Uint8Array(WEB_STREAM_CHUNK) });
        if (bytesRead > 0) {
          controller.enqueue(new Uint8Array(buffer.buffer, 0, bytesRead));
          return;
        }
        controller.close();
        // A reader that brought a buffer of its own waits for it.
        controller.byobRequest?.respond(0);
        await done();
      },
      cancel: done,
    });
    this.once('close', () => {
      // A stream that somebody is reading cannot be cancelled from here: its reads fail by themselves.
      if (!stream.locked) void stream.cancel();
      else void done();
    });
    return stream;
  }

  /** Closes the file when nothing on it is under way any more. Any number of calls are one closing. */
  close(): Promise<void> {
    if (this.#fd === -1) return Promise.resolve();
    if (this.#closing !== null) return this.#closing;
    this.#uses -= 1;
    const closing = (this.#uses === 0 ? this.#closeNow() : this.#closeWhenUnused()).finally(() => {
      this.#closing = null;
    });
    this.#closing = closing;
    this.emit('close');
    return closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Keeps the file open for a stream. */
  keep(): void {
    this.#uses += 1;
  }

  letGo(): void {
    this.#uses -= 1;
    if (this.#uses === 0) this.#whenUnused?.();
  }

  async #closeNow(): Promise<void> {
    const fd = this.#fd;
    this.#fd = -1;
    await this.#calls.close(fd);
  }

  async #closeWhenUnused(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#whenUnused = resolve;
    });
    await this.#closeNow();
  }

  /** @param syscall what the error of a closed handle names */
  async #use<T>(syscall: string, prepare: () => Prepared<T>): Promise<T> {
    if (this.#fd === -1) throw Object.assign(new Error('file closed'), { code: 'EBADF', syscall });
    this.keep();
    try {
      const answer: MaybePromise<T> = prepare()(this.#calls);
      return answer instanceof Promise ? await answer : answer;
    } finally {
      this.letGo();
    }
  }
}
