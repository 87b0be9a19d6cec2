import type { PathLike } from 'node:fs';
import { posix } from 'node:path';
import { andThen } from '../../volume/index.ts';
import { encodedName } from '../arguments/encoded-name.ts';
import { modeArgument } from '../arguments/numbers.ts';
import { booleanArgument, optionsArgument } from '../arguments/options.ts';
import { pathArgument } from '../arguments/path.ts';
import { Dir } from '../classes/dir.ts';
import { type Dirent, direntOf } from '../classes/dirent.ts';
import { run, type Task } from '../task.ts';
import type { Prepared } from './prepared.ts';
import { listTree, type TreeDirectory } from './tree.ts';

export function mkdir(path: PathLike, options?: unknown): Prepared<string | undefined> {
  const { recursive = false, mode = 0o777 }: { recursive?: unknown; mode?: unknown } =
    typeof options === 'number' || typeof options === 'string' ? { mode: options } : (options ?? {});
  const target = pathArgument(path);
  booleanArgument(recursive, 'options.recursive');
  const bits = modeArgument(mode, 'mode', 0o777);
  return (calls) => (recursive ? calls.mkdirp(target, bits) : andThen(calls.mkdir(target, bits), () => undefined));
}

export function mkdtemp(prefix: PathLike, options?: unknown): Prepared<string | Buffer> {
  const { encoding } = optionsArgument(options);
  const start = pathArgument(prefix, 'prefix');
  return (calls) => andThen(calls.mkdtemp(start), (path) => encodedName(path, encoding));
}

/** What `readdir` answers: names, or entries with types. */
export type Listing = (string | Buffer)[] | Dirent<string | Buffer>[];

export function readdir(path: PathLike, options?: unknown): Prepared<Listing> {
  const { encoding, withFileTypes, recursive } = optionsArgument(options);
  const target = pathArgument(path);
  return (calls) =>
    andThen(calls.readdir(target), (items) => {
      const directory: TreeDirectory = { path: target, items };
      const listing = (all: readonly TreeDirectory[]): Listing =>
        withFileTypes ? entries(all, encoding) : names(all, target, encoding);
      return recursive ? run(recursively(listTree(calls, directory), listing)) : listing([directory]);
    });
}

function* recursively(tree: Task<TreeDirectory[]>, listing: (all: TreeDirectory[]) => Listing): Task<Listing> {
  return listing(yield* tree);
}

function entries(all: readonly TreeDirectory[], encoding: Encoding): Dirent<string | Buffer>[] {
  return all.flatMap(({ path, items }) =>
    items.map(({ name, kind }) => direntOf(encodedName(name, encoding), kind, path)),
  );
}

/** Names relative to the directory that was asked for. */
function names(all: readonly TreeDirectory[], root: string, encoding: Encoding): (string | Buffer)[] {
  return all.flatMap(({ path, items }) => {
    const prefix = path === root ? '' : `${posix.relative(root, path)}/`;
    return items.map(({ name }) => encodedName(prefix + name, encoding));
  });
}

type Encoding = Parameters<typeof encodedName>[1];

export function opendir(path: PathLike, options?: unknown): Prepared<Dir> {
  const { encoding, bufferSize, recursive } = optionsArgument(options, { encoding: 'utf8' });
  const target = pathArgument(path);
  return (calls) =>
    andThen(calls.opendir(target), (items) => {
      const list = (below: string) => calls.opendir(below);
      return new Dir({ path: target, items }, list, { encoding, bufferSize, recursive: recursive === true });
    });
}
