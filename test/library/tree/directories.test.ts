import { describe, expect, test } from 'vitest';
import { type DirectoryEntry, EMPTY_DIRECTORY } from '../../../src/seafile/index.ts';
import {
  CONFLICT,
  DIRECTORY_MODE,
  directory,
  edit,
  edits,
  idOf,
  known,
  NOW,
  type Shape,
  THEN,
  Trees,
  within,
} from './trees.ts';

const trees = new Trees();

/** The entry of a directory that was seen. */
function seen(name: string, shape: Shape): DirectoryEntry {
  return { kind: 'directory', name, id: trees.store(shape), mode: DIRECTORY_MODE, mtime: THEN };
}

const put = (head: Shape, edit: ReturnType<typeof edits>) => trees.put(trees.store(head), edit);

describe('a directory made here', () => {
  test('is there with what is in it and with its own time', async () => {
    const made = await put(
      {},
      edits({
        d: edit(
          null,
          directory({
            mtime: 42,
            edit: edits({ f: edit(null, known(trees, 'f')), e: edit(null, directory({ mtime: 43 })) }),
          }),
        ),
      }),
    );
    expect(made).toMatchObject({ shape: { d: { f: 'f', e: {} } }, conflicts: [] });
    expect(trees.at(made.root, 'd')).toMatchObject({ mtime: 42, mode: DIRECTORY_MODE });
    expect(trees.at(made.root, 'd', 'e')).toMatchObject({ mtime: 43, id: EMPTY_DIRECTORY });
  });

  test('and there too is one with what both put in', async () => {
    const change = edits({
      d: edit(
        null,
        directory({ edit: edits({ f: edit(null, known(trees, 'ours')), g: edit(null, known(trees, 'g')) }) }),
      ),
    });
    const made = await put({ d: { f: 'theirs', h: 'h' } }, change);
    expect(made.shape).toEqual({ d: { f: 'theirs', [`f ${CONFLICT}`]: 'ours', g: 'g', h: 'h' } });
    expect(made.conflicts).toEqual([{ path: ['d', 'f'], kind: 'both-changed', copy: `f ${CONFLICT}` }]);
  });

  test('where they made a file goes beside it', async () => {
    const change = edits({ 'd.1': edit(null, directory({ edit: edits({ f: edit(null, known(trees, 'f')) }) })) });
    const made = await put({ 'd.1': 'theirs' }, change);
    const copy = `d.1 ${CONFLICT}`;
    expect(made.shape).toEqual({ 'd.1': 'theirs', [copy]: { f: 'f' } });
    expect(made.conflicts).toEqual([{ path: ['d.1'], kind: 'kind-differs', copy }]);
    expect((await trees.put(made.root, change)).root).toBe(made.root);
  });

  test('in place of a file that was seen takes its name', async () => {
    const change = edits({ a: edit(trees.file('a', 'one'), directory()) });
    expect(await put({ a: 'one' }, change)).toMatchObject({ shape: { a: {} }, conflicts: [] });
    expect((await put({ a: 'theirs' }, change)).shape).toEqual({ a: 'theirs', [`a ${CONFLICT}`]: {} });
  });
});

