import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { FrozenContent } from '../../../src/library/index.ts';
import { encodeFile, type FileId, hashBlock, SeafileError } from '../../../src/seafile/index.ts';
import { MemoryContent, noise } from '../blocks/contents.ts';
import { batch, directoryAt, edit, file, folder, made, text, tree } from '../edits.ts';
import { Harness, missingAll } from './harness.ts';

let h: Harness;
beforeEach(async () => {
  h = await Harness.start();
});
afterEach(() => h.stop());

/** Id of a small file. */
const idOfText = (content: string) => encodeFile([hashBlock(Buffer.from(content))], content.length).id;

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
      beforePublish: () => {
        h.made.push('beforePublish');
      },
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

describe('batches that wait', () => {
  const spaces = batch({ s: made(folder({})), t: made(folder({})) });
  const into = (space: string, name: string, content: FrozenContent) => ({
    ...batch({ [name]: made(file(content)) }),
    folder: [space],
  });

  test('small ones do not wait for the bytes of a large one', async () => {
    await h.committer.commit(spaces);
    const events: string[] = [];
    let release: () => void = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    h.steps.putBlock = async (id, bytes) => {
      if (bytes.byteLength > 1_000_000) await released;
      await h.sync.putBlock(id, bytes);
    };
    const large = h.committer
      .commit(into('s', 'large', new MemoryContent(noise('large', 20_000_000))))
      .then(() => events.push('large'));
    await h.committer.commit(into('t', 'small', text('small'))).then(() => events.push('small'));
    // Of the same folder: what comes later stays later.
    const later = h.committer.commit(into('s', 'later', text('later'))).then(() => events.push('later'));
    await h.committer.commit(into('t', 'small too', text('small too'))).then(() => events.push('small too'));
    release();
    await Promise.all([large, later]);
    expect(events).toEqual(['small', 'small too', 'large', 'later']);
    expect(Object.keys((await h.tree()).s ?? {}).sort()).toEqual(['large', 'later']);
  });

  test('of one folder, put at once, share a commit in their order', async () => {
    const first = h.committer.commit(batch({ f: made(file(text('first'))) }));
    const second = h.committer.commit(
      batch({ f: { was: null, sent: [idOfText('first')], now: file(text('second')) }, g: made(folder({})) }),
    );
    const outcomes = await Promise.all([first, second]);
    expect(outcomes[0].head).toEqual(outcomes[1].head);
    expect(await h.tree()).toEqual({ f: 'second', g: {} });
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
