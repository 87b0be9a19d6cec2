import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { History } from '../history.ts';
import { type Machine, type OpenedSpace, SENDS_WHEN_TOLD } from '../machine.ts';
import { Site } from '../site.ts';

let site: Site;
let history: History;
let mine: Machine;
let space: string[];
let here: OpenedSpace;

beforeAll(async () => {
  site = await Site.start();
  history = await History.open(site);
  mine = await site.machine();
});
afterAll(() => site.close());
beforeEach(async () => {
  space = await site.space();
  here = await mine.open(space, { sendTimes: SENDS_WHEN_TOLD });
});

describe('a rename', () => {
  it('over a file never shows a moment without one, here or elsewhere, and never a mixture', async () => {
    const contents = Array.from({ length: 20 }, (_, index) => `${index} `.repeat(1000 + index));
    await here.files.writeFile('/file', contents[0] ?? '');
    await here.volume.sync();
    const before = await history.head();
    let isDone = false;
    const seen = new Set<string>();
    const read = async (): Promise<void> => {
      while (!isDone) seen.add(await here.files.readFile('/file', 'utf8'));
    };
    const reading = read();
    const sending: Promise<void>[] = [];
    for (const [index, content] of contents.entries()) {
      await here.files.writeFile('/file.new', content);
      await here.files.rename('/file.new', '/file');
      sending.push(here.volume.sync());
      if (index % 3 === 0) await Promise.all(sending.splice(0));
    }
    isDone = true;
    await Promise.all([reading, ...sending]);
    for (const content of seen) expect(contents).toContain(content);
    const trees = await history.since(before, space);
    expect(trees.length).toBeGreaterThan(1);
    for (const tree of trees) expect([...tree.keys()]).toContain('/file');
    expect([...(trees.at(-1)?.keys() ?? [])]).toEqual(['/file']);
  });

  it('is sent in one commit: elsewhere it has one of its two names at any time', async () => {
    await here.files.mkdir('/a/deep', { recursive: true });
    await here.files.mkdir('/b');
    await here.files.writeFile('/a/deep/file', 'x');
    await here.files.mkdir('/a/folder/sub', { recursive: true });
    await here.files.writeFile('/a/folder/sub/file', 'y');
    await here.volume.sync();
    const before = await history.head();
    const sending: Promise<void>[] = [];
    for (const [from, to] of [
      ['/a/deep/file', '/b/file'],
      ['/a/folder', '/b/folder'],
      ['/b/file', '/a/deep/again'],
      ['/b/folder', '/folder'],
    ] as const) {
      await here.files.rename(from, to);
      sending.push(here.volume.sync());
    }
    await Promise.all(sending);
    await here.volume.sync();
    const trees = await history.since(before, space);
    expect(trees.length).toBeGreaterThan(0);
    for (const tree of trees) {
      const names = [...tree.keys()];
      expect(names.filter((name) => /^\/(a\/deep|b)\/(file|again)$/.test(name))).toHaveLength(1);
      expect(names.filter((name) => /folder\/sub\/file$/.test(name))).toHaveLength(1);
    }
  });

  it('of two names that change places through a third is sent in one commit', async () => {
    await here.files.mkdir('/one');
    await here.files.writeFile('/one/1', '1');
    await here.files.mkdir('/two');
    await here.files.writeFile('/two/2', '2');
    await here.volume.sync();
    const before = await history.head();
    await here.files.rename('/one', '/between');
    await here.files.rename('/two', '/one');
    await here.files.rename('/between', '/two');
    await here.volume.sync();
    const trees = await history.since(before, space);
    expect(trees.map((tree) => [...tree.keys()].sort())).toEqual([['/one', '/one/2', '/two', '/two/1']]);
  });

  it('of a tree takes one commit and moves no content, however large it is', async () => {
    await here.files.mkdir('/tree');
    for (let index = 0; index < 200; index++) await here.files.writeFile(`/tree/${index}`, `content ${index}`);
    await here.volume.sync();
    const before = site.server.stats();
    await here.files.rename('/tree', '/renamed');
    await here.volume.sync();
    const after = site.server.stats();
    expect(after.commits - before.commits).toBe(1);
    expect(after.bytesIn - before.bytesIn).toBeLessThan(30_000);
  });
});

describe('an operation', () => {
  it('that fails changes nothing, here or elsewhere', async () => {
    await here.files.mkdir('/folder/sub', { recursive: true });
    await here.files.writeFile('/file', 'x');
    await here.volume.sync();
    const before = await history.head();
    await expect(here.files.rename('/folder', '/folder/sub/inside')).rejects.toMatchObject({ code: 'EINVAL' });
    await expect(here.files.rename('/file', '/folder')).rejects.toMatchObject({ code: 'EISDIR' });
    await expect(here.files.rename('/folder/sub', '/folder')).rejects.toMatchObject({ code: 'ENOTEMPTY' });
    await expect(here.files.rmdir('/folder')).rejects.toMatchObject({ code: 'ENOTEMPTY' });
    await expect(here.files.mkdir('/file')).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(here.files.writeFile('/none/file', 'x')).rejects.toMatchObject({ code: 'ENOENT' });
    expect(here.volume.status().pending).toEqual([]);
    await here.volume.sync();
    expect(await history.since(before, space)).toEqual([]);
  });

  it('whose outcome was undone before it was sent leaves nothing to send', async () => {
    const before = await history.head();
    await here.files.mkdir('/folder');
    await here.files.writeFile('/folder/file', 'x');
    await here.files.rename('/folder/file', '/moved');
    await here.files.unlink('/moved');
    await here.files.rmdir('/folder');
    expect(here.volume.status().pending).toEqual([]);
    await here.volume.sync();
    expect(await history.since(before, space)).toEqual([]);
  });
});
