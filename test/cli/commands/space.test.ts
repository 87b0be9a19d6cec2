import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXIT } from '../../../src/cli/exit-codes.ts';
import { CLIENT, CommandLine } from '../seamount.ts';

let line: CommandLine;
beforeAll(async () => {
  line = await CommandLine.start();
});
afterAll(() => line.close());

describe('seamount space', () => {
  test('create makes a space level by level, and leaves one that exists as it is', async () => {
    expect(await line.run(['space', 'create', 'users/7a1c'])).toEqual({
      code: EXIT.ok,
      out: 'users/7a1c is ready in library My Library\n',
      err: '',
    });
    const again = await line.run(['space', 'create', 'users/7a1c', '--json']);
    expect(JSON.parse(again.out)).toMatchObject({
      space: 'users/7a1c',
      folder: ['users', '7a1c'],
      library: { name: 'My Library' },
    });
    expect((await line.run(['space', 'list', 'users'])).out).toBe('users/7a1c\n');
  });

  test('list shows the spaces of a folder, of the library when none is named', async () => {
    await line.run(['space', 'create', 'lists/b']);
    await line.run(['space', 'create', 'lists/a']);
    expect((await line.run(['space', 'list', 'lists'])).out).toBe('lists/a\nlists/b\n');
    expect(JSON.parse((await line.run(['space', 'list', 'lists', '--json'])).out)).toEqual(['lists/a', 'lists/b']);
    expect((await line.run(['space', 'list'])).out).toContain('lists\n');
  });

  test('remove takes a space away, and says so when there is none', async () => {
    await line.run(['space', 'create', 'old/one']);
    expect((await line.run(['space', 'remove', 'old/one'])).code).toBe(EXIT.ok);
    expect((await line.run(['space', 'list', 'old'])).out).toBe('');
    expect(await line.run(['space', 'remove', 'old/one'])).toEqual({
      code: EXIT.notFound,
      out: '',
      err: expect.stringMatching(/^seamount: space old\/one does not exist in library "My Library": .*\n$/),
    });
  });

  test('remove refuses a whole library', async () => {
    const created = await line.run(['space', 'create', 'x', '--json']);
    const { library } = JSON.parse(created.out);
    const ended = await line.run(['space', 'remove', `lib:${library.id}`]);
    expect(ended).toMatchObject({ code: EXIT.usage, err: expect.stringMatching(/is a whole library/) });
    expect((await line.run(['space', 'list'])).code).toBe(EXIT.ok);
  });

  test('works for a service account that signs in with client credentials', async () => {
    const env = {
      SEAMOUNT_SERVER: line.server.url,
      SEAMOUNT_CLIENT_ID: CLIENT.id,
      SEAMOUNT_CLIENT_SECRET: CLIENT.secret,
      SEAMOUNT_OIDC_ISSUER: line.server.issuer,
    };
    expect(await line.run(['space', 'create', 'users/of the app'], { env })).toMatchObject({ code: EXIT.ok, err: '' });
    expect((await line.run(['space', 'list', 'users'], { env })).out).toBe('users/of the app\n');
    // Another account's default library is another one.
    expect((await line.run(['space', 'list', 'users'])).out).not.toContain('of the app');
  });
});

describe('a space is refused before any request', () => {
  test.each(['users/../x', '/users', 'users//x', 'a\\b', 'lib:', 'lib:x/..', '..', 'a\u0001b'])('%j', async (space) => {
    line.server.resetStats();
    for (const args of [
      ['space', 'create', space],
      ['space', 'list', space],
      ['space', 'remove', space],
      ['ls', space],
      ['share', space, '--list'],
      ['mount', space, '/tmp'],
    ]) {
      const ended = await line.run(args);
      expect(ended).toEqual({ code: EXIT.usage, out: '', err: expect.stringMatching(/^seamount: bad path .*\.\n$/) });
    }
    expect(line.server.stats().requests).toBe(0);
  });
});

describe('another library', () => {
  test('is found by its name or its id; a name that two have is refused with the ids', async () => {
    const ids = [await makeLibrary('Twice'), await makeLibrary('Twice')];
    const only = await makeLibrary('Once');
    expect((await line.run(['space', 'create', 'lib:Once/data'])).code).toBe(EXIT.ok);
    expect((await line.run(['space', 'list', `lib:${only}`])).out).toBe(`lib:${only}/data\n`);
    const ambiguous = await line.run(['space', 'list', 'lib:Twice/data']);
    expect(ambiguous.code).toBe(EXIT.usage);
    expect(ambiguous.err).toMatch(/2 libraries are called "Twice"/);
    for (const id of ids) expect(ambiguous.err).toContain(`lib:${id}`);
  });

  test('is missing with a line that says so', async () => {
    expect(await line.run(['space', 'list', 'lib:Nowhere'])).toEqual({
      code: EXIT.notFound,
      out: '',
      err: expect.stringMatching(/^seamount: no library is called "Nowhere" for this account: .*\n$/),
    });
    const unknown = 'lib:0d95e9a1-3f5b-4a7e-9d2e-2c2f8f1f3a77/x';
    expect(await line.run(['space', 'list', unknown])).toMatchObject({
      code: EXIT.notFound,
      err: expect.stringMatching(/^seamount: library 0d95e9a1-\S+ does not exist or is not shared with this account/),
    });
  });
});

async function makeLibrary(name: string): Promise<string> {
  const signedIn = await fetch(`${line.server.url}/api2/auth-token/`, {
    method: 'POST',
    body: new URLSearchParams({
      username: line.alice.SEAMOUNT_USER ?? '',
      password: line.alice.SEAMOUNT_PASSWORD ?? '',
    }),
  });
  const { token } = JSON.parse(await signedIn.text());
  const made = await fetch(`${line.server.url}/api2/repos/`, {
    method: 'POST',
    headers: { authorization: `Token ${token}` },
    body: new URLSearchParams({ name }),
  });
  return JSON.parse(await made.text()).repo_id;
}
