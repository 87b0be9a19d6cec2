import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type FileId, SeafileError } from '../../../src/seafile/index.ts';
import { batch, directoryAt, edit, file, fileAt, folder, known, made, text, tree, within } from '../conformance.ts';
import { Harness, missingAll } from './harness.ts';

let h: Harness;
beforeEach(async () => {
  h = await Harness.start();
});
afterEach(() => h.stop());

const lost = new SeafileError('unreachable', 'the connection was reset');

describe('when the answer to setting the head is lost', () => {
  test('and it was set, nothing is sent twice', async () => {
    h.once('setHead', async (id) => {
      await h.sync.setHead(id);
      throw lost;
    });
    const outcome = await h.committer.commit(batch({ f: made(file(text('f'))) }));
    expect(outcome.how).toBe('fast-forward');
    expect(h.made.filter((step) => step === 'setHead')).toHaveLength(1);
    expect(await h.history()).toHaveLength(2);
  });

  test('and others went on from it, that is found out', async () => {
    h.once('setHead', async (id) => {
      await h.sync.setHead(id);
      await h.other.commit(batch({ theirs: made(folder({})) }));
      throw lost;
    });
    const outcome = await h.committer.commit(batch({ f: made(file(text('f'))) }));
    expect(outcome).toMatchObject({ how: 'merged', head: await h.other.head() });
    expect(await h.tree()).toEqual({ f: 'f', theirs: {} });
  });

  test('and it was not set, it is set once more', async () => {
    h.once('setHead', async () => {
      throw lost;
    });
    expect(await h.committer.commit(batch({ f: made(file(text('f'))) }))).toMatchObject({ how: 'fast-forward' });
    expect(await h.history()).toHaveLength(2);
  });

  test('and nothing can be known, the commit is rejected; put again with what was told, it changes nothing', async () => {
    h.once('setHead', async (id) => {
      await h.sync.setHead(id);
      h.steps.head = async () => {
        throw lost;
      };
      throw lost;
    });
    let ids: FileId[] = [];
    const change = batch({ f: made(file(text('f'))) });
    const failing = h.committer.commit({
      ...change,
      beforePublish: (files) => {
        ids = [...files.values()];
      },
    });
    await expect(failing).rejects.toBe(lost);
    delete h.steps.head;
    // Meanwhile it was written again here.
    const again = batch({ f: { was: null, sent: ids, now: file(text('f, second')) } });
    expect(await h.committer.commit(again)).toMatchObject({ how: 'fast-forward', conflicts: [] });
    expect(await h.tree()).toEqual({ f: 'f, second' });
  });
});

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

describe('when the server lost blocks', () => {
  test('after the commit was stored, they are sent again', async () => {
    const { steps, sync } = h;
    let asked = 0;
    steps.checkBlocks = (ids) => (++asked === 2 ? missingAll(ids) : sync.checkBlocks(ids));
    expect(await h.committer.commit(batch({ f: made(file(text('f'))) }))).toMatchObject({ how: 'fast-forward' });
    expect(asked).toBe(4);
    expect(await h.tree()).toEqual({ f: 'f' });
  });

  test.each(['gc-conflict', 'blocks-missing'] as const)(
    'at the last step (%s), it starts again at the blocks',
    async (kind) => {
      h.once('setHead', async () => {
        throw new SeafileError(kind, 'again');
      });
      await h.committer.commit(batch({ f: made(file(text('f'))) }));
      expect(h.made.filter((step) => step === 'checkBlocks')).toHaveLength(4);
      expect(await h.tree()).toEqual({ f: 'f' });
    },
  );

  test('each time, it gives up', async () => {
    h.steps.setHead = async () => {
      throw new SeafileError('blocks-missing', 'again');
    };
    await expect(h.committer.commit(batch({ f: made(file(text('f'))) }))).rejects.toMatchObject({
      kind: 'blocks-missing',
    });
  });
});

