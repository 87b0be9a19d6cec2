import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connect, token } from '../../src/index.ts';

const LIBRARY = '0d95e9a1-3f5b-4a7e-9d2e-2c2f8f1f3a77';
const TOKEN = '0123456789abcdef0123456789abcdef01234567';

/** As a real server answers for an encrypted library (seafile-api B.4, I.3). */
const ANSWERS: Readonly<Record<string, unknown>> = {
  '/api2/ping/': 'pong',
  '/api2/auth/ping/': 'pong',
  '/api2/account/info/': { email: 'alice@example.org', name: 'alice', usage: 0, total: -2 },
  [`/api2/repos/${LIBRARY}/`]: {
    type: 'repo',
    id: LIBRARY,
    name: 'Secret',
    owner: 'self',
    mtime: 1,
    size: 0,
    encrypted: true,
    root: '0'.repeat(40),
    permission: 'rw',
    enc_version: 2,
    magic: 'm',
    random_key: 'r',
  },
};

let server: Server;
let cache: string;
const asked: string[] = [];

beforeEach(async () => {
  cache = mkdtempSync(`${tmpdir()}/seamount-encrypted-`);
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const answer = ANSWERS[request.url ?? ''];
    response.writeHead(answer === undefined ? 500 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer ?? null));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
  rmSync(cache, { recursive: true });
});

test('an encrypted library is refused, and nothing in it is asked for', async () => {
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const drive = await connect({ server: `http://127.0.0.1:${port}`, auth: token(TOKEN), cache });
  await expect(drive.space(`lib:${LIBRARY}/x`, { create: true })).rejects.toMatchObject({
    kind: 'encrypted',
    message: `library "Secret" (${LIBRARY}) is encrypted, which is not supported: use a library without a password.`,
  });
  expect(new Set(asked)).toEqual(new Set(Object.keys(ANSWERS)));
  await drive.close();
});
