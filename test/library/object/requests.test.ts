import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Connection, type Library, openLibrary } from '../../../src/library/index.ts';
import type { LibraryId } from '../../../src/seafile/index.ts';
import { MemoryContent, noise } from '../blocks/contents.ts';
import { Site } from '../connect.ts';
import { batch, directoryAt, edit, file, fileAt, folder, made, text, tree } from '../edits.ts';

/** How many requests things cost: each is a round trip to a server that may be far away. */
describe('requests', () => {
  let site: Site;
  let connection: Connection;
  let id: LibraryId;
  let library: Library;

  beforeAll(async () => {
    site = await Site.start();
    connection = await site.connect();
    id = await site.newLibrary(connection);
    library = await openLibrary(connection, id);
  });
  afterAll(async () => {
    await library.close();
    await site.stop();
  });
  beforeEach(() => site.server.resetStats());

  const requests = () => site.server.stats().requests;
  const route = (name: string) => site.server.stats().routes[name]?.requests ?? 0;

  test('for a thousand new small files: at most 15, with one commit', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 1000 }, (_, number) => [
        `f${number}`,
        made(file(new MemoryContent(noise(`${number}`, 1024)))),
      ]),
    );
    const outcome = await library.commit(batch({ small: made(folder(files)) }));
    expect(requests()).toBeLessThanOrEqual(15);
    expect(site.server.stats().commits).toBe(1);
    const small = directoryAt(await tree(library, outcome.head.rootId), 'small');
    expect((await tree(library, small.id)).size).toBe(1000);
  });

  test('for the rename of a tree: fewer than 10, with one commit; for its deletion too', async () => {
    const small = directoryAt(await tree(library, (await library.head()).rootId), 'small');
    site.server.resetStats();
    const renamed = await library.commit(
      batch({ small: edit(small, null), moved: made(folder({}, { base: small.id, movedFrom: ['small'] })) }),
    );
    expect(requests()).toBeLessThan(10);
    expect(site.server.stats().commits).toBe(1);
    const moved = directoryAt(await tree(library, renamed.head.rootId), 'moved');
    site.server.resetStats();
    await library.commit(batch({ moved: edit(moved, null) }));
    expect(requests()).toBeLessThan(10);
    expect(site.server.stats().commits).toBe(1);
  });

  test('for an edit of 4 KiB in a large file: one block goes up', async () => {
    const bytes = noise('large', 30_000_000);
    const first = await library.commit(batch({ big: made(file(new MemoryContent(bytes))) }));
    const big = fileAt(await tree(library, first.head.rootId), 'big');
    const blocks = await library.blocks(big.id);
    const after = bytes.slice();
    after.set(noise('edit', 4096), 12_000_000);
    site.server.resetStats();
    const content = new MemoryContent(after, { blocks, dirty: [{ offset: 12_000_000, length: 4096 }] });
    await library.commit(batch({ big: edit(big, file(content)) }));
    expect(site.server.stats().bytesIn).toBeLessThan(10.1 * 1024 * 1024);
  });

  test('for what was sent from here: none when it is read', async () => {
    const outcome = await library.commit(
      batch({ d: made(folder({ f: made(file(new MemoryContent(noise('f', 20_000_000)))) })) }),
    );
    site.server.resetStats();
    const d = directoryAt(await tree(library, outcome.head.rootId), 'd');
    const f = fileAt(await tree(library, d.id), 'f');
    expect((await library.blocks(f.id)).length).toBeGreaterThan(1);
    expect(requests()).toBe(0);
  });

  test('for directories wanted at one time by several: one', async () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const outcome = await library.commit(
      batch({
        many: made(
          folder(Object.fromEntries(names.map((name) => [name, made(folder({ [name]: made(file(text(name))) }))]))),
        ),
      }),
    );
    const other = await openLibrary(await site.connect(), id);
    const many = directoryAt(await tree(other, outcome.head.rootId), 'many');
    const below = [...(await tree(other, many.id)).values()];
    site.server.resetStats();
    const read = await Promise.all(below.map((entry) => tree(other, directoryAt(new Map([['x', entry]]), 'x').id)));
    expect(read.map((entries) => [...entries.keys()])).toEqual(below.map(({ name }) => [name]));
    expect(requests()).toBe(1);
    await other.close();
  });

  test('for a block wanted by several, one; for ranges of one version, one link', async () => {
    const outcome = await library.commit(batch({ r: made(file(new MemoryContent(noise('r', 100_000)))) }));
    const r = fileAt(await tree(library, outcome.head.rootId), 'r');
    const [block] = await library.blocks(r.id);
    if (!block) throw new Error('no block');
    site.server.resetStats();
    await Promise.all([1, 2, 3].map(() => library.readBlock(block.id)));
    expect(requests()).toBe(1);
    site.server.resetStats();
    const place = { commit: outcome.head.commitId, path: ['r'] };
    await Promise.all([1, 2, 3].map((part) => library.readRange(r.id, place, part * 1000, 10)));
    await library.readRange(r.id, place, 0, 10);
    expect(route('GET /api2/repos/:id/file/')).toBe(1);
    expect(requests()).toBe(5);
  });
});