describe('the order of the steps', () => {
  test('is the one that loses nothing', async () => {
    await h.committer.commit({
      ...batch({ f: made(file(text('f'))) }),
      beforePublish: () => h.made.push('beforePublish'),
    });
    expect(h.made).toEqual([
      'permissionCheck',
      'quotaCheck',
      'checkBlocks',
      'putBlock',
      'beforePublish',
      'head',
      'commit',
      'checkFs',
      'recvFs',
      'putCommit',
      'checkBlocks',
      'setHead',
      'head',
    ]);
  });

  test('leaves out what a change without content does not need', async () => {
    await h.committer.commit(batch({ d: made(folder({})) }));
    h.made.length = 0;
    const d = directoryAt(await tree(h.other, (await h.other.head()).rootId), 'd');
    await h.committer.commit(batch({ d: edit(d, null) }));
    expect(h.made).toEqual(['permissionCheck', 'head', 'putCommit', 'setHead', 'head']);
  });

  test('never has two commits at once', async () => {
    let setting = 0;
    let most = 0;
    h.steps.setHead = async (id) => {
      most = Math.max(most, ++setting);
      await h.sync.setHead(id);
      setting--;
    };
    const commits: Promise<unknown>[] = [];
    for (let number = 0; number < 6; number++) {
      commits.push(h.committer.commit(batch({ [`f${number}`]: made(folder({})) })));
      await new Promise(setImmediate);
    }
    await Promise.all(commits);
    expect(most).toBe(1);
    expect(Object.keys(await h.tree())).toHaveLength(6);
    const descriptions = (await h.history()).map(({ description }) => description);
    expect(new Set(descriptions).size).toBe(descriptions.length);
  });
});

describe('a failure', () => {
  test('of the quota hits only those whose bytes are too many', async () => {
    h.steps.quotaCheck = async (bytes) => {
      if (bytes > 10) throw new SeafileError('quota', 'out of quota');
    };
    const results = await Promise.allSettled([
      h.committer.commit(batch({ large: made(file(text('more than ten bytes'))) })),
      h.committer.commit(batch({ small: made(file(text('few'))) })),
      h.committer.commit(batch({ none: made(folder({})) })),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(await h.tree()).toEqual({ small: 'few', none: {} });
  });

  test('of the permission hits all, before anything is sent', async () => {
    h.steps.permissionCheck = async () => {
      throw new SeafileError('forbidden', 'withdrawn');
    };
    const commits = ['a', 'b'].map((name) => h.committer.commit(batch({ [name]: made(file(text(name))) })));
    for (const commit of commits) await expect(commit).rejects.toMatchObject({ kind: 'forbidden' });
    expect(h.made).not.toContain('putBlock');
  });

  test('does not end the committer', async () => {
    h.once('setHead', async () => {
      throw new SeafileError('forbidden', 'no');
    });
    await expect(h.committer.commit(batch({ f: made(folder({})) }))).rejects.toMatchObject({ kind: 'forbidden' });
    await h.committer.commit(batch({ g: made(folder({})) }));
    expect(await h.tree()).toEqual({ g: {} });
  });

  test('of one who cancelled leaves the others alone', async () => {
    const aborter = new AbortController();
    h.beforeSetHead(async () => aborter.abort());
    const cancelled = h.committer.commit(batch({ f: made(folder({})) }), aborter.signal);
    const other = h.committer.commit(batch({ g: made(folder({})) }));
    await expect(cancelled).rejects.toMatchObject({ kind: 'aborted' });
    expect(await other).toMatchObject({ how: 'fast-forward' });
    expect(await h.tree()).toMatchObject({ g: {} });
  });

  test('of closing: what is under way ends, what waits is refused', async () => {
    const running = h.committer.commit(batch({ f: made(folder({})) }));
    let late: Promise<unknown> = Promise.resolve();
    let closed: Promise<void> = Promise.resolve();
    h.beforeSetHead(async () => {
      late = h.committer.commit(batch({ g: made(folder({})) }));
      late.catch(() => {}); // expected below
      closed = h.committer.close();
    });
    await running;
    await closed;
    await expect(late).rejects.toMatchObject({ kind: 'aborted' });
    expect(await h.tree()).toEqual({ f: {} });
  });
});