describe('a directory with changes below it', () => {
  const before = { f: 'f', g: 'g', e: { x: 'x' } };
  const change = edits({ d: within(seen('d', before), edits({ f: edit(trees.file('f', 'f'), known(trees, 'new')) })) });

  test('keeps what others changed beside them', async () => {
    const changed = await put({ d: { f: 'f', g: 'theirs', e: { x: 'x', y: 'y' } } }, change);
    expect(changed).toMatchObject({ shape: { d: { f: 'new', g: 'theirs', e: { x: 'x', y: 'y' } } }, conflicts: [] });
  });

  test('and deleted there is made again for what changed here alone', async () => {
    const changed = await put({ other: 'o' }, change);
    expect(changed).toMatchObject({
      shape: { d: { f: 'new' }, other: 'o' },
      conflicts: [{ path: ['d'], kind: 'deletion-undone', copy: null }],
    });
  });

  test('and deleted there stays deleted when nothing that changed here is content', async () => {
    const touched = edits({
      d: within(
        seen('d', before),
        edits({ f: edit(trees.file('f', 'f'), known(trees, 'f')), g: edit(trees.file('g', 'g'), null) }),
      ),
    });
    expect(await put({ other: 'o' }, touched)).toMatchObject({ shape: { other: 'o' }, conflicts: [] });
  });

  test('and made a file there goes beside it with what changed here', async () => {
    const changed = await put({ d: 'theirs' }, change);
    expect(changed.shape).toEqual({ d: 'theirs', [`d ${CONFLICT}`]: { f: 'new' } });
  });

  test('whose own time was set keeps the mode that others set', async () => {
    const was = seen('d', before);
    const root = trees.storeEntries([{ ...was, mode: was.mode & ~0o077, mtime: THEN + 1 }]);
    const { root: changed } = await trees.put(
      root,
      edits({ d: edit(was, directory({ base: was.id, mode: was.mode, mtime: NOW })) }),
    );
    expect(trees.at(changed, 'd')).toMatchObject({ mode: was.mode & ~0o077, mtime: NOW });
  });
});

describe('a directory deleted here', () => {
  const before = { a: 'a', b: { x: 'x', y: 'y' }, c: {} };
  const gone = edits({ d: edit(seen('d', before), null) });

  test('goes at once, unread, when nothing changed', async () => {
    const root = trees.store({ d: before, e: 'e' });
    trees.reads.length = 0;
    expect(await trees.put(root, gone)).toMatchObject({ shape: { e: 'e' }, conflicts: [] });
    expect(trees.reads.flat()).not.toContain(trees.store(before));
  });

  test('goes when others only deleted in it, or set times', async () => {
    expect((await put({ d: { b: { x: 'x' } } }, gone)).root).toBe(EMPTY_DIRECTORY);
    expect((await trees.put(trees.store({ d: before }, THEN + 5), gone)).root).toBe(EMPTY_DIRECTORY);
  });

  test('leaves what others made or changed below', async () => {
    const changed = await put({ d: { a: 'a', b: { x: 'theirs', y: 'y', n: {} }, c: {} } }, gone);
    expect(changed.shape).toEqual({ d: { b: { x: 'theirs', n: {} } } });
    expect(changed.conflicts).toEqual([
      { path: ['d', 'b', 'x'], kind: 'deletion-refused', copy: null },
      { path: ['d', 'b', 'n'], kind: 'deletion-refused', copy: null },
    ]);
  });

  test('and made a file there stays', async () => {
    expect(await put({ d: 'theirs' }, gone)).toMatchObject({
      shape: { d: 'theirs' },
      conflicts: [{ path: ['d'], kind: 'deletion-refused' }],
    });
  });

  test('that was made here and may have been sent goes with what was sent', async () => {
    const change = edits({ d: edit(null, null, [idOf('sent'), idOf('sent too')]) });
    expect((await put({ d: { a: 'sent', b: { c: 'sent too' } } }, change)).root).toBe(EMPTY_DIRECTORY);
    expect((await put({ d: { a: 'sent', b: { c: 'theirs' }, e: {} } }, change)).shape).toEqual({
      d: { b: { c: 'theirs' }, e: {} },
    });
  });

  test('and made again is the new one, with what others changed in the old one', async () => {
    const change = edits({
      d: edit(seen('d', before), directory({ edit: edits({ a: edit(null, known(trees, 'new')) }) })),
    });
    const alone = await put({ d: before }, change);
    expect(alone).toMatchObject({ shape: { d: { a: 'new' } }, conflicts: [] });
    expect(await trees.put(alone.root, change)).toMatchObject({ root: alone.root, conflicts: [] });
    const both = await put({ d: { ...before, b: { x: 'x', y: 'theirs' } } }, change);
    expect(both.shape).toEqual({ d: { a: 'new', b: { y: 'theirs' } } });
  });

  test('with a file in its place is the file, unless others changed something in it', async () => {
    const change = edits({ d: edit(seen('d', before), known(trees, 'file')) });
    expect((await put({ d: before }, change)).shape).toEqual({ d: 'file' });
    expect((await put({ d: { ...before, n: 'n' } }, change)).shape).toEqual({
      d: { n: 'n' },
      [`d ${CONFLICT}`]: 'file',
    });
  });
});

