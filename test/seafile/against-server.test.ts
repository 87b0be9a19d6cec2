import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Auth,
  changeShare,
  clientCredentials,
  createDefaultLibrary,
  createLibrary,
  defaultLibrary,
  deleteFolder,
  downloadLink,
  downloadRange,
  EMPTY_DIRECTORY,
  folderId,
  libraryDetail,
  listFolder,
  listLibraries,
  listShares,
  makeFolder,
  password,
  ping,
  receivedShares,
  removeShare,
  Server,
  serverInfo,
  shareFolder,
  signIn,
  syncAccess,
  syncTokens,
  token,
  uploadFile,
  uploadLink,
  WebClient,
} from '../../src/seafile/index.ts';
import { type RunningServer, type ServerOptions, startServer } from '../../src/server/index.ts';
import { failure } from './failure.ts';

describe.each<Pick<ServerOptions, 'version' | 'fileServer'>>([
  { version: 10, fileServer: 'prefixed' },
  { version: 12, fileServer: 'own-port' },
])('against the embedded server ($version, file server $fileServer)', (layout) => {
  let running: RunningServer;
  const servers: Server[] = [];

  beforeEach(async () => {
    running = await startServer({
      memory: true,
      ...layout,
      accounts: [
        { email: 'svc@example.com', password: 'svc-pass' },
        { email: 'alice@example.com', password: 'alice-pass' },
      ],
      clients: [{ id: 'service', secret: 's3cret' }],
    });
  });
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
    await running.close();
  });

  const connect = (): Server => {
    const server = new Server(running.url);
    servers.push(server);
    return server;
  };
  const as = async (auth: Auth): Promise<WebClient> => new WebClient(await signIn(connect(), auth));
  const svc = (): Promise<WebClient> => as(password('svc@example.com', 'svc-pass'));

  describe('signing in', () => {
    it('works in all three ways', async () => {
      const byPassword = await svc();
      const byToken = await as(token(byPassword.account.token.reveal()));
      const byClient = await as(
        clientCredentials({ issuer: running.issuer, clientId: 'service', clientSecret: 's3cret' }),
      );
      for (const web of [byPassword, byToken, byClient]) {
        expect((await listLibraries(web)).every(({ permission }) => permission === 'rw')).toBe(true);
      }
    });

    it.each<[string, () => Auth]>([
      ['password', () => password('svc@example.com', 'wrong')],
      ['token', () => token('0'.repeat(40))],
      [
        'client secret',
        () => clientCredentials({ issuer: running.issuer, clientId: 'service', clientSecret: 'wrong' }),
      ],
    ])('with a wrong %s is refused', async (_, auth) => {
      expect((await failure(as(auth()))).kind).toBe('unauthorized');
    });

    it('needs none to ask what is there', async () => {
      const server = connect();
      await ping(server);
      expect((await serverInfo(server)).major).toBe(layout.version);
    });
  });

  it('walks the workflow of a service: library, folders, sharing', async () => {
    const web = await as(clientCredentials({ issuer: running.issuer, clientId: 'service', clientSecret: 's3cret' }));
    const library = await createDefaultLibrary(web);
    expect(await defaultLibrary(web)).toBe(library);
    expect(await createDefaultLibrary(web)).toBe(library);

    expect(await makeFolder(web, library, '/users/7a1c/results')).toBe(EMPTY_DIRECTORY);
    await makeFolder(web, library, '/users/7a1c/results');
    const listing = await listFolder(web, library, '/users');
    expect(listing.kind === 'listing' && listing.entries.map(({ kind, name }) => [kind, name])).toEqual([
      ['directory', '7a1c'],
    ]);
    expect((await listFolder(web, library, '/users', { known: listing.id })).kind).toBe('unchanged');
    expect((await failure(folderId(web, library, '/nobody'))).kind).toBe('not-found');

    const alice = { kind: 'user', user: 'alice@example.com' } as const;
    await shareFolder(web, library, '/users/7a1c', alice, 'r');
    expect((await failure(shareFolder(web, library, '/users/7a1c', alice, 'r'))).kind).toBe('rejected');
    expect(await listShares(web, library, '/users/7a1c')).toMatchObject([{ target: alice, permission: 'r' }]);

    const receiver = await as(password('alice@example.com', 'alice-pass'));
    const [received] = await receivedShares(receiver);
    expect(received).toMatchObject({ name: '7a1c', permission: 'r', origin: { library, path: '/users/7a1c' } });
    if (!received) throw new Error('nothing was received');
    expect((await failure(makeFolder(receiver, received.library, '/mine'))).kind).toBe('forbidden');

    await changeShare(web, library, '/users/7a1c', alice, 'rw');
    await makeFolder(receiver, received.library, '/mine');
    await running.settle();
    await folderId(web, library, '/users/7a1c/mine');

    await removeShare(web, library, '/users/7a1c', alice);
    expect(await receivedShares(receiver)).toEqual([]);
    await deleteFolder(web, library, '/users/7a1c');
    expect((await failure(folderId(web, library, '/users/7a1c'))).kind).toBe('not-found');
  });

  it('does not take a file in the way for a folder', async () => {
    const web = await svc();
    const library = await createDefaultLibrary(web);
    const link = await uploadLink(web, library, '/');
    const file = { folder: '/', name: 'taken', content: Buffer.from('x'), replace: false };
    await uploadFile(web.server.transport, link, file);
    expect((await failure(makeFolder(web, library, '/taken/below'))).kind).toBe('rejected');
  });

  it('keeps libraries apart', async () => {
    const web = await svc();
    const library = await createLibrary(web, 'private');
    expect(await libraryDetail(web, library)).toMatchObject({ name: 'private', own: true, rootId: EMPTY_DIRECTORY });
    const other = await as(password('alice@example.com', 'alice-pass'));
    expect((await failure(libraryDetail(other, library))).kind).toBe('forbidden');
    expect((await failure(syncAccess(other, library))).kind).toBe('forbidden');
    expect((await syncTokens(other, [library])).size).toBe(0);
    expect((await syncTokens(web, [library])).size).toBe(1);
  });

  it('uploads, links and reads ranges of one version', async () => {
    const web = await svc();
    const library = await createDefaultLibrary(web);
    const { transport } = web.server;
    const upload = await uploadLink(web, library, '/');
    const put = (text: string): Promise<{ id: string }> =>
      uploadFile(transport, upload, { folder: '/', name: 'ü 1.txt', content: Buffer.from(text), replace: true });
    const { id } = await put('0123456789');
    const { link, file } = await downloadLink(web, library, '/ü 1.txt');
    expect(file).toBe(id);
    await put('abcdefghij');
    expect(Buffer.from(await downloadRange(transport, link, 2, 3)).toString()).toBe('234');
    expect((await failure(downloadRange(transport, link, 8, 3))).kind).toBe('rejected');
  });
});
