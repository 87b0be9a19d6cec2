import type { PathLike } from 'node:fs';
import { posix } from 'node:path';
import { andThen } from '../../volume/index.ts';
import { mkdtemp } from './directories.ts';
import type { Prepared } from './prepared.ts';
import { rm } from './remove.ts';

/** A temporary directory that can be disposed of with everything in it (`await using`); Node has it since 24. */
export interface DisposableDirectory {
  readonly path: string | Buffer;
  remove(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** The same for code that blocks. */
export interface SyncDisposableDirectory {
  readonly path: string | Buffer;
  remove(): void;
  [Symbol.dispose](): void;
}

/** Removes what is at an absolute path, wherever the program's directory is by then. */
function removal(path: string | Buffer): Prepared<void> {
  return rm(posix.resolve('/', String(path)), { recursive: true, force: true });
}

export function mkdtempDisposable(prefix: PathLike, options?: unknown): Prepared<DisposableDirectory> {
  const make = mkdtemp(prefix, options);
  return (calls) =>
    andThen(make(calls), (path) => {
      const remove = async (): Promise<void> => removal(path)(calls);
      return { path, remove, [Symbol.asyncDispose]: remove };
    });
}

export function mkdtempDisposableSync(prefix: PathLike, options?: unknown): Prepared<SyncDisposableDirectory> {
  const make = mkdtemp(prefix, options);
  return (calls) =>
    andThen(make(calls), (path) => {
      const remove = (): void => {
        // Over calls that answer at once this is over when it returns.
        void removal(path)(calls);
      };
      return { path, remove, [Symbol.dispose]: remove };
    });
}
