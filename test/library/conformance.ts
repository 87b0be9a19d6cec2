import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { CommitOutcome, FrozenContent, Head, Library } from '../../src/library/index.ts';
import { type DirectoryId, EMPTY_DIRECTORY, EMPTY_FILE } from '../../src/seafile/index.ts';
import { MemoryContent, noise } from './blocks/contents.ts';
import {
  batch,
  contentOf,
  DIRECTORY,
  directoryAt,
  edit,
  FILE,
  file,
  fileAt,
  folder,
  known,
  made,
  shape,
  text,
  tree,
  within,
} from './edits.ts';

/** A way to libraries that the suite is run over. */
export interface Subject {
  /** A new, empty library. */
  newLibrary(): Promise<string>;
  /** Opens a library. Each `process` has caches and a committer of its own. */
  open(library: string, process: 'a' | 'b'): Promise<Library>;
  stop(): Promise<void>;
}

/** What every implementation of the port keeps, as sentences. */
export function libraryConformance(name: string, start: () => Promise<Subject>): void {
  describe(`the library port: ${name}`, () => {
    let subject: Subject;
    let id: string;
    let a: Library;
    let b: Library;

    beforeAll(async () => {
      subject = await start();
    });
    afterAll(() => subject.stop());
    beforeEach(async () => {
      id = await subject.newLibrary();
      a = await subject.open(id, 'a');
      b = await subject.open(id, 'b');
      return async () => {
        await a.close();
        await b.close();
      };
    });

    describe('a commit', () => {
      test('puts files with their content, mode and time, seen by everybody', async () => {
        const content = new MemoryContent(Buffer.from('hello'));
        const outcome = await a.commit(batch({ 'a.txt': made(file(content, { mtime: 1_000_000_000 })) }));
        expect(outcome).toMatchObject({ how: 'fast-forward', conflicts: [] });
        expect(outcome.head).toEqual(await b.head());
        expect(outcome.folderId).toBe(outcome.head.rootId);
        const entry = fileAt(await tree(b, outcome.head.rootId), 'a.txt');
        expect(entry).toMatchObject({ mode: FILE, mtime: 1_000_000_000, size: 5, modifier: a.account });
        expect(outcome.files.get(content)).toBe(entry.id);
        expect(await contentOf(b, entry)).toBe('hello');
      });

      test('makes nested and empty folders and empty files, in one step', async () => {
        const nested = folder({
          'x.txt': made(file(text('x'))),
          empty: made(folder({})),
          zero: made(file(text(''))),
        });
        const outcome = await a.commit(batch({ d: made(folder({ e: made(nested) })) }));
        expect(await shape(b, outcome.head.rootId)).toEqual({ d: { e: { 'x.txt': 'x', empty: {}, zero: '' } } });
        const entries = await tree(b, outcome.head.rootId);
        const d = entries.get('d');
        expect(d).toMatchObject({ kind: 'directory', mode: DIRECTORY, mtime: 1_500_000_000 });
      });

      test('into a folder changes nothing around it', async () => {
        await a.commit(batch({ space: made(folder({})), other: made(file(text('o'))) }));
        const before = await tree(a, (await a.head()).rootId);
        const outcome = await a.commit({ ...batch({ f: made(file(text('f'))) }), folder: ['space'] });
        const after = await tree(a, outcome.head.rootId);
        expect(await shape(b, outcome.head.rootId)).toEqual({ space: { f: 'f' }, other: 'o' });
        expect(after.get('other')).toEqual(before.get('other'));
        expect(after.get('space')).toEqual({ ...before.get('space'), id: outcome.folderId });
      });

      test('renames over a file, deletes, and changes attributes at once', async () => {
        const first = await a.commit(
          batch({
            old: made(file(text('old'))),
            target: made(file(text('target'))),
            gone: made(file(text('gone'))),
            touched: made(file(text('touched'))),
          }),
        );
        const seen = await tree(a, first.head.rootId);
        const old = fileAt(seen, 'old');
        const touched = fileAt(seen, 'touched');
        const outcome = await a.commit(
          batch({
            old: edit(old, null),
            target: edit(seen.get('target') ?? null, known(old)),
            gone: edit(seen.get('gone') ?? null, null),
            touched: edit(touched, known(touched, { mode: FILE | 0o111, mtime: 5 })),
          }),
        );
        expect(await shape(b, outcome.head.rootId)).toEqual({ target: 'old', touched: 'touched' });
        expect(fileAt(await tree(b, outcome.head.rootId), 'touched')).toMatchObject({ mode: FILE | 0o111, mtime: 5 });
      });

      test('renames a tree with what others changed in it meanwhile', async () => {
        const first = await a.commit(
          batch({ d: made(folder({ x: made(file(text('x'))), y: made(file(text('y'))) })) }),
        );
        const d = directoryAt(await tree(a, first.head.rootId), 'd');
        const y = fileAt(await tree(a, d.id), 'y');
        await b.commit(batch({ d: within(d, { y: edit(y, file(text('theirs'))) }) }));
        const outcome = await a.commit(
          batch({ d: edit(d, null), e: made(folder({}, { base: d.id, movedFrom: ['d'] })) }),
        );
        expect(await shape(b, outcome.head.rootId)).toEqual({ e: { x: 'x', y: 'theirs' } });
        expect(outcome.conflicts).toEqual([]);
      });

      test('put twice has the effect of once', async () => {
        const change = batch({ d: made(folder({ f: made(file(text('f'))) })), e: made(folder({})) });
        const once = await a.commit(change);
        const twice = await a.commit(change);
        expect(twice).toMatchObject({ how: 'unchanged', conflicts: [], head: once.head, folderId: once.folderId });
      });

      test('with nothing to change makes none', async () => {
        const before = await a.head();
        expect(await a.commit(batch({}))).toMatchObject({ how: 'unchanged', head: before });
      });

      test('leaves both versions when both changed a file, and says so', async () => {
        const first = await a.commit(batch({ 'f.txt': made(file(text('first'))) }));
        const f = fileAt(await tree(a, first.head.rootId), 'f.txt');
        await b.commit(batch({ 'f.txt': edit(f, file(text('theirs'))) }));
        const outcome = await a.commit(batch({ 'f.txt': edit(f, file(text('ours'))) }));
        const [conflict] = outcome.conflicts;
        expect(conflict).toMatchObject({ path: ['f.txt'], kind: 'both-changed' });
        expect(conflict?.copy).toMatch(/^f \(SFConflict .* \d{4}-\d\d-\d\d-\d\d-\d\d-\d\d\)\.txt$/);
        expect(await shape(b, outcome.head.rootId)).toEqual({ 'f.txt': 'theirs', [conflict?.copy ?? '']: 'ours' });
      });

      test('tells the ids of its files after their blocks are there and before the head moves', async () => {
        const before = await a.head();
        const content = text('told');
        let told: unknown = null;
        let headThen: Promise<Head> | null = null;
        const outcome = await a.commit({
          ...batch({ f: made(file(content)) }),
          beforePublish: (files) => {
            told = new Map(files);
            headThen = b.head();
          },
        });
        expect(told).toEqual(outcome.files);
        expect((await (headThen ?? b.head())).commitId).toBe(before.commitId);
      });

      test('is not published when what is told cannot be recorded', async () => {
        const before = await a.head();
        const failing = a.commit({
          ...batch({ f: made(file(text('f'))) }),
          beforePublish: () => {
            throw new Error('journal is full');
          },
        });
        await expect(failing).rejects.toThrow('journal is full');
        expect(await b.head()).toEqual(before);
      });

      test('is shared by all who wait, and one that fails does not fail the others', async () => {
        await a.commit(batch(Object.fromEntries(['u1', 'u2', 'u3', 'u4'].map((user) => [user, made(folder({}))]))));
        const broken: FrozenContent = {
          kind: 'staged',
          size: 4,
          base: null,
          read: () => Promise.reject(new Error('disk failed')),
        };
        const contents = ['one', broken, 'three', 'four'];
        const results = await Promise.allSettled(
          contents.map((content, index) =>
            a.commit({
              ...batch({ f: made(file(typeof content === 'string' ? text(content) : content)) }),
              folder: [`u${index + 1}`],
            }),
          ),
        );
        expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
        const heads = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value.head.commitId] : []));
        expect(new Set(heads).size).toBe(1);
        expect(await shape(b, (await b.head()).rootId)).toEqual({
          u1: { f: 'one' },
          u2: {},
          u3: { f: 'three' },
          u4: { f: 'four' },
        });
      });

      test('into a folder that is gone is refused', async () => {
        const refused = a.commit({ ...batch({ f: made(file(text('f'))) }), folder: ['gone'] });
        await expect(refused).rejects.toMatchObject({ name: 'SeafileError', kind: 'not-found' });
      });

      test('with a name that no filesystem can show is refused', async () => {
        for (const name of ['..', 'a/b', '', 'x'.repeat(256)]) {
          await expect(a.commit(batch({ [name]: made(folder({})) }))).rejects.toMatchObject({ kind: 'rejected' });
        }
      });

      test('is refused when it was cancelled', async () => {
        const refused = a.commit(batch({ f: made(folder({})) }), AbortSignal.abort());
        await expect(refused).rejects.toMatchObject({ kind: 'aborted' });
      });

      test('by two at once keeps what both made', async () => {
        await a.commit(batch({ x: made(folder({})), y: made(folder({})) }));
        for (let round = 0; round < 5; round++) {
          const outcomes = await Promise.all([
            a.commit({ ...batch({ [`f${round}`]: made(file(text(`a${round}`), { mtime: 7 })) }), folder: ['x'] }),
            b.commit({ ...batch({ [`f${round}`]: made(file(text(`b${round}`), { mtime: 8 })) }), folder: ['y'] }),
          ]);
          expect(outcomes.flatMap(({ conflicts }) => conflicts)).toEqual([]);
        }
        const root = await tree(a, (await a.head()).rootId);
        for (const [space, mtime] of [
          ['x', 7],
          ['y', 8],
        ] as const) {
          const entries = await tree(a, directoryAt(root, space).id);
          expect([...entries.values()].map((entry) => entry.mtime)).toEqual([mtime, mtime, mtime, mtime, mtime]);
        }
      });

      test('by two at once to one file loses neither version', async () => {
        const first = await a.commit(batch({ f: made(file(text('first'))) }));
        const f = fileAt(await tree(a, first.head.rootId), 'f');
        const outcomes: CommitOutcome[] = await Promise.all([
          a.commit(batch({ f: edit(f, file(text('of a'))) })),
          b.commit(batch({ f: edit(f, file(text('of b'))) })),
        ]);
        const contents = Object.values(await shape(a, (await a.head()).rootId));
        expect(contents.sort()).toEqual(['of a', 'of b']);
        const conflicts = outcomes.flatMap(({ conflicts }) => conflicts);
        expect(conflicts).toHaveLength(1);
        expect(Object.keys(await shape(b, (await b.head()).rootId))).toContain(conflicts[0]?.copy);
      });
    });

    describe('reading', () => {
      test('gives directories by id, all that were asked for, however often', async () => {
        const outcome = await a.commit(batch({ d: made(folder({ f: made(file(text('f'))) })) }));
        const d = directoryAt(await tree(b, outcome.head.rootId), 'd');
        const ids = [d.id, outcome.head.rootId, EMPTY_DIRECTORY, d.id];
        const directories = await b.readDirectories(ids);
        expect([...directories.keys()].sort()).toEqual([...new Set(ids)].sort());
        expect(directories.get(EMPTY_DIRECTORY)?.entries.size).toBe(0);
        expect([...(directories.get(d.id)?.entries.keys() ?? [])]).toEqual(['f']);
      });

      test('gives a file by blocks, and by ranges where it can', async () => {
        const bytes = noise('large', 12_000_000);
        const outcome = await a.commit(batch({ d: made(folder({ 'ü %.bin': made(file(new MemoryContent(bytes))) })) }));
        const d = directoryAt(await tree(b, outcome.head.rootId), 'd');
        const entry = fileAt(await tree(b, d.id), 'ü %.bin');
        const blocks = await b.blocks(entry.id);
        expect(blocks.length).toBeGreaterThan(1);
        expect(blocks).toEqual(await a.blocks(entry.id));
        expect(Buffer.concat(await Promise.all(blocks.map((block) => b.readBlock(block.id)))).equals(bytes)).toBe(true);
        const place = { commit: outcome.head.commitId, path: ['d', 'ü %.bin'] };
        const range = await b.readRange(entry.id, place, 7_000_000, 5000);
        if (range !== null) expect(Buffer.from(range).equals(bytes.subarray(7_000_000, 7_005_000))).toBe(true);
        expect(await b.blocks(EMPTY_FILE)).toEqual([]);
      });

      test('gives a version that is not at its path any more', async () => {
        const first = await a.commit(batch({ f: made(file(text('first version'))) }));
        const f = fileAt(await tree(a, first.head.rootId), 'f');
        await a.commit(batch({ f: edit(f, file(text('second'))) }));
        const place = { commit: first.head.commitId, path: ['f'] };
        for (let read = 0; read < 3; read++) {
          const range = await b.readRange(f.id, place, 6, 7);
          if (range !== null) expect(Buffer.from(range).toString()).toBe('version');
        }
        expect(await contentOf(b, f)).toBe('first version');
      });

      test('of what is not there is refused', async () => {
        const nowhere = '1'.repeat(40) as DirectoryId; // has the form of an id
        await expect(a.readDirectories([nowhere])).rejects.toMatchObject({ name: 'SeafileError' });
      });

      test('is refused when it was cancelled', async () => {
        const nowhere = '1'.repeat(40) as DirectoryId; // has the form of an id
        const signal = AbortSignal.abort();
        await expect(a.readDirectories([nowhere], signal)).rejects.toMatchObject({ kind: 'aborted' });
        await expect(a.head(signal)).rejects.toMatchObject({ kind: 'aborted' });
      });

      test('tells what is used', async () => {
        const { usedBytes } = await a.usage();
        if (usedBytes !== null) expect(usedBytes).toBeGreaterThanOrEqual(0);
      });
    });

    describe('an edit of a large file', () => {
      test('sends what was written, keeps the other blocks, and reads back whole', async () => {
        const bytes = noise('edited', 25_000_000);
        const first = await a.commit(batch({ big: made(file(new MemoryContent(bytes))) }));
        const big = fileAt(await tree(a, first.head.rootId), 'big');
        const blocks = await a.blocks(big.id);
        const after = Buffer.concat([bytes, Buffer.from('tail')]);
        after.write('edit', 100);
        const content = new MemoryContent(after, {
          blocks,
          dirty: [
            { offset: 100, length: 4 },
            { offset: bytes.length, length: 4 },
          ],
        });
        const outcome = await a.commit(batch({ big: edit(big, file(content)) }));
        const changed = fileAt(await tree(b, outcome.head.rootId), 'big');
        const spans = await b.blocks(changed.id);
        expect(spans.map((span) => span.id)).toEqual(
          expect.arrayContaining(blocks.slice(1, -1).map((span) => span.id)),
        );
        expect(Buffer.concat(await Promise.all(spans.map((span) => b.readBlock(span.id)))).equals(after)).toBe(true);
      });
    });

    describe('watching', () => {
      test('tells a head that others made', async () => {
        const before = await a.head();
        const { promise, told } = firstHead();
        const stop = a.watch(told);
        const outcome = await b.commit(batch({ f: made(folder({})) }));
        expect(await promise).toEqual(outcome.head);
        expect(before).not.toEqual(outcome.head);
        stop();
      });
    });
  });
}

function firstHead(): { promise: Promise<Head>; told: (head: Head) => void } {
  let told: (head: Head) => void = () => {};
  const promise = new Promise<Head>((resolve) => {
    told = resolve;
  });
  return { promise, told };
}
