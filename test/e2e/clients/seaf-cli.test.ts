import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningServer, startServer } from '../../../src/server/index.ts';
import { accountsOf, TestAccount, type TestLibrary } from '../../server/account.ts';
import { eventually, Program } from './program.ts';

/** Seafile's own sync client with its daemon, as Debian ships it, against the embedded server. */
describe('the official sync client', () => {
  let folder: string;
  let here: string;
  let server: RunningServer;
  let library: TestLibrary;
  let client: Program;
  const big = randomBytes(20_000_000);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'seamount-sync-'));
    here = join(folder, 'libraries/synced');
    client = new Program('seaf-cli', 'seafile-cli');
    // The daemon finds the file server below /seafhttp, as behind a proxy.
    server = await startServer({ memory: true, accounts: accountsOf('o@x.org') });
    library = await (await TestAccount.signIn(server, 'o@x.org')).newLibrary('synced');
    await library.mkdir('/d');
    await library.upload('/d', 'there.txt', 'from the server');
    const configuration = ['-c', join(folder, 'conf')];
    await client.run('init', ...configuration, '-d', folder);
    await client.run('start', ...configuration);
    mkdirSync(join(folder, 'libraries'));
    const account = ['-u', 'o@x.org', '-p', "o@x.org's password"];
    const download = ['download', '-l', library.id, '-s', server.url, '-d', join(folder, 'libraries'), ...account];
    // The daemon needs a moment until it listens.
    await eventually(
      () =>
        client.run(...download, ...configuration).then(
          () => true,
          () => false,
        ),
      Boolean,
    );
  });
  afterAll(async () => {
    await stop();
    await server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const start = (): Promise<string> => client.run('start', '-c', join(folder, 'conf'));
  const stop = (): Promise<string> => client.run('stop', '-c', join(folder, 'conf'));
  const local = (name: string): string => join(here, name);
  const content = async (name: string): Promise<string | undefined> =>
    existsSync(local(name)) ? readFileSync(local(name), 'utf8') : undefined;

  it('downloads a library', async () => {
    await eventually(
      () => content('d/there.txt'),
      (text) => text === 'from the server',
    );
  });

  it('sends new files, large ones too', async () => {
    mkdirSync(local('new'));
    writeFileSync(local('new/big.bin'), big);
    writeFileSync(local('new/run.sh'), '#!/bin/sh\n', { mode: 0o755 });
    await eventually(
      () => library.list('/new'),
      (names) => names?.length === 2,
    );
    const link = (await library.api('GET', 'file/?p=/new/big.bin')).json;
    expect(Buffer.from(await (await fetch(link)).arrayBuffer()).equals(big)).toBe(true);
  });

  it('renames and deletes there what is renamed and deleted here', async () => {
    renameSync(local('new/run.sh'), local('d/renamed.sh'));
    rmSync(local('new/big.bin'));
    await eventually(
      async () => [await library.list('/d'), await library.list('/new')],
      ([d, fresh]) => d?.includes('renamed.sh') === true && !fresh?.includes('big.bin'),
    );
  });

  it('fetches what was changed there', async () => {
    await library.upload('/d', 'there.txt', 'changed there', true);
    await eventually(
      () => content('d/there.txt'),
      (text) => text === 'changed there',
    );
  });

  it('leaves both versions of a file that was changed on both sides, on both sides', async () => {
    await stop();
    writeFileSync(local('d/there.txt'), 'version here');
    await library.upload('/d', 'there.txt', 'version there', true);
    await start();
    const isConflict = (name: string): boolean => name.startsWith('there (SFConflict o@x.org ');
    const names = await eventually(
      async () => (await library.list('/d')) ?? [],
      (all) => all.some(isConflict),
    );
    const copy = names.find(isConflict) ?? '';
    expect(await library.download('/d/there.txt')).toBe('version there');
    expect(await library.download(`/d/${copy}`)).toBe('version here');
    await eventually(
      async () => readdirSync(local('d')),
      (all) => all.includes(copy),
    );
    await eventually(
      () => content('d/there.txt'),
      (text) => text === 'version there',
    );
  });
});
