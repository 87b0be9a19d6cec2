import Fastify from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildSite } from '../../src/server/build.ts';
import { fileServerRoutes } from '../../src/server/fileserver/index.ts';
import { type RunningServer, startServer } from '../../src/server/index.ts';
import { ChunkStore, MemoryDatabase, memoryFiles, ObjectStore } from '../../src/server/storage/index.ts';
import { webRoutes } from '../../src/server/web/index.ts';
import { type Answer, accountsOf, TestAccount, type TestLibrary } from './account.ts';

/** Every route of a server, below its base. */
async function routesOf(kind: 'web' | 'files'): Promise<{ method: string; url: string }[]> {
  const files = memoryFiles();
  const storage = {
    objects: new ObjectStore(files, '/', { fsync: false }),
    database: new MemoryDatabase(),
    chunks: new ChunkStore(files, '/uploads'),
  };
  const site = buildSite({ memory: true, version: 12 }, storage, () => undefined);
  const app = Fastify({ exposeHeadRoutes: false });
  const routes: { method: string; url: string }[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    for (const each of [method].flat()) routes.push({ method: each, url });
  });
  await app.register((scope) => (kind === 'web' ? webRoutes(scope, site) : fileServerRoutes(scope, site)));
  return routes;
}

/** Routes that are there for everybody, or that say nothing about a library. */
const FOR_EVERYBODY = [
  /^\/api2\/(auth-token|ping|server-info)\/$/,
  /^\/notification\/ping$/,
  // Counts by route; the sweep's own check shows that it names nothing.
  /^\/metrics$/,
  /^\/auth\/realms\//,
  // Each needs the token of a link in its path.
  /\/share-links\/:token\/(dirents|upload)\/$/,
  /\/upload-links\/:token\/upload\/$/,
  /^\/[fd]\/:token\//,
];
/** Routes of the caller's own account: what they answer is checked below to name nothing of the victim. */
const OF_THE_CALLER =
  /^\/api2\/(account|auth|default-repo|repos\/$|repo-tokens|logout|beshared-repos|shared-repos)|^\/api\/v2\.1\/(repos\/$|shared-|share-links\/$|upload-links\/$|deleted-repos|query-|copy-move|cancel-zip|search)/;

