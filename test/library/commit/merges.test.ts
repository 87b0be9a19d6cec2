import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { batch, directoryAt, edit, file, fileAt, folder, known, made, text, tree, within } from '../edits.ts';
import { Harness } from './harness.ts';

let h: Harness;
beforeEach(async () => {
  h = await Harness.start();
});
afterEach(() => h.stop());

describe('when others set the head first, and the server merges', () => {
  test('both changes are there', async () => {
    h.beforeSetHead(() => h.other.commit(batch({ theirs: made(file(text('theirs'))) })));
    const outcome = await h.committer.commit(batch({ ours: made(file(text('ours'))) }));
    expect(outcome).toMatchObject({ how: 'merged', conflicts: [], head: await h.other.head() });
    expect(await h.tree()).toEqual({ ours: 'ours', theirs: 'theirs' });
  });

  test('a time that its merge dropped is set after', async () => {
    const first = await h.committer.commit(batch({ f: made(file(text('f'))), g: made(file(text('g'))) }));
    const entries = await tree(h.other, first.head.rootId);
    const f = fileAt(entries, 'f');
    h.beforeSetHead(() => h.other.commit(batch({ f: edit(f, known(f, { mtime: 77 })) })));
    const outcome = await h.committer.commit(batch({ f: edit(f, known(f, { mtime: 99 })), n: made(folder({})) }));
    expect(outcome.how).toBe('merged');
    expect(fileAt(await tree(h.other, outcome.head.rootId), 'f')).toMatchObject({ id: f.id, mtime: 99 });
  });

  test('a renamed folder takes along what they changed in it', async () => {
    const first = await h.committer.commit(
      batch({ d: made(folder({ x: made(file(text('x'))), y: made(file(text('y'))) })) }),
    );
    const d = directoryAt(await tree(h.other, first.head.rootId), 'd');
    const x = fileAt(await tree(h.other, d.id), 'x');
    h.beforeSetHead(() => h.other.commit(batch({ d: within(d, { x: edit(x, file(text('theirs'))) }) })));
    const outcome = await h.committer.commit(
      batch({ d: edit(d, null), e: made(folder({}, { base: d.id, movedFrom: ['d'] })) }),
    );
    expect(await h.tree()).toEqual({ e: { x: 'theirs', y: 'y' } });
    expect(outcome).toMatchObject({ how: 'merged', conflicts: [], head: await h.other.head() });
  });

  test('a file both changed has one conflict copy, the server’s, and its name is reported', async () => {
    const first = await h.committer.commit(batch({ 'f.txt': made(file(text('first'))) }));
    const f = fileAt(await tree(h.other, first.head.rootId), 'f.txt');
    h.beforeSetHead(() => h.other.commit(batch({ 'f.txt': edit(f, file(text('theirs'))) })));
    const outcome = await h.committer.commit(batch({ 'f.txt': edit(f, file(text('ours'))) }));
    const [conflict, ...others] = outcome.conflicts;
    expect(others).toEqual([]);
    expect(conflict).toMatchObject({ path: ['f.txt'], kind: 'both-changed' });
    expect(await h.tree()).toEqual({ 'f.txt': 'theirs', [conflict?.copy ?? '']: 'ours' });
    // Two of ours, theirs, the merge.
    expect(h.made.filter((step) => step === 'setHead')).toHaveLength(2);
  });

  test('again and again, it follows', async () => {
    const first = await h.committer.commit(batch({ f: made(file(text('f'))) }));
    const f = fileAt(await tree(h.other, first.head.rootId), 'f');
    let races = 0;
    h.steps.setHead = async (id) => {
      const now = fileAt(await tree(h.other, (await h.other.head()).rootId), 'f');
      if (races++ < 3) await h.other.commit(batch({ f: edit(now, known(now, { mtime: races })) }));
      await h.sync.setHead(id);
    };
    const outcome = await h.committer.commit(batch({ f: edit(f, known(f, { mtime: 99 })) }));
    expect(races).toBe(4);
    expect(outcome).toMatchObject({ how: 'merged', head: await h.other.head() });
    expect(fileAt(await tree(h.other, outcome.head.rootId), 'f')).toMatchObject({ id: f.id, mtime: 99 });
  });

  test('what is added to a renamed folder while its rename is put right stays where they put it', async () => {
    const first = await h.committer.commit(batch({ d: made(folder({ x: made(file(text('x'))) })) }));
    const d = directoryAt(await tree(h.other, first.head.rootId), 'd');
    let races = 0;
    h.steps.setHead = async (id) => {
      const now = directoryAt(await tree(h.other, (await h.other.head()).rootId), 'd');
      if (races++ < 2) await h.other.commit(batch({ d: within(now, { [`n${races}`]: made(file(text('n'))) }) }));
      await h.sync.setHead(id);
    };
    const rename = batch({ d: edit(d, null), e: made(folder({}, { base: d.id, movedFrom: ['d'] })) });
    const outcome = await h.committer.commit(rename);
    expect(await h.tree()).toEqual({ e: { x: 'x', n1: 'n' }, d: { n2: 'n' } });
    expect(outcome.conflicts).toEqual([{ path: ['d', 'n2'], kind: 'deletion-refused', copy: null }]);
  });
});
