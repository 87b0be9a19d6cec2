import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningServer, startServer } from '../../../src/server/index.ts';
import { accountsOf } from '../../server/account.ts';
import { eventually, Program } from './program.ts';

/** rclone as Debian ships it, against the embedded server: a client that nobody here wrote. */
describe('rclone', () => {
  let folder: string;
  let server: RunningServer;
  let rclone: Program;
  const big = randomBytes(9_000_000);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'seamount-rclone-'));
    rclone = new Program('rclone', 'rclone', { RCLONE_CONFIG: join(folder, 'rclone.conf') });
    server = await startServer({ memory: true, accounts: accountsOf('o@x.org') });
    const options = ['url', `${server.url}/`, 'user', 'o@x.org', 'pass', "o@x.org's password"];
    await rclone.run('config', 'create', 'sf', 'seafile', ...options, 'create_library', 'true', '--obscure');
    mkdirSync(join(folder, 'here/sub/ünï 中'), { recursive: true });
    writeFileSync(join(folder, 'here/big.bin'), big);
    writeFileSync(join(folder, 'here/hello.txt'), 'hello\n');
    writeFileSync(join(folder, 'here/empty.txt'), '');
    writeFileSync(join(folder, 'here/sub/ünï 中/a+b & c.txt'), 'odd names');
  });
  afterAll(async () => {
    await server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('makes a library and copies a tree into it', async () => {
    await rclone.run('mkdir', 'sf:lib');
    expect(await rclone.run('lsf', 'sf:')).toBe('lib/\n');
    await rclone.run('copy', join(folder, 'here'), 'sf:lib/there');
    const listed = (await rclone.run('lsf', '-R', '--files-only', 'sf:lib')).trim().split('\n').sort();
    expect(listed).toEqual(['there/big.bin', 'there/empty.txt', 'there/hello.txt', 'there/sub/ünï 中/a+b & c.txt']);
  });

  it('finds no difference, byte by byte', async () => {
    await expect(rclone.run('check', '--download', join(folder, 'here'), 'sf:lib/there')).resolves.toBeDefined();
    writeFileSync(join(folder, 'here/hello.txt'), 'hallo\n');
    await expect(rclone.run('check', '--download', join(folder, 'here'), 'sf:lib/there')).rejects.toThrow(
      /1 differences/,
    );
  });

  it('copies back what it copied', async () => {
    await rclone.run('copy', 'sf:lib/there', join(folder, 'back'));
    expect(readFileSync(join(folder, 'back/big.bin')).equals(big)).toBe(true);
    expect(readFileSync(join(folder, 'back/sub/ünï 中/a+b & c.txt'), 'utf8')).toBe('odd names');
    expect(readFileSync(join(folder, 'back/hello.txt'), 'utf8')).toBe('hello\n');
  });

  it('sends what changed and nothing else', async () => {
    writeFileSync(join(folder, 'here/hello.txt'), 'hello again\n');
    server.resetStats();
    await rclone.run('copy', '--size-only', join(folder, 'here'), 'sf:lib/there');
    expect(server.stats().commits).toBe(1);
    expect(await rclone.run('cat', 'sf:lib/there/hello.txt')).toBe('hello again\n');
  });

  it('moves and renames without sending content again', async () => {
    server.resetStats();
    await rclone.run('moveto', 'sf:lib/there/big.bin', 'sf:lib/moved.bin');
    await rclone.run('move', 'sf:lib/there', 'sf:lib/elsewhere');
    expect(server.stats().bytesIn).toBeLessThan(100_000);
    const listed = (await rclone.run('lsf', '-R', '--files-only', 'sf:lib')).trim().split('\n').sort();
    expect(listed).toEqual([
      'elsewhere/empty.txt',
      'elsewhere/hello.txt',
      'elsewhere/sub/ünï 中/a+b & c.txt',
      'moved.bin',
    ]);
  });

  it('tells size and use, and makes a public link', async () => {
    expect(await rclone.run('size', 'sf:lib')).toContain('Total objects: 4');
    expect(await rclone.run('about', '--json', 'sf:')).toContain('"used"');
    const link = (await rclone.run('link', 'sf:lib/elsewhere/hello.txt')).trim();
    expect(await (await fetch(`${link}?dl=1`)).text()).toBe('hello again\n');
  });

  it('mounts a library', async () => {
    const point = join(folder, 'mounted');
    mkdirSync(point);
    const config = join(folder, 'rclone.conf');
    const args = ['mount', 'sf:lib', point, '--vfs-cache-mode', 'writes', '--cache-dir', join(folder, 'cache')];
    const mount: ChildProcess = spawn('rclone', ['--config', config, ...args], { stdio: 'ignore' });
    try {
      const mounted = async (): Promise<boolean> => readFileSync('/proc/self/mounts', 'utf8').includes(` ${point} `);
      await eventually(mounted, Boolean);
      // In a process of its own: this one is the server that the mount waits for.
      const shell = new Program('sh', 'dash');
      expect(await shell.run('-c', `cat "${point}/elsewhere/hello.txt"`)).toBe('hello again\n');
      await shell.run('-c', `echo written > "${point}/elsewhere/new.txt"`);
      await eventually(
        () => rclone.run('cat', 'sf:lib/elsewhere/new.txt').catch(() => ''),
        (text) => text === 'written\n',
      );
    } finally {
      spawnSync('umount', ['-l', point]);
      mount.kill();
    }
  });

  it('deletes files and trees', async () => {
    await rclone.run('deletefile', 'sf:lib/moved.bin');
    await rclone.run('purge', 'sf:lib/elsewhere');
    expect(await rclone.run('lsf', 'sf:lib')).toBe('');
  });
});
