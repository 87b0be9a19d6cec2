import { describe, expect, test } from 'vitest';
import { EMPTY_DIRECTORY } from '../../../src/seafile/index.ts';
import { CONFLICT, directory, edit, edits, FILE_MODE, idOf, known, NOW, staged, THEN, Trees, within } from './trees.ts';

const trees = new Trees();
const seen = (name: string, content: string) => trees.file(name, content);

describe('a file changed here', () => {
  test('takes the place of the version that was seen', async () => {
    const root = trees.store({ a: 'one', b: 'keep' });
    const { now, files } = staged(trees, 'two');
    const put = await trees.put(root, edits({ a: edit(seen('a', 'one'), now) }), files);
    expect(put.shape).toEqual({ a: 'two', b: 'keep' });
    expect(put.conflicts).toEqual([]);
    expect(trees.at(put.root, 'a')).toMatchObject({ mtime: NOW, size: 3, modifier: 'jo@example.org' });
    expect(trees.at(put.root, 'b')).toEqual(trees.at(root, 'b'));
  });

  test('takes the place of an earlier version of ours whose answer was lost', async () => {
    const put = await trees.put(
      trees.store({ a: 'sent before' }),
      edits({ a: edit(seen('a', 'one'), known(trees, 'two'), [idOf('sent before')]) }),
    );
    expect(put).toMatchObject({ shape: { a: 'two' }, conflicts: [] });
  });

  test('changes nothing when the head has it already', async () => {
    const root = trees.store({ a: 'two' }, NOW);
    const put = await trees.put(root, edits({ a: edit(seen('a', 'one'), known(trees, 'two')) }));
    expect(put).toMatchObject({ root, conflicts: [], objects: [] });
  });

  test('gets its time when the head has the content with another (the server’s merge drops it)', async () => {
    const put = await trees.put(
      trees.store({ a: 'two' }, THEN + 5),
      edits({ a: edit(seen('a', 'one'), known(trees, 'two')) }),
    );
    expect(trees.at(put.root, 'a')).toMatchObject({ mtime: NOW, modifier: 'them@example.org' });
  });

  test('keeps a mode that others set meanwhile', async () => {
    const root = trees.storeEntries([trees.file('a', 'one', { mode: FILE_MODE | 0o111 })]);
    const put = await trees.put(root, edits({ a: edit(seen('a', 'one'), known(trees, 'two')) }));
    expect(trees.at(put.root, 'a')).toMatchObject({ id: idOf('two'), mode: FILE_MODE | 0o111 });
  });

  test('and changed there leaves both: theirs under the name, ours beside it', async () => {
    const root = trees.store({ 'notes.v2.txt': 'theirs' });
    const put = await trees.put(
      root,
      edits({ 'notes.v2.txt': edit(seen('notes.v2.txt', 'one'), known(trees, 'ours')) }),
    );
    const copy = `notes.v2 ${CONFLICT}.txt`;
    expect(put.shape).toEqual({ 'notes.v2.txt': 'theirs', [copy]: 'ours' });
    expect(put.conflicts).toEqual([{ path: ['notes.v2.txt'], kind: 'both-changed', copy }]);
    expect(trees.at(put.root, copy)).toMatchObject({ mtime: NOW, modifier: 'jo@example.org' });
  });

  test('and changed there gets no second copy when the server’s merge made one', async () => {
    const copy = 'a (SFConflict jo@example.org 2026-11-22-08-00-00).txt';
    const root = trees.store({ 'a.txt': 'theirs', [copy]: 'ours' });
    const put = await trees.put(root, edits({ 'a.txt': edit(seen('a.txt', 'one'), known(trees, 'ours')) }));
    expect(put).toMatchObject({ root, conflicts: [{ path: ['a.txt'], kind: 'both-changed', copy }] });
  });

  test('and changed there twice in a second gets a copy of its own each time', async () => {
    const root = trees.store({ a: 'theirs', [`a ${CONFLICT}`]: 'another of ours' });
    const put = await trees.put(root, edits({ a: edit(seen('a', 'one'), known(trees, 'ours')) }));
    expect(put.shape).toMatchObject({ a: 'theirs', [`a ${CONFLICT}`]: 'another of ours' });
    expect(Object.values(put.shape)).toContain('ours');
  });

  test('and there to the same content is no conflict', async () => {
    const put = await trees.put(trees.store({ a: 'two' }), edits({ a: edit(null, known(trees, 'two')) }));
    expect(put).toMatchObject({ shape: { a: 'two' }, conflicts: [] });
  });

  test('and deleted there comes back', async () => {
    const put = await trees.put(trees.store({}), edits({ a: edit(seen('a', 'one'), known(trees, 'two')) }));
    expect(put).toMatchObject({
      shape: { a: 'two' },
      conflicts: [{ path: ['a'], kind: 'deletion-undone', copy: null }],
    });
  });

  test('and made a directory there goes beside it', async () => {
    const root = trees.store({ 'a.txt': { x: 'x' } });
    const put = await trees.put(root, edits({ 'a.txt': edit(seen('a.txt', 'one'), known(trees, 'two')) }));
    const copy = `a ${CONFLICT}.txt`;
    expect(put.shape).toEqual({ 'a.txt': { x: 'x' }, [copy]: 'two' });
    expect(put.conflicts).toEqual([{ path: ['a.txt'], kind: 'kind-differs', copy }]);
  });

  test('keeps its name hidden and within 255 bytes when it is copied', async () => {
    const long = `${'é'.repeat(125)}.txt`;
    const root = trees.store({ '.profile': 'theirs', [long]: 'theirs too' });
    const change = edits({
      '.profile': edit(seen('.profile', 'one'), known(trees, 'ours')),
      [long]: edit(seen(long, 'one'), known(trees, 'ours too')),
    });
    const put = await trees.put(root, change);
    expect(put.shape).toMatchObject({ [`.profile ${CONFLICT}`]: 'ours' });
    const copy = put.conflicts.find(({ path }) => path[0] === long)?.copy ?? '';
    expect(put.shape[copy]).toBe('ours too');
    expect(Buffer.byteLength(copy)).toBeLessThanOrEqual(255);
    expect(copy).toMatch(/^é+ \(SFConflict .*\)\.txt$/);
    expect((await trees.put(put.root, change)).root).toBe(put.root);
  });
});

