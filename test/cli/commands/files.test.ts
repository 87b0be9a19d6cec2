import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXIT } from '../../../src/cli/exit-codes.ts';
import { CommandLine } from '../seamount.ts';

const SPACE = 'users/alice';
let line: CommandLine;
let local: string;

beforeAll(async () => {
  line = await CommandLine.start();
  local = mkdtempSync(path.join(tmpdir(), 'seamount-files-'));
  await line.run(['space', 'create', SPACE]);
});
afterAll(async () => {
  await line.close();
  rmSync(local, { recursive: true });
});

function localFile(name: string, content: string | Buffer): string {
  const file = path.join(local, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}

async function ok(...args: string[]): Promise<string> {
  const ended = await line.run(args);
  expect(ended).toMatchObject({ code: EXIT.ok });
  return ended.out;
}

describe('without a mount', () => {
  test('put stores a file with its time and mode, ls and cat show it, get brings it back', async () => {
    const file = localFile('run.csv', 'a,b\n1,2\n');
    utimesSync(file, 1_600_000_000, 1_600_000_000);
    chmodSync(file, 0o750);
    const told = await line.run(['put', file, SPACE, '/results.csv']);
    expect(told).toEqual({ code: EXIT.ok, out: '', err: '1 file, 8 B, on the server as /results.csv\n' });
    expect(await ok('ls', SPACE)).toBe('results.csv\n');
    expect(JSON.parse(await ok('ls', SPACE, '--json'))).toEqual([
      { path: 'results.csv', kind: 'file', size: 8, mtime: '2020-09-13T12:26:40.000Z', mode: '0750' },
    ]);
    expect(await ok('ls', '-l', SPACE, 'results.csv')).toMatch(/^-rwxr-x--- +8 +2020-09-13 \d\d:\d\d +results\.csv\n$/);
    expect(await ok('cat', SPACE, 'results.csv')).toBe('a,b\n1,2\n');
    const target = path.join(local, 'back.csv');
    await ok('get', SPACE, 'results.csv', target);
    expect(readFileSync(target, 'utf8')).toBe('a,b\n1,2\n');
    expect(statSync(target).mtimeMs).toBe(1_600_000_000_000);
    expect(statSync(target).mode & 0o777).toBe(0o750);
  });

  test('put says done when the server has it: another program sees it there', async () => {
    await ok('put', localFile('seen', 'seen elsewhere'), SPACE, 'seen.txt');
    expect(await throughWebApi('/users/alice/seen.txt')).toBe('seen elsewhere');
  });

  test('put and get carry whole folders, and leave nothing half written behind', async () => {
    localFile('tree/a.txt', 'A');
    localFile('tree/sub/deep/b.bin', Buffer.alloc(3_000_000, 7));
    mkdirSync(path.join(local, 'tree/empty'), { recursive: true });
    await ok('put', '-r', path.join(local, 'tree'), SPACE, 'copy');
    expect(await ok('ls', '-R', SPACE, 'copy')).toBe('a.txt\nempty/\nsub/\nsub/deep/\nsub/deep/b.bin\n');
    await ok('get', '-r', SPACE, 'copy', path.join(local, 'again'));
    expect(readFileSync(path.join(local, 'again/sub/deep/b.bin')).equals(Buffer.alloc(3_000_000, 7))).toBe(true);
    expect(readdirSync(path.join(local, 'again'))).toEqual(['a.txt', 'empty', 'sub']);
  });

  test('put takes standard input, cat and get give standard output, byte for byte', async () => {
    const bytes = Buffer.from([0, 255, 10, 13, 10, 128, 0]);
    expect((await line.run(['put', '-', SPACE, 'stdin.bin'], { stdin: bytes })).code).toBe(EXIT.ok);
    const target = path.join(local, 'stdin.bin');
    await ok('get', SPACE, 'stdin.bin', target);
    expect(readFileSync(target).equals(bytes)).toBe(true);
  });

  test('put replaces a file, puts into a folder, and goes into a folder under its own name', async () => {
    await ok('mkdir', SPACE, 'into');
    await ok('put', localFile('one.txt', '1'), SPACE, 'into');
    await ok('put', localFile('two.txt', '2'), SPACE, '/into/one.txt');
    expect(await ok('ls', SPACE, 'into')).toBe('one.txt\n');
    expect(await ok('cat', SPACE, 'into/one.txt')).toBe('2');
  });

  test('mkdir, mv and rm do as their namesakes', async () => {
    await ok('mkdir', '-p', SPACE, 'm/x/y', 'm/x/y');
    expect(await line.run(['mkdir', SPACE, 'm'])).toMatchObject({
      code: EXIT.busy,
      err: expect.stringMatching(/exists already/),
    });
    await ok('put', localFile('f', 'f'), SPACE, 'm/f');
    await ok('mv', SPACE, 'm/f', 'm/x/y');
    await ok('mv', SPACE, 'm/x', 'm/z');
    expect(await ok('ls', '-R', SPACE, 'm')).toBe('z/\nz/y/\nz/y/f\n');
    expect(await line.run(['rm', SPACE, 'm'])).toMatchObject({
      code: EXIT.usage,
      err: expect.stringMatching(/give --recursive/),
    });
    await ok('rm', '-r', SPACE, 'm');
    expect(await line.run(['ls', SPACE, 'm'])).toMatchObject({ code: EXIT.notFound });
    expect(await line.run(['rm', SPACE, 'm'])).toMatchObject({
      code: EXIT.notFound,
      err: expect.stringMatching(/m does not exist/),
    });
    await ok('rm', '-f', SPACE, 'm');
  });

  test.each([
    [['ls', SPACE, 'none'], EXIT.notFound, /\/none: it does not exist/],
    [['cat', SPACE, 'none'], EXIT.notFound, /\/none: it does not exist/],
    [['get', SPACE, 'none', '/tmp/none'], EXIT.notFound, /\/none: it does not exist/],
    [['mv', SPACE, 'none', 'other'], EXIT.notFound, /\/none -> \/other: it does not exist/],
    [['ls', 'users/nobody'], EXIT.notFound, /space users\/nobody does not exist in library "My Library": create it/],
    [['put', '/none', SPACE, 'x'], EXIT.usage, /cannot read \/none: it does not exist/],
    [['put', '/tmp', SPACE, 'x'], EXIT.usage, /\/tmp is a folder: give --recursive/],
    [['mkdir', SPACE, 'x'.repeat(256)], EXIT.usage, /longer than 255 bytes/],
    [['cat', SPACE, '../bob/secret'], EXIT.usage, /'\.\.' is not allowed/],
    [['mv', SPACE, 'a', '../bob/a'], EXIT.usage, /'\.\.' is not allowed/],
    [['rm', '-r', SPACE, '/'], EXIT.usage, /is the space itself: seamount space remove/],
  ])('%j is refused with one line', async (args, code, message) => {
    const ended = await line.run(args);
    expect(ended).toEqual({ code, out: '', err: expect.stringMatching(message) });
    expect(ended.err.match(/\n/g)).toHaveLength(1);
  });

  test('two commands at once take turns', async () => {
    const files = ['p1', 'p2', 'p3'].map((name) => localFile(name, name));
    const ended = await Promise.all(files.map((file, i) => line.run(['put', file, SPACE, `turn-${i}`])));
    expect(ended.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(await ok('cat', SPACE, 'turn-0', 'turn-1', 'turn-2')).toBe('p1p2p3');
  });

  test("one user's space is not seen from another's", async () => {
    await ok('space', 'create', 'users/bob');
    await ok('put', localFile('secret', 's'), 'users/bob', 'secret');
    expect(await ok('ls', '-R', SPACE)).not.toContain('secret');
  });
});

/** Reads a file as a program that knows nothing of seamount. */
async function throughWebApi(file: string): Promise<string> {
  const { url } = line.server;
  const body = new URLSearchParams({
    username: line.alice.SEAMOUNT_USER ?? '',
    password: line.alice.SEAMOUNT_PASSWORD ?? '',
  });
  const { token } = JSON.parse(await (await fetch(`${url}/api2/auth-token/`, { method: 'POST', body })).text());
  const headers = { authorization: `Token ${token}` };
  const { repo_id } = JSON.parse(await (await fetch(`${url}/api2/default-repo/`, { headers })).text());
  const link = await fetch(`${url}/api2/repos/${repo_id}/file/?p=${encodeURIComponent(file)}`, { headers });
  return (await fetch(JSON.parse(await link.text()))).text();
}
