import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Auth,
  type BlockId,
  commitId,
  createDefaultLibrary,
  createLibrary,
  type DirectoryId,
  decodeEntries,
  discoverFileServer,
  EMPTY_DIRECTORY,
  encodeDirectory,
  encodeFile,
  fileDetail,
  hashBlock,
  hashCommit,
  headCommitsMulti,
  type LibraryId,
  makeFolder,
  password,
  RawBlockUpload,
  S_IFDIR,
  S_IFREG,
  SERVER_CREATOR,
  Server,
  SyncClient,
  signIn,
  syncAccess,
  WebClient,
} from '../../src/seafile/index.ts';
import { type RunningServer, type ServerOptions, startServer } from '../../src/server/index.ts';
import { failure } from './failure.ts';

const device = { id: '1'.repeat(40), name: 'test', version: '0.1.0' };

describe.each<Pick<ServerOptions, 'version' | 'fileServer'>>([
  { version: 10, fileServer: 'prefixed' },
  { version: 12, fileServer: 'own-port' },
])('the sync protocol against the embedded server ($version, file server $fileServer)', (layout) => {
  let running: RunningServer;
  const servers: Server[] = [];

  let web: WebClient;
  let library: LibraryId;
  let client: SyncClient;

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
    web = await svc();
    library = await createDefaultLibrary(web);
    const access = await syncAccess(web, library);
    expect(access).toMatchObject({ encrypted: false, permission: 'rw', account: 'svc@example.com' });
    const fileServer = await discoverFileServer(web, { library });
    expect(fileServer.url.href).toBe(`${running.fileServer}/`);
    client = new SyncClient({ fileServer, library, token: access.token, device });
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

  /** Commits one directory with files in it as the new root. */
  async function commitFiles(contents: ReadonlyMap<string, readonly Uint8Array[]>, description: string) {
    const head = await client.commit(await client.head());
    const files = [...contents].map(([name, blocks]) => {
      const size = blocks.reduce((sum, block) => sum + block.length, 0);
      return { name, size, object: encodeFile(blocks.map(hashBlock), size) };
    });
    const root = encodeDirectory(
      files.map(({ name, size, object }) => ({
        kind: 'file' as const,
        name,
        id: object.id,
        mode: S_IFREG | 0o755,
        mtime: 1_000_000_000,
        size,
        modifier: 'svc@example.com',
      })),
    );
    await client.recvFs([...files.map(({ object }) => object), root]);
    const fields = {
      rootId: root.id,
      creator: SERVER_CREATOR,
      creatorName: 'svc@example.com',
      description,
      ctime: 1_700_000_000,
    };
    const commit = {
      ...fields,
      id: hashCommit(fields),
      libraryId: library,
      parentId: head.id,
      secondParentId: null,
      libraryName: head.libraryName,
      libraryDescription: head.libraryDescription,
    };
    await client.putCommit(commit);
    await client.setHead(commit.id);
    return commit;
  }

  it('carries a commit from blocks to head', async () => {
    await client.permissionCheck('upload');
    await client.quotaCheck(10_000);
    const large = Buffer.alloc(100_000, 'large');
    const small = Array.from({ length: 600 }, (_, i) => Buffer.from(`small file ${i}`));
    const blocks = new Map<BlockId, Buffer>([large, ...small].map((block) => [hashBlock(block), block]));
    expect((await client.checkBlocks([...blocks.keys()])).size).toBe(601);

    await client.putBlock(hashBlock(large), large);
    running.resetStats();
    const raw = new RawBlockUpload(web, library);
    expect(await raw.upload(small.map((bytes) => ({ id: hashBlock(bytes), bytes })))).toBe('sent');
    expect(running.stats().requests).toBeLessThanOrEqual(3);
    expect((await client.checkBlocks([...blocks.keys()])).size).toBe(0);

    const contents = new Map<string, readonly Uint8Array[]>([
      ['large.bin', [large, large]],
      ...small.map((block, i) => [`small-${i}`, [block]] as const),
    ]);
    const commit = await commitFiles(contents, 'many files');
    expect(await client.head()).toBe(commit.id);
    expect(await fileDetail(web, library, '/large.bin')).toMatchObject({ size: 200_000, mtime: 1_000_000_000 });

    const objects = await client.packFs([commit.rootId]);
    const entries = decodeEntries(objects.get(commit.rootId) ?? Buffer.alloc(0));
    expect(entries).toHaveLength(601);
    const entry = entries.find(({ name }) => name === 'large.bin');
    if (entry?.kind !== 'file') throw new Error('no file');
    expect(entry.mode).toBe(S_IFREG | 0o755);
    expect(await client.blockMap(entry.id)).toEqual([100_000, 100_000]);
    expect(Buffer.from(await client.getBlock(hashBlock(large))).equals(large)).toBe(true);
  });

  it('reads many directories at once, more than one answer holds', async () => {
    const directories = Array.from({ length: 2300 }, (_, i) =>
      encodeDirectory([{ kind: 'directory', name: `${i}`.repeat(50), id: EMPTY_DIRECTORY, mode: S_IFDIR, mtime: i }]),
    );
    const large = Array.from({ length: 4 }, (_, i) =>
      encodeDirectory(
        Array.from({ length: 5000 }, (_, j) => ({
          kind: 'directory' as const,
          name: hashBlock(Buffer.from(`${i} ${j}`)).repeat(3),
          id: hashBlock(Buffer.from(`${j} ${i}`)) as string as DirectoryId, // an id of its form is all that is needed
          mode: S_IFDIR,
          mtime: 1,
        })),
      ),
    );
    const all = [...directories, ...large];
    await client.recvFs(all);
    expect((await client.checkFs(all.map(({ id }) => id))).size).toBe(0);
    const read = await client.packFs(all.map(({ id }) => id));
    expect(read.size).toBe(all.length);
    for (const { id, text } of all) expect(Buffer.from(read.get(id) ?? []).equals(text)).toBe(true);
  });

  it('merges what was committed on an older head', async () => {
    const block = Buffer.from('from sync');
    await client.putBlock(hashBlock(block), block);
    const base = await client.head();
    await makeFolder(web, library, '/concurrent');
    const commit = await (async () => {
      const realHead = client.head.bind(client);
      client.head = async () => base;
      try {
        return await commitFiles(new Map([['from-sync.txt', [block]]]), 'on an older head');
      } finally {
        client.head = realHead;
      }
    })();
    const merge = await client.commit(await client.head());
    expect(merge).toMatchObject({ newMerge: true, secondParentId: commit.id });
    const names = decodeEntries((await client.packFs([merge.rootId])).get(merge.rootId) ?? Buffer.alloc(0));
    expect(names.map(({ name }) => name).sort()).toEqual(['concurrent', 'from-sync.txt']);
  });

  it('tells what is missing, unknown or gone', async () => {
    const unknown = '9'.repeat(40);
    expect((await failure(client.commit(commitId(unknown)))).kind).toBe('not-found');
    expect((await failure(client.setHead(commitId(unknown)))).kind).toBe('server-failed');
    expect((await failure(client.getBlock(unknown as BlockId))).kind).toBe('server-failed');
  });

  it('tells the heads of many libraries at once', async () => {
    const other = await createLibrary(web, 'other');
    const fileServer = await discoverFileServer(web, { library });
    const heads = await headCommitsMulti(fileServer, [library, other]);
    expect(heads.get(library)).toBe(await client.head());
    expect(heads.size).toBe(2);
  });
});
