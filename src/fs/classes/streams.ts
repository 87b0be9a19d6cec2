import nodeFs, { type PathLike } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { type CommonOptions, optionsArgument } from '../arguments/options.ts';
import { notImplemented } from '../errors/state-errors.ts';
import { FileHandle } from './file-handle.ts';
import { handleCalls, type StreamCalls } from './stream-calls.ts';

/** A constructor that can be called with and without `new`. */
export interface StreamConstructor<S extends Readable | Writable> {
  new (path: PathLike | null | undefined, options?: unknown): S;
  (path: PathLike | null | undefined, options?: unknown): S;
  readonly prototype: S;
}

/** The stream classes of one volume. */
export interface StreamClasses {
  readonly ReadStream: StreamConstructor<nodeFs.ReadStream>;
  readonly WriteStream: StreamConstructor<nodeFs.WriteStream>;
}

/**
 * `ReadStream` and `WriteStream` of one volume: Node's own classes, which open, read, write and close through the
 * callbacks they are given. Chunks, ranges, events and their order are therefore Node's.
 *
 * @param calls  where they find the callbacks: as in Node a program may replace those, so it is asked each time
 */
export function streamClasses(calls: () => StreamCalls): StreamClasses {
  return {
    ReadStream: streamClass('ReadStream', nodeFs.ReadStream, calls),
    WriteStream: streamClass('WriteStream', nodeFs.WriteStream, calls),
  };
}

function streamClass<S extends nodeFs.ReadStream | nodeFs.WriteStream>(
  name: string,
  // biome-ignore lint/complexity/noBannedTypes: the constructors of Node's streams are functions, which its types deny
  Base: Function & { readonly prototype: S },
  calls: () => StreamCalls,
): StreamConstructor<S> {
  // A function as Node's is: programs call it on objects of their own making, `ReadStream.call(this, path)`.
  function Stream(this: S | undefined, path: PathLike | null | undefined, options?: unknown): unknown {
    if (!(this instanceof Stream)) return Reflect.construct(Stream, [path, options]);
    const given = withInherited(optionsArgument(options));
    const { fd: handle } = given;
    if (!(handle instanceof FileHandle)) {
      Reflect.apply(Base, this, [path, given.fs ? given : { ...given, fs: calls() }]);
      if (this.destroyed) openNothing(this);
      return undefined;
    }
    if (given.fs) throw notImplemented('FileHandle with fs');
    handle.keep();
    try {
      Reflect.apply(Base, this, [path, { ...given, fd: handle.fd, fs: handleCalls(handle) }]);
    } catch (error) {
      handle.letGo();
      throw error;
    }
    handle.on('close', () => this.close());
    return undefined;
  }
  Object.defineProperty(Stream, 'name', { value: name });
  Object.setPrototypeOf(Stream.prototype, Base.prototype);
  Object.setPrototypeOf(Stream, Base);
  // What the lines above make is what the type says; the compiler cannot follow.
  return Stream as unknown as StreamConstructor<S>;
}

/** Options as Node reads them: those of the prototype count too. */
function withInherited(options: CommonOptions): CommonOptions {
  const all: Record<string, unknown> = {};
  for (const name in options) all[name] = options[name];
  return all;
}

/** A stream whose signal had fired before it began would open its file all the same, and never close it. */
function openNothing(stream: nodeFs.ReadStream | nodeFs.WriteStream): void {
  Object.defineProperty(stream, '_construct', { value: (done: () => void) => done() });
}
