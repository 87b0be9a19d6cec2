import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkData, collectGarbage, type RunningServer, startServer } from '../../src/server/index.ts';
import { accountsOf, TestAccount, type TestLibrary } from './account.ts';

describe('looking after a data folder', () => {
  let folder: string;
  let server: RunningServer;
  let library: TestLibrary;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'seamount-server-'));
    await start();
    library = await (await TestAccount.signIn(server, 'o@x.org')).newLibrary('mine');
    await library.mkdir('/d');
    await library.upload('/d', 'kept.txt', 'kept');
  });
  afterEach(async () => {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(): Promise<void> {
    server = await startServer({ data: folder, fsync: false, accounts: accountsOf('o@x.org', 'r@x.org') });
  }

  /** Paths of the objects of a kind. */
  const objects = (kind: string): string[] =>
    readdirSync(join(folder, 'storage', kind), { recursive: true })
      .map((name) => join(folder, 'storage', kind, String(name)))
      .filter((path) => statSync(path).isFile());

  it('finds nothing wrong with what a server wrote', async () => {
    await library.api('PUT', 'dir/shared_items/?p=/d', { share_type: 'user', permission: 'r', username: 'r@x.org' });
    await server.close();
    const report = await checkData(folder);
    expect(report.problems).toEqual([]);
    expect(report).toMatchObject({ libraries: 2, blocks: 2 });
  });

  it.each([
    ['a missing block', 'blocks', (path: string) => rmSync(path), /block [0-9a-f]{40} is missing/],
    [
      'a damaged block',
      'blocks',
      (path: string) => writeFileSync(path, 'KEPT'),
      /block [0-9a-f]{40} does not match its id/,
    ],
    ['a cut-off object', 'fs', (path: string) => truncateSync(path, 3), /cannot be read/],
    ['a missing commit', 'commits', (path: string) => rmSync(path), /commit [0-9a-f]{40} is missing/],
  ])('reports %s, with the library it belongs to', async (_, kind, spoil, expected) => {
    await server.close();
    const [path] = objects(kind);
    spoil(path ?? '');
    const { problems } = await checkData(folder);
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.join('\n')).toMatch(expected);
    expect(problems.join('\n')).toContain('("mine")');
  });

  it('removes what nothing needs, and nothing else', async () => {
    const orphan = await library.sync('PUT', `block/${'a'.repeat(40)}`, 'never committed');
    expect(orphan.status).toBe(200);
    await library.upload('/d', 'old.txt', 'version one');
    await library.upload('/d', 'old.txt', 'version two', true);
    await server.close();
    const before = objects('blocks').length;
    const report = await collectGarbage(folder, { graceMs: -1000 });
    expect(report).toMatchObject({ removedObjects: 1, removedBytes: 'never committed'.length });
    expect(objects('blocks')).toHaveLength(before - 1);
    expect((await checkData(folder)).problems).toEqual([]);
  });

  it('removes old versions when the library keeps no history', async () => {
    await library.upload('/d', 'old.txt', 'version one');
    await library.upload('/d', 'old.txt', 'version two', true);
    await library.api('PUT', 'history-limit/', { keep_days: '0' });
    await server.close();
    await collectGarbage(folder, { graceMs: -1000, now: () => Date.now() + 5000 });
    expect((await checkData(folder)).problems).toEqual([]);
    await start();
    const account = await TestAccount.signIn(server, 'o@x.org');
    const again = await account.openLibrary(library.id);
    expect(await again.download('/d/old.txt')).toBe('version two');
    expect(await again.download('/d/kept.txt')).toBe('kept');
    expect((await again.api21('GET', 'history/')).json.data).toHaveLength(1);
  });

  it('keeps young objects: their commit may be on its way', async () => {
    await library.sync('PUT', `block/${'a'.repeat(40)}`, 'soon to be committed');
    await server.close();
    expect((await collectGarbage(folder)).removedObjects).toBe(0);
  });

  it('keeps what the trash needs', async () => {
    await library.api('DELETE', '');
    await server.close();
    expect((await collectGarbage(folder, { graceMs: -1000 })).removedObjects).toBe(0);
  });

  it('refuses a folder whose server runs, and one without data', async () => {
    await expect(checkData(folder)).rejects.toThrow(/is served by process/);
    await expect(checkData(join(folder, 'nowhere'))).rejects.toThrow(/holds no data/);
  });
});
