import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXIT } from '../../../src/cli/exit-codes.ts';
import { BOB, CommandLine } from '../seamount.ts';

let line: CommandLine;
beforeAll(async () => {
  line = await CommandLine.start();
  await line.run(['space', 'create', 'users/alice/data']);
});
afterAll(() => line.close());

describe('seamount share', () => {
  test('shares a folder, changes the permission, lists and removes the share', async () => {
    expect(await line.run(['share', 'users/alice', '/data', '--with', BOB.email, '--permission', 'rw'])).toEqual({
      code: EXIT.ok,
      out: `users/alice/data is shared with ${BOB.email} (rw)\n`,
      err: '',
    });
    const shares = async (): Promise<unknown> =>
      JSON.parse((await line.run(['share', '--list', 'users/alice', 'data', '--json'])).out);
    expect(await shares()).toMatchObject([{ with: BOB.email, kind: 'user', permission: 'rw' }]);
    expect((await line.run(['share', 'users/alice', 'data', '--with', BOB.email, '--permission', 'r'])).code).toBe(0);
    expect(await shares()).toMatchObject([{ with: BOB.email, permission: 'r' }]);
    expect((await line.run(['share', '--list', 'users/alice', 'data'])).out).toMatch(
      new RegExp(`^WITH +PERMISSION +NAME\n${BOB.email} +r +`),
    );
    expect((await line.run(['share', '--remove', 'users/alice', 'data', '--with', BOB.email])).code).toBe(EXIT.ok);
    expect(await shares()).toEqual([]);
  });

  test('shares the folder of the space itself when no path is given, never the library', async () => {
    expect((await line.run(['share', 'users/alice', '--with', BOB.email, '--permission', 'r'])).code).toBe(EXIT.ok);
    const bobs = await line.run(['space', 'list', 'lib:alice'], { env: line.bob });
    expect(bobs).toMatchObject({ code: EXIT.ok, out: 'lib:alice/data\n' });
    expect((await line.run(['space', 'list', 'lib:My Library'], { env: line.bob })).code).toBe(EXIT.notFound);
    const { library } = JSON.parse((await line.run(['space', 'create', 'users/alice', '--json'])).out);
    const whole = await line.run(['share', `lib:${library.id}`, '--with', BOB.email, '--permission', 'r']);
    expect(whole).toMatchObject({ code: EXIT.usage, err: expect.stringMatching(/whole library cannot be shared/) });
  });

  test.each([
    [['--with', BOB.email], /no permission was given: use --permission r or --permission rw/],
    [['--with', BOB.email, '--permission', 'admin'], /permission admin cannot be given/],
    [['--permission', 'r'], /no user was named: give --with USER/],
    [['--list', '--remove'], /exclude each other/],
  ])('refuses %j before any request', async (args, message) => {
    line.server.resetStats();
    const ended = await line.run(['share', 'users/alice', 'data', ...args]);
    expect(ended).toMatchObject({ code: EXIT.usage, err: expect.stringMatching(message) });
    expect(line.server.stats().requests).toBe(0);
  });

  test.each(['', '../bob', 'data/../..', 'data//x'])('refuses the path %j before any request', async (path) => {
    line.server.resetStats();
    const ended = await line.run(['share', 'users/alice', path, '--with', BOB.email, '--permission', 'r']);
    expect(ended).toMatchObject({ code: EXIT.usage, err: expect.stringMatching(/^seamount: .*path/) });
    expect(line.server.stats().requests).toBe(0);
  });

  test('says when the folder or the user does not exist', async () => {
    const noFolder = await line.run(['share', 'users/alice', 'none', '--with', BOB.email, '--permission', 'r']);
    expect(noFolder).toMatchObject({ code: EXIT.notFound, err: expect.stringMatching(/none/) });
    const noUser = await line.run(['share', 'users/alice', 'data', '--with', 'no@body', '--permission', 'r']);
    expect(noUser).toMatchObject({ code: EXIT.failed, err: expect.stringMatching(/no@body.*not found/i) });
    const noShare = await line.run(['share', '--remove', 'users/alice', 'data', '--with', 'no@body']);
    expect(noShare).toMatchObject({ code: EXIT.notFound, err: expect.stringMatching(/not shared with no@body/) });
  });
});
