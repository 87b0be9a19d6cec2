import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { ended, ensureBuilt, expectRefusal, firstLine, Shell, visible } from './binary.ts';
import { ALICE, BOB, CLIENT } from './seamount.ts';

let shell: Shell;

beforeAll(() => {
  ensureBuilt();
  shell = new Shell({});
}, 120_000);
afterAll(() => shell.close());

describe('seamount serve', () => {
  test('prints one line of JSON when it answers, shows no secret, keeps its data, and ends when told', async () => {
    const data = path.join(shell.home, 'served');
    const args = [
      'serve',
      '--data',
      data,
      '--account',
      `${BOB.email}:${BOB.password}`,
      '--client',
      `c:${CLIENT.secret}`,
    ];
    const first = shell.start(args);
    const line = await firstLine(first);
    expect(line).toMatch(/^\{[^\n]*\}\n$/);
    const served = JSON.parse(line);
    expect(served).toEqual({ url: expect.any(String), fileServer: expect.any(String), pid: first.pid });
    expect(visible(served.pid)).toBe('seamount serve');
    const env = { SEAMOUNT_SERVER: served.url, SEAMOUNT_USER: BOB.email, SEAMOUNT_PASSWORD: BOB.password };
    expect((await shell.run(['space', 'create', 'kept'], env)).code).toBe(EXIT.ok);
    first.kill('SIGTERM');
    expect((await ended(first)).code).toBe(EXIT.ok);

    const second = shell.start(['serve', '--data', data, '--server-version', '12']);
    const again = JSON.parse(await firstLine(second));
    const listed = await shell.run(['space', 'list'], { ...env, SEAMOUNT_SERVER: again.url });
    expect(listed.out).toBe('kept\n');
    second.kill('SIGINT');
    expect((await ended(second)).code).toBe(EXIT.ok);
  });

  test('takes accounts from a file and from the environment', async () => {
    const file = path.join(shell.home, 'accounts');
    writeFileSync(file, 'one@example.org:first-secret\n\n');
    const child = shell.start(['serve', '--memory', '--accounts-file', file], {
      SEAMOUNT_SERVE_ACCOUNTS: 'two@example.org:second:secret',
    });
    const { url } = JSON.parse(await firstLine(child));
    const signIn = (user: string, password: string) =>
      shell.run(['space', 'create', 'x'], { SEAMOUNT_SERVER: url, SEAMOUNT_USER: user, SEAMOUNT_PASSWORD: password });
    expect((await signIn('one@example.org', 'first-secret')).code).toBe(EXIT.ok);
    expect((await signIn('two@example.org', 'second:secret')).code).toBe(EXIT.ok);
    expectRefusal(await signIn('two@example.org', 'second'), EXIT.signIn, /Cannot sign in as two@example\.org/);
    child.kill();
    await ended(child);
  });

  test('is refused with one line: port taken, bad account, memory and data', async () => {
    const first = shell.start(['serve', '--memory']);
    const { port } = new URL(JSON.parse(await firstLine(first)).url);
    expectRefusal(
      await shell.run(['serve', '--memory', '--port', port]),
      EXIT.failed,
      /cannot serve at 127\.0\.0\.1:\d+: the address is in use/,
    );
    const bad = await shell.run(['serve', '--memory', '--account', ALICE.password]);
    expectRefusal(bad, EXIT.usage, /one of the accounts is not of the form EMAIL:PASSWORD/);
    expectRefusal(await shell.run(['serve', '--memory', '--data', '/tmp/x']), EXIT.usage, /exclude each other/);
    first.kill();
    await ended(first);
  });
});