describe('reading', () => {
  test('asks for the directories of one level together, and for none that nothing touches', async () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const leaf = { f: 'f', quiet: { q: 'q' } };
    const root = trees.store({ space: Object.fromEntries(names.map((name) => [name, { sub: leaf, other: leaf }])) });
    const leafEdit = edits({ f: edit(trees.file('f', 'f'), known(trees, 'new')) });
    const change = edits(
      Object.fromEntries(
        names.map((name, index) => {
          // Trees of one content have one id: make them differ, so that each has to be read.
          const sub = seen('sub', leaf);
          return [
            name,
            within(
              seen(name, { sub: leaf, other: leaf }),
              edits({ [index < 3 ? 'sub' : 'other']: within(sub, leafEdit) }),
            ),
          ];
        }),
      ),
    );
    trees.reads.length = 0;
    const { puts, rootId } = await trees.rebase(root, [{ folder: ['space'], edit: change, files: new Map() }]);
    expect(puts).toEqual([{ folderId: trees.at(rootId, 'space').id, conflicts: [] }]);
    // The library's root, the space, its five folders (of one content), the leaf.
    expect(trees.reads.map((ids) => ids.length)).toEqual([1, 1, 1, 1]);
  });

  test('takes no more rounds for many spaces than for one', async () => {
    const spaces = Array.from({ length: 50 }, (_, number) => `user${number}`);
    const root = trees.store({ users: Object.fromEntries(spaces.map((name) => [name, { d: { mine: name } }])) });
    trees.reads.length = 0;
    const { puts, rootId, objects } = await trees.rebase(
      root,
      spaces.map((name) => ({
        folder: ['users', name],
        edit: edits({ d: within(seen('d', { mine: name }), edits({ n: edit(null, known(trees, `new ${name}`)) })) }),
        files: new Map(),
      })),
    );
    expect(puts).toHaveLength(50);
    expect(trees.reads.map((ids) => ids.length)).toEqual([1, 1, 50, 50]);
    expect(objects).toHaveLength(102);
    expect(trees.find(rootId, 'users', 'user7', 'd', 'n')).toMatchObject({ id: idOf('new user7') });
  });
});

describe('changes put together', () => {
  test('of one folder come one after the other', async () => {
    const first = { folder: ['s'], edit: edits({ a: edit(null, known(trees, 'one')) }), files: new Map() };
    const second = {
      folder: ['s'],
      edit: edits({ a: edit(trees.file('a', 'one'), known(trees, 'two')) }),
      files: new Map(),
    };
    const { rootId } = await trees.rebase(trees.store({ s: {} }), [first, second]);
    expect(trees.show(rootId)).toEqual({ s: { a: 'two' } });
  });

  test('fail alone when their folder is gone', async () => {
    const change = edits({ a: edit(null, known(trees, 'one')) });
    const changes = ['s', 'gone', 't'].map((name) => ({ folder: [name], edit: change, files: new Map() }));
    const { rootId, puts } = await trees.rebase(trees.store({ s: {}, t: {} }), changes);
    expect(trees.show(rootId)).toEqual({ s: { a: 'one' }, t: { a: 'one' } });
    expect(puts[1]).toMatchObject({ kind: 'not-found' });
  });
});
