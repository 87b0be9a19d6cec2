import { describe, expect, it } from 'vitest';
import {
  type DirectoryId,
  directoryId,
  type Entry,
  fileId,
  S_IFDIR,
  S_IFREG,
} from '../../src/seafile/objects/index.ts';
import { mergeTrees, newDirectoryCache, Trees } from '../../src/server/libraries/index.ts';
import { memoryFiles, ObjectStore } from '../../src/server/storage/index.ts';

/** A tree written down: text is a file's content, an object a folder. */
interface Tree {
  readonly [name: string]: string | Tree;
}

const trees = new Trees(new ObjectStore(memoryFiles(), '/', { fsync: false }), 'library', newDirectoryCache());

const idOf = (content: string): string => Buffer.from(content.padEnd(20, '.')).toString('hex').slice(0, 40);

/** @param mtime of all entries, so that equal trees can have different ids */
function save(tree: Tree, mtime = 1): DirectoryId {
  const entries = Object.entries(tree).map(([name, value]): Entry => {
    if (typeof value !== 'string') {
      return { kind: 'directory', name, id: save(value, mtime), mode: S_IFDIR, mtime };
    }
    const id = fileId(idOf(value));
    return { kind: 'file', name, id, mode: S_IFREG | 0o644, mtime, size: value.length, modifier: 'bob@example.com' };
  });
  return trees.save(entries);
}

function show(id: DirectoryId): Tree {
  const entries = trees.entries(id).map((entry): [string, string | Tree] => {
    if (entry.kind === 'directory') return [entry.name, show(directoryId(entry.id))];
    return [entry.name, Buffer.from(entry.id, 'hex').toString().replace(/\.+$/, '')];
  });
  return Object.fromEntries(entries);
}

/** Local time of second 1, as in the names of conflict copies. */
const AT_1 = (() => {
  const time = new Date(1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}-${two(time.getHours())}-${two(time.getMinutes())}-${two(time.getSeconds())}`;
})();

function merge(base: Tree, head: Tree, remote: Tree): { tree: Tree; conflict: boolean } {
  const sides = { base: save(base), head: save(head), remote: save(remote) };
  const result = mergeTrees(trees, sides, { remoteCreator: 'carol@example.com', now: 1 });
  return { tree: show(result.root), conflict: result.conflict };
}

describe('the three-way merge', () => {
  it.each<[string, Tree, Tree, Tree, Tree]>([
    ['takes what either side added', { a: '1' }, { a: '1', b: '2' }, { a: '1', c: '3' }, { a: '1', b: '2', c: '3' }],
    ['takes the side that changed', { a: '1', b: '1' }, { a: '2', b: '1' }, { a: '1', b: '3' }, { a: '2', b: '3' }],
    ['drops what either side deleted', { a: '1', b: '1', c: '1' }, { b: '1', c: '1' }, { a: '1', c: '1' }, { c: '1' }],
    ['keeps what was deleted here and changed there', { a: '1' }, {}, { a: '2' }, { a: '2' }],
    ['keeps what was changed here and deleted there', { a: '1' }, { a: '2' }, {}, { a: '2' }],
    ['takes equal changes once', { a: '1' }, { a: '2' }, { a: '2' }, { a: '2' }],
    [
      'merges folders that both changed',
      { d: { a: '1', b: '1' } },
      { d: { a: '2', b: '1' } },
      { d: { a: '1', b: '2' } },
      { d: { a: '2', b: '2' } },
    ],
    [
      'keeps only the changed part of a folder that the other side deleted',
      { d: { a: '1', b: '1' } },
      {},
      { d: { a: '2', b: '1' } },
      { d: { a: '2' } },
    ],
    [
      'brings a renamed file that was edited back under both names',
      { a: '1' },
      { b: '1' },
      { a: '2' },
      { a: '2', b: '1' },
    ],
    ['lets a file replace an unchanged folder', { a: { x: '1' } }, { a: { x: '1' } }, { a: 'file' }, { a: 'file' }],
  ])('%s', (_, base, head, remote, expected) => {
    expect(merge(base, head, remote)).toEqual({ tree: expected, conflict: false });
  });

  it('keeps both contents of a file that both sides changed: the head under the name', () => {
    expect(merge({ 'a.txt': '1' }, { 'a.txt': '2' }, { 'a.txt': '3' })).toEqual({
      tree: { 'a.txt': '2', [`a (SFConflict bob@example.com ${AT_1}).txt`]: '3' },
      conflict: true,
    });
  });

  it('keeps a new file beside a new folder of its name', () => {
    expect(merge({}, { a: { x: '1' } }, { a: 'file' })).toEqual({
      tree: { a: { x: '1' }, [`a (SFConflict bob@example.com ${AT_1})`]: 'file' },
      conflict: true,
    });
  });

  it('keeps a new folder beside a new file of its name, named after who sent it', () => {
    expect(merge({}, { a: 'file' }, { a: { x: '1' } })).toEqual({
      tree: { a: 'file', [`a (SFConflict carol@example.com ${AT_1})`]: { x: '1' } },
      conflict: true,
    });
  });

  it('compares content alone: a side that changed only times counts as unchanged, and the head keeps its entry', () => {
    const base = save({ a: '1' }, 1);
    const head = save({ a: '1' }, 2);
    const remote = save({ a: '1', b: '2' }, 3);
    const { root } = mergeTrees(trees, { base, head, remote }, { remoteCreator: '', now: 1 });
    expect(trees.entry(root, 'a')?.mtime).toBe(2);
    expect(show(root)).toEqual({ a: '1', b: '2' });
  });

  it('gives a folder that both sides changed the head’s time', () => {
    const base = save({ d: { a: '1' } }, 1);
    const head = save({ d: { a: '1', b: '1' } }, 2);
    const remote = save({ d: { a: '1', c: '1' } }, 3);
    const { root } = mergeTrees(trees, { base, head, remote }, { remoteCreator: '', now: 1 });
    expect(trees.entry(root, 'd')?.mtime).toBe(2);
    expect(show(root)).toEqual({ d: { a: '1', b: '1', c: '1' } });
  });
});
