import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RunningServer, startServer } from '../../src/server/index.ts';
import { accountsOf, TestAccount } from './account.ts';

describe('a server on a disk', () => {
  let folder: string;
  let server: RunningServer | undefined;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'seamount-server-'));
  });
  afterEach(async () => {
    await server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const start = async (accounts: { email: string; password: string }[] = []): Promise<RunningServer> => {
    server = await startServer({ data: join(folder, 'data'), accounts });
    return server;
  };

  it('finds everything again: accounts, tokens, libraries, content, shares', async () => {
    let running = await start(accountsOf('o@x.org', 'r@x.org'));
    const owner = await TestAccount.signIn(running, 'o@x.org');
    const library = await owner.newLibrary('kept');
    const big = Buffer.alloc(9 << 20, 'x');
    await library.mkdir('/d');
    await library.upload('/d', 'big.bin', big);
    const form = { share_type: 'user', permission: 'rw', username: 'r@x.org' };
    await library.api('PUT', 'dir/shared_items/?p=/d', form);
    const head = await library.head();
    await running.close();

    running = await start();
    const again = new TestAccount(running, 'o@x.org', owner.token);
    const kept = await again.openLibrary(library.id);
    expect(await kept.head()).toBe(head);
    expect((await kept.download('/d/big.bin'))?.length).toBe(big.length);
    expect((await kept.api('GET', 'file/metadata/?p=/d/big.bin')).json.id).toBe(
      '93b00a447d5b6f8e5585ae14e9f9e2b27fdb0b98',
    );
    const receiver = await TestAccount.signIn(running, 'r@x.org');
    expect((await receiver.call('GET', '/api2/beshared-repos/')).json).toHaveLength(1);
    expect((await again.call('GET', '/api2/repos/')).json[0].name).toBe('kept');
  });

  it('keeps objects where a real server keeps them', async () => {
    const library = await (await TestAccount.signIn(await start(accountsOf('o@x.org')), 'o@x.org')).newLibrary();
    await library.upload('/', 'hello.txt', 'hello');
    const block = join(folder, 'data/storage/blocks', library.id, 'aa/f4c61ddcc5e8a2dabede0f3b482cd9aea9434d');
    const file = join(folder, 'data/storage/fs', library.id, 'dd/3a0982f29f04079c4e365cbf5fce4c9af775c2');
    const head = await library.head();
    const commit = join(folder, 'data/storage/commits', library.id, head.slice(0, 2), head.slice(2));
    expect([block, file, commit].map((path) => existsSync(path))).toEqual([true, true, true]);
  });

  it('refuses a data folder that another server uses, and names it', async () => {
    await start();
    await expect(startServer({ data: join(folder, 'data') })).rejects.toThrow(/is served by process \d+ already/);
  });

  it('wants to be told where to keep its data', async () => {
    await expect(startServer({})).rejects.toThrow(/give either memory or data/);
    await expect(startServer({ memory: true, data: folder })).rejects.toThrow(/give either memory or data/);
  });
});
