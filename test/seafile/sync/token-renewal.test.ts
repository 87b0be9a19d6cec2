import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createDefaultLibrary,
  discoverFileServer,
  type LibraryId,
  password,
  Server,
  SyncClient,
  signIn,
  syncAccess,
  WebClient,
} from '../../../src/seafile/index.ts';
import { type RunningServer, startServer } from '../../../src/server/index.ts';
import { failure } from '../failure.ts';

const OWNER = { email: 'owner@example.com', password: 'owner-pass' };
const READER = { email: 'reader@example.com', password: 'reader-pass' };
const device = { id: '1'.repeat(40), name: 'test', version: '0.1.0' };

describe('a sync token', () => {
  let running: RunningServer;
  let servers: Server[];
  let owner: WebClient;
  let library: LibraryId;

  beforeEach(async () => {
    servers = [];
    running = await startServer({ memory: true, accounts: [OWNER, READER] });
    owner = await as(OWNER);
    library = await createDefaultLibrary(owner);
  });
  afterEach(async () => {
    await Promise.all(servers.map((server) => server.close()));
    await running.close();
  });

  async function as(who: typeof OWNER): Promise<WebClient> {
    const server = new Server(running.url);
    servers.push(server);
    return new WebClient(await signIn(server, password(who.email, who.password)));
  }

  /** @returns a client, and how often it asked for another token */
  async function clientOf(web: WebClient): Promise<{ client: SyncClient; renewals: () => number }> {
    let renewals = 0;
    const { token } = await syncAccess(web, library);
    const renewToken = async () => {
      renewals += 1;
      return (await syncAccess(web, library)).token;
    };
    const fileServer = await discoverFileServer(web, { library });
    const client = new SyncClient({ fileServer, library, token, renewToken, device });
    return { client, renewals: () => renewals };
  }

  const share = (method: 'PUT' | 'DELETE', permission = 'r') =>
    owner.call({
      what: 'share',
      method,
      path: `api2/repos/${library}/dir/shared_items/`,
      query: { p: '/', share_type: 'user', username: READER.email },
      ...(method === 'PUT' ? { form: { share_type: 'user', username: READER.email, permission } } : {}),
      repeatable: false,
    });

  it('that the server has forgotten is replaced once, for all requests that notice', async () => {
    const { client, renewals } = await clientOf(owner);
    running.revokeTokens(OWNER.email);
    const heads = await Promise.all(Array.from({ length: 5 }, () => client.head()));
    expect(new Set(heads).size).toBe(1);
    expect(renewals()).toBe(1);
    running.revokeTokens(OWNER.email);
    await client.permissionCheck('upload');
    expect(renewals()).toBe(2);
  });

  it('that may read and not write is left as it is: no new one would', async () => {
    await share('PUT');
    const { client, renewals } = await clientOf(await as(READER));
    expect((await failure(client.permissionCheck('upload'))).kind).toBe('forbidden');
    expect(renewals()).toBe(0);
  });

  it('of an account that has no access any more stays refused', async () => {
    await share('PUT');
    const { client, renewals } = await clientOf(await as(READER));
    await share('DELETE');
    expect((await failure(client.permissionCheck('download'))).kind).toBe('forbidden');
    expect((await failure(client.permissionCheck('download'))).kind).toBe('forbidden');
    expect(renewals()).toBe(2);
  });

  it('is not replaced again when the new one was refused too', async () => {
    const { client, renewals } = await clientOf(owner);
    running.addFault({ path: /\/repo\//, fault: { kind: 'status', status: 403 } });
    for (let attempt = 0; attempt < 3; attempt++) expect((await failure(client.head())).kind).toBe('forbidden');
    expect(renewals()).toBe(1);
    running.clearFaults();
    await client.head();
  });
});
