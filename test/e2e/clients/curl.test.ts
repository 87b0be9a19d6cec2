import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningServer, startServer } from '../../../src/server/index.ts';
import { accountsOf } from '../../server/account.ts';
import { Program } from './program.ts';

const CLIENT = { id: 'my-collab-app', secret: 'cl1ent-s3cret' };

/** The way a service account takes on EBRAINS, call by call, with curl (seafile-api A.3, A.7). */
describe('curl, as the workflow for service accounts has it', () => {
  let folder: string;
  let server: RunningServer;
  let curl: Program;
  let token: string;
  let library: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'seamount-curl-'));
    curl = new Program('curl', 'curl');
    server = await startServer({ memory: true, accounts: accountsOf('user@x.org'), clients: [CLIENT] });
  });
  afterAll(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });

  const ask = (...args: string[]): Promise<string> => curl.run('--silent', '--show-error', ...args);
  const call = async (path: string, ...args: string[]) =>
    JSON.parse(await ask('-H', `Authorization: Token ${token}`, ...args, `${server.url}${path}`));
  const status = (path: string, ...args: string[]): Promise<string> =>
    ask(
      '-o',
      '/dev/null',
      '-w',
      '%{http_code}',
      '-H',
      `Authorization: Token ${token}`,
      ...args,
      `${server.url}${path}`,
    );

  it('gets an access token with client credentials, and an API token for it', async () => {
    const { token_endpoint: endpoint } = JSON.parse(await ask(`${server.issuer}/.well-known/openid-configuration`));
    const granted = JSON.parse(
      await ask(
        ...['-d', 'grant_type=client_credentials', '-d', 'scope=openid email collab.drive'],
        ...['-u', `${CLIENT.id}:${CLIENT.secret}`, endpoint],
      ),
    );
    expect(granted).toMatchObject({ token_type: 'Bearer' });
    token = await ask('-H', `Authorization: Bearer ${granted.access_token}`, `${server.url}/api2/account/token/`);
    expect(token).toMatch(/^[0-9a-f]{40}$/);
    expect(JSON.parse(await ask('-d', `client_id=${CLIENT.id}&client_secret=wrong`, endpoint))).toHaveProperty('error');
  });

  it('makes the default library once', async () => {
    expect(await call('/api2/default-repo/')).toEqual({ exists: false });
    const made = await call('/api2/default-repo/', '-X', 'POST');
    expect(await call('/api2/default-repo/')).toEqual(made);
    library = made.repo_id;
  });

  it("makes the user's folder level by level, or at once", async () => {
    const mkdir = (path: string, ...more: string[]) =>
      call(`/api2/repos/${library}/dir/?p=${path}`, '-F', 'operation=mkdir', ...more);
    expect(await mkdir('/users')).toBe('success');
    expect(await mkdir('/users/7a1c')).toBe('success');
    expect(await mkdir('/users/7a1c/my-service-data/results', '-F', 'create_parents=true')).toBe('success');
    const listed = await call(`/api2/repos/${library}/dir/?p=/users/7a1c`);
    expect(listed).toMatchObject([{ type: 'dir', name: 'my-service-data' }]);
  });

  it('does not see a path in the body, as the real server does not', async () => {
    const wrong = await call(`/api2/repos/${library}/dir/`, '-d', 'p=/a', '-d', 'operation=mkdir');
    expect(wrong).toEqual({ error_msg: 'Path is missing.' });
  });

  it('uploads a file and reads it back, whole and in part', async () => {
    const content = 'x,y\n1,2\n3,4\n';
    writeFileSync(join(folder, 'run.csv'), content);
    const place = '/users/7a1c/my-service-data/results';
    const up = await call(`/api2/repos/${library}/upload-link/?p=${place}`);
    const id = await ask('-F', `file=@${join(folder, 'run.csv')}`, '-F', `parent_dir=${place}`, '-F', 'replace=1', up);
    expect(id).toMatch(/^[0-9a-f]{40}$/);
    const down = await call(`/api2/repos/${library}/file/?p=${place}/run.csv&reuse=1`);
    await ask('-o', join(folder, 'back.csv'), down);
    expect(readFileSync(join(folder, 'back.csv'), 'utf8')).toBe(content);
    expect(await ask('-r', '4-6', down)).toBe('1,2');
  });

  it('shares the folder, and only that, with a user who sees it', async () => {
    const items = `/api2/repos/${library}/dir/shared_items/?p=/users/7a1c/my-service-data`;
    const form = ['-d', 'share_type=user', '-d', 'permission=rw', '-d', 'username=user@x.org'];
    const shared = await call(items, '-X', 'PUT', ...form);
    expect(shared).toMatchObject({ success: [{ permission: 'rw' }], failed: [] });
    expect(await status(items, '-X', 'PUT', '-d', 'share_type=user', '-d', 'permission=w')).toBe('400');
    const account = new URLSearchParams({ username: 'user@x.org', password: "user@x.org's password" });
    const theirs = JSON.parse(await ask('-d', account.toString(), `${server.url}/api2/auth-token/`)).token;
    const seen = JSON.parse(await ask('-H', `Authorization: Token ${theirs}`, `${server.url}/api2/repos/`));
    expect(seen).toMatchObject([{ name: 'my-service-data', permission: 'rw' }]);
    const refused = await ask(
      ...['-o', '/dev/null', '-w', '%{http_code}', '-H', `Authorization: Token ${theirs}`],
      `${server.url}/api2/repos/${library}/dir/?p=/`,
    );
    expect(refused).toBe('403');
  });
});
