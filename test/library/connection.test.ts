import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Connection, openLibrary } from '../../src/library/index.ts';
import { libraryId, Server, shareFolder, signIn, token } from '../../src/seafile/index.ts';
import { SAM, Site } from './connect.ts';
import { batch, folder, made } from './edits.ts';

describe('opening a library', () => {
  let site: Site;
  let connection: Connection;
  beforeAll(async () => {
    site = await Site.start();
    connection = await site.connect();
  });
  afterAll(() => site.stop());

  test('twice in a process gives one library, asked for its token once; it is open until both closed it', async () => {
    const id = await site.newLibrary(connection);
    site.server.resetStats();
    const [one, two] = await Promise.all([openLibrary(connection, id), openLibrary(connection, id)]);
    expect(two).toBe(one);
    await one.close();
    await two.commit(batch({ d: made(folder({})) }));
    await two.close();
    const again = await openLibrary(connection, id);
    expect(again).not.toBe(one);
    await again.close();
    expect(site.server.stats().routes['GET /api2/repos/:id/download-info/']?.requests).toBe(1);
  });

  test('that does not exist is refused, and can be tried again', async () => {
    const nowhere = libraryId('00000000-0000-4000-8000-000000000001');
    for (let attempt = 0; attempt < 2; attempt++) {
      await expect(openLibrary(connection, nowhere)).rejects.toMatchObject({ kind: 'not-found' });
    }
  });

  test('that may only be read says so, and refuses commits', async () => {
    const id = await site.newLibrary(connection);
    await shareFolder(connection.web, id, '/', { kind: 'user', user: SAM.email }, 'r');
    const library = await openLibrary(await site.connect(SAM), id);
    expect(library.permission).toBe('r');
    await expect(library.commit(batch({ d: made(folder({})) }))).rejects.toMatchObject({ kind: 'forbidden' });
    expect(await library.usage()).toEqual({ usedBytes: null, quotaBytes: null });
    await library.close();
  });

  test('that is encrypted is refused, again and again', async () => {
    const id = libraryId('00000000-0000-4000-8000-00000000000e');
    const server = createServer((request, response) => {
      const answers: Record<string, unknown> = {
        '/api2/auth/ping/': 'pong',
        '/seafhttp/protocol-version': { version: 2 },
        [`/api2/repos/${id}/download-info/`]: {
          repo_id: id,
          repo_name: 'Secrets',
          token: 'a'.repeat(40),
          email: 'jo@example.org',
          encrypted: 1,
          enc_version: 2,
          permission: 'rw',
          head_commit_id: 'b'.repeat(40),
        },
      };
      const answer = answers[request.url ?? ''];
      response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer ?? {}));
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const address = server.address();
    const seafile = new Server(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`);
    const account = await signIn(seafile, token('c'.repeat(40)));
    const other = new Connection({ account, device: connection.device });
    for (let attempt = 0; attempt < 2; attempt++) {
      await expect(openLibrary(other, id)).rejects.toMatchObject({
        kind: 'encrypted',
        message: expect.stringContaining('Secrets'),
      });
    }
    other.close();
    await seafile.close();
    server.close();
  });

  test('tells usage and quota of an own one', async () => {
    const library = await openLibrary(connection, await site.newLibrary(connection));
    expect(await library.usage()).toEqual({ usedBytes: expect.any(Number), quotaBytes: null });
    await library.close();
  });
});
