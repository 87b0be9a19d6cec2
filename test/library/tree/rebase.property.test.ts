import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diff } from '../../../src/library/tree/index.ts';
import type { DirectoryId } from '../../../src/seafile/index.ts';
import { contentsOf, Session, type Step } from './session.ts';
import { type Shape, Trees } from './trees.ts';

// Few names, so that changes meet.
const name = fc.constantFrom('a', 'b', 'c');
const path = fc.array(name, { minLength: 1, maxLength: 3 });
const content = fc.constantFrom('1', '2', '3');

const shape: fc.Arbitrary<Shape> = fc.letrec<{ shape: Shape }>((tie) => ({
  shape: fc.dictionary(
    name,
    fc.oneof({ depthSize: 'small', maxDepth: 3 }, content, tie('shape') as fc.Arbitrary<Shape>),
    { maxKeys: 3 },
  ),
})).shape;

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('write' as const), at: path, content: fc.constant('') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('mkdir' as const), at: path }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('remove' as const), at: path }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('rename' as const), at: path, to: path }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('touch' as const), at: path }) },
);
const steps = fc.array(step, { maxLength: 12 });

/** Takes steps from a tree; every write has a content of its own. */
function changed(trees: Trees, base: DirectoryId, who: string, taken: readonly Step[]): Session {
  const session = new Session(trees, base);
  for (const [index, one] of taken.entries()) {
    session.take(one.do === 'write' ? { ...one, content: `${who} ${index}` } : one);
  }
  return session;
}

const runs = { numRuns: 1500 };

describe('an edit put on a tree', () => {
  test('makes what was made here, when nobody else changed anything; a second time it changes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(shape, steps, async (base, ours) => {
        const trees = new Trees();
        const root = trees.store(base);
        const session = changed(trees, root, 'ours', ours);
        const once = await trees.put(root, session.edit);
        expect(once.shape).toEqual(session.shape);
        expect(once.conflicts).toEqual([]);
        const twice = await trees.put(once.root, session.edit);
        expect(twice.shape).toEqual(once.shape);
        expect(twice).toMatchObject({ root: once.root, conflicts: [] });
      }),
      runs,
    );
  });

  test('loses nothing that either side made', async () => {
    await fc.assert(
      fc.asyncProperty(shape, steps, steps, async (base, ours, theirs) => {
        const trees = new Trees();
        const root = trees.store(base);
        const head = (await trees.put(root, changed(trees, root, 'theirs', theirs).edit)).root;
        const session = changed(trees, root, 'ours', ours);
        const ourHead = (await trees.put(root, session.edit)).root;
        const merged = await trees.put(head, session.edit);
        const kept = contentsOf(trees, merged.root);
        const old = contentsOf(trees, root);
        const made = [...contentsOf(trees, head), ...contentsOf(trees, ourHead)].filter((one) => !old.has(one));
        expect([...kept]).toEqual(expect.arrayContaining(made));
        // And once more: an answer was lost.
        const again = contentsOf(trees, (await trees.put(merged.root, session.edit)).root);
        expect([...again]).toEqual(expect.arrayContaining(made));
      }),
      runs,
    );
  });

  test('commutes with one to another folder, and both may be put at once', async () => {
    await fc.assert(
      fc.asyncProperty(shape, shape, steps, steps, async (x, y, inX, inY) => {
        const trees = new Trees();
        const root = trees.store({ x, y });
        const changes = [
          { folder: ['x'], edit: changed(trees, trees.store(x), 'x', inX).edit, files: new Map() },
          { folder: ['y'], edit: changed(trees, trees.store(y), 'y', inY).edit, files: new Map() },
        ];
        const both = (await trees.rebase(root, changes)).rootId;
        const reversed = [...changes].reverse();
        expect((await trees.rebase(root, reversed)).rootId).toBe(both);
        let one = root;
        for (const change of reversed) one = (await trees.rebase(one, [change])).rootId;
        expect(one).toBe(both);
      }),
      runs,
    );
  });
});

test('the difference of two trees makes one of the other', async () => {
  await fc.assert(
    fc.asyncProperty(shape, steps, async (base, ours) => {
      const trees = new Trees();
      const from = trees.store(base);
      const to = (await trees.put(from, changed(trees, from, 'ours', ours).edit)).root;
      const edit = await diff(trees.reader(), from, to);
      expect(edit === null).toBe(from === to);
      if (edit) expect((await trees.put(from, edit)).shape).toEqual(trees.show(to));
    }),
    runs,
  );
});
