import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { ended, ensureBuilt, Shell, serve } from './binary.ts';
import { ALICE } from './seamount.ts';

let shell: Shell;
let content: Buffer;

beforeAll(async () => {
  ensureBuilt();
  shell = new Shell({ SEAMOUNT_USER: ALICE.email, SEAMOUNT_PASSWORD: ALICE.password });
  const server = await serve(shell, '--memory', '--account', `${ALICE.email}:${ALICE.password}`);
  shell.env.SEAMOUNT_SERVER = server.url;
  content = randomBytes(4 << 20);
  writeFileSync(path.join(shell.home, 'large'), content);
  expect(await shell.run(['space', 'create', 'ends'])).toMatchObject({ code: EXIT.ok });
}, 120_000);

afterAll(() => shell.close());

describe('a command ends', () => {
  test('with 0 when whoever reads its output has enough', async () => {
    expect(await shell.run(['put', path.join(shell.home, 'large'), 'ends', '/'])).toMatchObject({ code: EXIT.ok });
    const ends = `(set +e; "$@"; echo "ended with $?" >&2) | head -c 10 >/dev/null`;
    expect(await shell.runPrepared(ends, ['cat', 'ends', 'large'])).toEqual({
      code: 0,
      out: '',
      err: 'ended with 0\n',
    });
  });

  test('with one line and 130 after Ctrl-C, wherever it is', async () => {
    const silent = createServer();
    const asked = new Promise<void>((resolve) => silent.once('connection', () => resolve()));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo; // A TCP server has a port.
    const child = shell.start(['put', path.join(shell.home, 'large'), 'ends', '/'], {
      SEAMOUNT_SERVER: `http://127.0.0.1:${port}`,
    });
    const ending = ended(child);
    await asked;
    child.kill('SIGINT');
    expect(await ending).toEqual({ code: EXIT.interrupted, out: '', err: 'seamount: Cancelled: reach the server.\n' });
    silent.close();
  });
});