describe('attributes changed here', () => {
  const touched = (attributes: { mode?: number; mtime?: number }) =>
    edits({ a: edit(seen('a', 'one'), known(trees, 'one', attributes)) });

  test('are put on what the head has, those that did not change stay', async () => {
    const root = trees.storeEntries([trees.file('a', 'one', { mtime: THEN + 9 })]);
    const put = await trees.put(root, touched({ mode: FILE_MODE | 0o100, mtime: THEN }));
    expect(trees.at(put.root, 'a')).toMatchObject({
      mode: FILE_MODE | 0o100,
      mtime: THEN + 9,
      modifier: 'them@example.org',
    });
  });

  test('of a content that changed there: the mode is set, the time stays that of their content', async () => {
    const root = trees.storeEntries([trees.file('a', 'theirs', { mtime: THEN + 9 })]);
    const put = await trees.put(root, touched({ mode: FILE_MODE | 0o100, mtime: NOW }));
    expect(trees.at(put.root, 'a')).toMatchObject({ id: idOf('theirs'), mode: FILE_MODE | 0o100, mtime: THEN + 9 });
    expect(put.conflicts).toEqual([]);
  });

  test('of a file deleted there are forgotten', async () => {
    expect(await trees.put(trees.store({}), touched({ mtime: NOW }))).toMatchObject({
      root: EMPTY_DIRECTORY,
      conflicts: [],
    });
  });
});

describe('a file deleted here', () => {
  const gone = edits({ a: edit(seen('a', 'one'), null, [idOf('sent before')]) });

  test('goes when it is the one that was seen, or one that was sent', async () => {
    expect((await trees.put(trees.store({ a: 'one', b: 'b' }), gone)).shape).toEqual({ b: 'b' });
    expect((await trees.put(trees.store({ a: 'sent before' }), gone)).root).toBe(EMPTY_DIRECTORY);
  });

  test('and gone there is done', async () => {
    const root = trees.store({ b: 'b' });
    expect(await trees.put(root, gone)).toMatchObject({ root, conflicts: [] });
  });

  test.each([[{ a: 'theirs' }], [{ a: { x: 'x' } }]])('and changed there stays: %j', async (shape) => {
    const root = trees.store(shape);
    expect(await trees.put(root, gone)).toMatchObject({
      root,
      conflicts: [{ path: ['a'], kind: 'deletion-refused', copy: null }],
    });
  });

  test('before it was ever sent touches nothing of others', async () => {
    const root = trees.store({ a: 'theirs' });
    expect(await trees.put(root, edits({ a: edit(null, null) }))).toMatchObject({ root, conflicts: [] });
  });
});

describe('entries the name map does not show', () => {
  test('with a name that occurs twice are kept when the directory is rewritten', async () => {
    const twice = [trees.file('a', 'first'), trees.file('a', 'second')];
    const root = trees.storeEntries(twice);
    const put = await trees.put(root, edits({ b: edit(null, known(trees, 'new')) }));
    expect(trees.directory(put.root).duplicates).toEqual([twice[1]]);
    expect(put.shape).toEqual({ a: 'first', b: 'new' });
  });
});

test('times of directories above a change stay', async () => {
  const root = trees.store({ d: { a: 'one' } });
  const d = trees.at(root, 'd');
  const put = await trees.put(root, edits({ d: within(d, edits({ a: edit(seen('a', 'one'), known(trees, 'two')) })) }));
  expect(trees.at(put.root, 'd')).toMatchObject({ mtime: THEN });
  const timed = await trees.put(
    root,
    edits({ d: edit(d, directory({ base: d.kind === 'directory' ? d.id : EMPTY_DIRECTORY, mtime: NOW })) }),
  );
  expect(trees.at(timed.root, 'd')).toMatchObject({ mtime: NOW, id: d.id });
});
