import { expect, test } from 'vitest';
import { batch, directoryAt, edit, file, fileAt, folder, made, text, tree } from '../edits.ts';
import { Harness } from './harness.ts';

test('a folder that holds a share is renamed in a commit of its own, as it stands in the head', async () => {
  const h = await Harness.start({ committer: { sharedFolders: async () => [['space', 'd', 'shared']] } });
  const shared = folder({ f: made(file(text('f'))) });
  await h.committer.commit(batch({ space: made(folder({ d: made(folder({ shared: made(shared) })) })) }));
  const space = directoryAt(await tree(h.other, (await h.other.head()).rootId), 'space');
  const d = directoryAt(await tree(h.other, space.id), 'd');
  const sharedEntry = directoryAt(await tree(h.other, d.id), 'shared');
  const f = fileAt(await tree(h.other, sharedEntry.id), 'f');
  const inner = edit(sharedEntry, folder({ f: edit(f, file(text('changed'))) }, { base: sharedEntry.id }));
  await h.committer.commit({
    ...batch({
      d: edit(d, null),
      new: made(folder({ e: made(folder({ shared: inner }, { base: d.id, movedFrom: ['d'] })) })),
      other: made(file(text('other'))),
    }),
    folder: ['space'],
  });
  expect(await h.tree()).toEqual({ space: { new: { e: { shared: { f: 'changed' } } }, other: 'other' } });

  const [rest, rename, parents, first] = await h.history();
  const pathsOf = async (id: typeof first) => {
    const root = await tree(h.other, (id ?? raise()).rootId);
    return tree(h.other, directoryAt(root, 'space').id);
  };
  expect([...(await pathsOf(parents)).keys()].sort()).toEqual(['d', 'new']);
  const renamed = await pathsOf(rename);
  expect([...renamed.keys()]).toEqual(['new']);
  expect(directoryAt(await tree(h.other, directoryAt(renamed, 'new').id), 'e').id).toBe(d.id);
  expect([...(await pathsOf(rest)).keys()].sort()).toEqual(['new', 'other']);
  await h.stop();
});

test('other renames go with the rest', async () => {
  const h = await Harness.start({ committer: { sharedFolders: async () => [['elsewhere']] } });
  await h.committer.commit(batch({ d: made(folder({ f: made(file(text('f'))) })) }));
  const d = directoryAt(await tree(h.other, (await h.other.head()).rootId), 'd');
  await h.committer.commit(
    batch({ d: edit(d, null), e: made(folder({}, { base: d.id, movedFrom: ['d'] })), n: made(folder({})) }),
  );
  expect(await h.tree()).toEqual({ e: { f: 'f' }, n: {} });
  expect(await h.history()).toHaveLength(3);
  await h.stop();
});

function raise(): never {
  throw new Error('no such commit');
}