describe('a library is closed to whoever it is not shared with', async () => {
  const webRoutesList = await routesOf('web');
  const fileRoutesList = await routesOf('files');
  let server: RunningServer;
  let victim: TestAccount;
  let attacker: TestAccount;
  let library: TestLibrary;
  let secrets: string[];
  let links: Record<string, string>;

  beforeAll(async () => {
    server = await startServer({ memory: true, version: 12, accounts: accountsOf('victim@x.org', 'attacker@x.org') });
    victim = await TestAccount.signIn(server, 'victim@x.org');
    attacker = await TestAccount.signIn(server, 'attacker@x.org');
    library = await victim.newLibrary('victims-own-library');
    await library.mkdir('/secret-folder');
    await library.upload('/secret-folder', 'secret.txt', 'the-secret-content');
    await library.api('DELETE', 'file/?p=/nothing');
    const commit = await library.head();
    const file = (await library.api('GET', 'file/metadata/?p=/secret-folder/secret.txt')).json.id;
    const block = (await library.api('GET', 'file/?p=/secret-folder/secret.txt&op=downloadblks')).json.blklist[0];
    secrets = ['victims-own-library', 'secret-folder/', 'the-secret-content', commit, library.syncToken];
    links = { commit, file, block, id: library.id, app: 'x', token: 'f'.repeat(36) };
  });
  afterAll(() => server.close());

  const BODY = {
    operation: 'rename',
    newname: 'stolen',
    name: 'stolen',
    p: '/secret-folder',
    path: '/secret-folder/secret.txt',
    repo_id: () => library.id,
    src_repo_id: () => library.id,
    dst_repo_id: () => library.id,
    dst_repo: () => library.id,
    dst_dir: '/',
    parent_dir: '/secret-folder',
    src_parent_dir: '/secret-folder',
    dst_parent_dir: '/',
    src_dirent_name: 'secret.txt',
    dirent_type: 'file',
    file_names: 'secret.txt',
    dirents: 'secret.txt',
    commit_id: () => links.commit ?? '',
    share_type: 'user',
    permission: 'rw',
    username: 'attacker@x.org',
    app_name: 'x',
    keep_days: '0',
    blklist: 'a'.repeat(40),
  };

  const form = (): Record<string, string> =>
    Object.fromEntries(Object.entries(BODY).map(([key, value]) => [key, typeof value === 'string' ? value : value()]));

  const fill = (url: string): string =>
    url.replace(/:(\w+)/g, (_, name: string) => links[name] ?? 'x').replace('*', 'secret-folder/secret.txt');

  const QUERY = () =>
    `?p=/secret-folder/secret.txt&path=/secret-folder/secret.txt&commit_id=${links.commit}&repo_id=${library.id}&repos=${library.id}&q=secret&op=download&server-head=${links.commit}&head=${links.commit}&delta=1&share_type=user&username=attacker@x.org&task_id=x&file_name=a&parent_dir=/`;

  function expectNothingLearnt(answer: Answer, what: string): void {
    const all = answer.text + JSON.stringify([...answer.headers]);
    for (const secret of secrets)
      expect(all.includes(secret), `${what} tells ${secret}: ${all.slice(0, 300)}`).toBe(false);
  }

  const closed = webRoutesList.filter(({ method }) => method !== 'OPTIONS' && method !== 'HEAD');

  it('would notice', async () => {
    const seen = await library.api('GET', '');
    expect(() => expectNothingLearnt(seen, 'the owner')).toThrow();
  });

  it('knows the routes', () => {
    expect(closed.length).toBeGreaterThan(100);
    expect(fileRoutesList.length).toBeGreaterThan(30);
  });

  it('on every route of the web API, with another account’s token and with none', async () => {
    const before = await library.head();
    for (const { method, url } of closed) {
      if (FOR_EVERYBODY.some((pattern) => pattern.test(url))) continue;
      const json = { ...form(), dirents: ['secret.txt'], src_dirents: ['secret.txt'] };
      for (const body of method === 'GET' ? [{}] : [{ form: form() }, { json }]) {
        const what = `${method} ${url}`;
        const answer = await attacker.call(method, fill(url) + QUERY(), body);
        expectNothingLearnt(answer, what);
        if (!OF_THE_CALLER.test(url)) expect(answer.status, what).toBeGreaterThanOrEqual(400);
        const anonymous = new TestAccount(server, '', 'f'.repeat(40));
        expect((await anonymous.call(method, fill(url) + QUERY(), body)).status, what).toBe(401);
        // Signing out, of which one of these routes consists.
        attacker = await TestAccount.signIn(server, 'attacker@x.org');
      }
    }
    expect(await library.head()).toBe(before);
    expect(await library.api('GET', 'dir/shared_items/?p=/secret-folder')).toMatchObject({ json: [] });
  });

  it('on every route of the file server, with the token of another library', async () => {
    const own = await attacker.newLibrary();
    const before = await library.head();
    for (const { method, url } of fileRoutesList) {
      // These say nothing about a library's content, or only heads, to anybody (seafile-api L 21).
      if (/^\/(protocol-version|repo\/head-commits-multi\/?)$/.test(url)) continue;
      const init: RequestInit = {
        method,
        headers: { 'seafile-repo-token': own.syncToken, authorization: `Token ${attacker.token}` },
      };
      if (method === 'POST' || method === 'PUT') init.body = '[]';
      const response = await fetch(server.fileServer + fill(url) + QUERY(), init);
      const answer = {
        status: response.status,
        headers: response.headers,
        text: await response.text(),
        json: undefined,
      };
      expectNothingLearnt(answer, `${method} ${url}`);
      expect(answer.status, `${method} ${url}`).toBeGreaterThanOrEqual(400);
    }
    expect(await library.head()).toBe(before);
  });
});
