import { describe, expect, test } from 'vitest';
import type { DirectoryEntry } from '../../../src/seafile/index.ts';
import { CONFLICT, DIRECTORY_MODE, directory, edit, edits, known, type Shape, THEN, Trees } from './trees.ts';

const trees = new Trees();

/** The entry of a directory that was seen. */
function seen(name: string, shape: Shape): DirectoryEntry {
  return { kind: 'directory', name, id: trees.store(shape), mode: DIRECTORY_MODE, mtime: THEN };
}

const put = (head: Shape, edit: ReturnType<typeof edits>) => trees.put(trees.store(head), edit);

describe('a renamed directory', () => {
  const before = { a: 'a', b: { x: 'x' } };
  const was = seen('old', before);
  const moved = (change: Parameters<typeof edits>[0] = {}) =>
    edits({
      old: edit(was, null),
      new: edit(
        null,
        directory({
          base: was.id,
          movedFrom: ['old'],
          edit: Object.keys(change).length > 0 ? edits(change) : null,
        }),
      ),
    });

  test('is the same tree under the new name: nothing below is read or sent', async () => {
    const root = trees.store({ old: before });
    trees.reads.length = 0;
    const renamed = await trees.put(root, moved());
    expect(renamed).toMatchObject({ shape: { new: before }, conflicts: [] });
    expect(trees.at(renamed.root, 'new')).toMatchObject({ id: was.id });
    expect(renamed.objects).toHaveLength(1);
    expect(trees.reads).toEqual([[root]]);
  });

  test('takes along what others changed at the old place, and gets what changed here', async () => {
    const change = moved({ a: edit(trees.file('a', 'a'), known(trees, 'ours')) });
    const renamed = await put({ old: { a: 'a', b: { x: 'theirs' }, n: 'n' } }, change);
    expect(renamed).toMatchObject({ shape: { new: { a: 'ours', b: { x: 'theirs' }, n: 'n' } }, conflicts: [] });
    expect(await trees.put(renamed.root, change)).toMatchObject({ root: renamed.root, conflicts: [] });
  });

  test('is done when the source is gone and the target is there', async () => {
    const root = trees.store({ new: { ...before, n: 'n' } });
    const { root: again, shape } = await trees.put(root, moved());
    expect(shape).toEqual({ new: { ...before, n: 'n' } });
    expect((await trees.put(again, moved())).root).toBe(again);
  });

  test('comes from what was seen when the old place is gone', async () => {
    expect(await put({}, moved())).toMatchObject({
      shape: { new: before },
      conflicts: [{ path: ['new'], kind: 'deletion-undone', copy: null }],
    });
  });

  test('is merged into a directory that others made under the new name', async () => {
    const renamed = await put({ old: before, new: { a: 'theirs', c: 'c' } }, moved());
    expect(renamed.shape).toEqual({ new: { a: 'theirs', [`a ${CONFLICT}`]: 'a', b: { x: 'x' }, c: 'c' } });
    expect(renamed.conflicts).toEqual([{ path: ['new', 'a'], kind: 'both-changed', copy: `a ${CONFLICT}` }]);
  });

  test('goes beside a file that others made under the new name', async () => {
    const renamed = await put({ old: before, new: 'theirs' }, moved());
    expect(renamed.shape).toEqual({ new: 'theirs', [`new ${CONFLICT}`]: before });
  });

  test('over an empty directory takes its place, and is not put there twice', async () => {
    const change = edits({
      old: edit(was, null),
      new: edit(seen('new', {}), directory({ base: was.id, movedFrom: ['old'] })),
    });
    const renamed = await put({ old: before, new: {} }, change);
    expect(renamed).toMatchObject({ shape: { new: before }, conflicts: [] });
    expect(await trees.put(renamed.root, change)).toMatchObject({ root: renamed.root, conflicts: [] });
    expect((await put({ old: before, new: { theirs: 't' } }, change)).shape).toEqual({
      new: { ...before, theirs: 't' },
    });
  });

  test('may swap names with another; a second time changes nothing, whatever others changed between', async () => {
    const other = { y: 'y', z: 'z' };
    const swap = edits({
      old: edit(was, directory({ base: trees.store(other), movedFrom: ['new'] })),
      new: edit(seen('new', other), directory({ base: was.id, movedFrom: ['old'] })),
    });
    const swapped = await put({ old: before, new: other }, swap);
    expect(swapped).toMatchObject({ shape: { old: other, new: before }, conflicts: [] });
    expect(await trees.put(swapped.root, swap)).toMatchObject({ root: swapped.root, conflicts: [] });
    const later = await put({ old: { y: 'theirs', z: 'z' }, new: { a: 'a', b: { x: 'theirs' } } }, swap);
    expect(later.shape).toEqual({ old: { y: 'theirs', z: 'z' }, new: { a: 'a', b: { x: 'theirs' } } });
  });

  test('may be replaced by a new one under its old name', async () => {
    const change = edits({
      old: edit(was, directory({ edit: edits({ a: edit(null, known(trees, 'fresh')) }) })),
      new: edit(null, directory({ base: was.id, movedFrom: ['old'] })),
    });
    const renamed = await put({ old: { ...before, n: 'n' } }, change);
    expect(renamed).toMatchObject({ shape: { old: { a: 'fresh' }, new: { ...before, n: 'n' } }, conflicts: [] });
    expect(await trees.put(renamed.root, change)).toMatchObject({ root: renamed.root, conflicts: [] });
  });

  test('may come out of one that is deleted, or renamed itself, or take its parent’s name', async () => {
    const b = trees.store(before.b);
    const out = directory({ base: b, movedFrom: ['old', 'b'] });
    expect(await put({ old: before }, edits({ old: edit(was, null), b: edit(null, out) }))).toMatchObject({
      shape: { b: before.b },
      conflicts: [],
    });
    const both = moved({ b: edit(seen('b', before.b), null) });
    const renamed = await put({ old: before }, edits({ ...Object.fromEntries(both.entries), b: edit(null, out) }));
    expect(renamed).toMatchObject({ shape: { new: { a: 'a' }, b: before.b }, conflicts: [] });
    expect(await put({ old: before }, edits({ old: edit(was, out) }))).toMatchObject({
      shape: { old: before.b },
      conflicts: [],
    });
  });
});
