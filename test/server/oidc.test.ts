import * as openid from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningServer, startServer } from '../../src/server/index.ts';

describe('a service account', () => {
  let server: RunningServer;
  let nowMs = Date.parse('2026-01-01T00:00:00Z');

  beforeAll(async () => {
    const clients = [{ id: 'app', secret: 's3cret:with/odd chars' }];
    server = await startServer({ memory: true, clients, now: () => nowMs });
  });
  afterAll(() => server.close());

  const discover = (secret: string, authentication?: openid.ClientAuth): Promise<openid.Configuration> =>
    openid.discovery(new URL(server.issuer), 'app', secret, authentication, {
      execute: [openid.allowInsecureRequests],
    });

  const exchange = (bearer: string): Promise<Response> =>
    fetch(`${server.url}/api2/account/token/`, { headers: { authorization: `Bearer ${bearer}` } });

  it.each([
    ['in the body', openid.ClientSecretPost],
    ['in the header', openid.ClientSecretBasic],
  ])('signs in by client credentials %s, and exchanges the token for one of the API', async (_, authentication) => {
    const secret = 's3cret:with/odd chars';
    const configuration = await discover(secret, authentication(secret));
    const grant = await openid.clientCredentialsGrant(configuration, { scope: 'openid email collab.drive' });
    const answer = await exchange(grant.access_token);
    const token = await answer.text();
    expect(token).toMatch(/^[0-9a-f]{40}$/);
    const info = await fetch(`${server.url}/api2/account/info/`, { headers: { authorization: `Token ${token}` } });
    expect(await info.json()).toMatchObject({ email: 'service-account-app@127.0.0.1' });
  });

  it('may use the access token itself, until it expires', async () => {
    const grant = await openid.clientCredentialsGrant(await discover('s3cret:with/odd chars'), { scope: 'openid' });
    expect((await exchange(grant.access_token)).status).toBe(200);
    nowMs += 3_601_000;
    expect((await exchange(grant.access_token)).status).toBe(403);
  });

  it.each([
    ['a wrong secret', { client_id: 'app', client_secret: 'no', scope: 'openid' }, 401],
    ['an unknown client', { client_id: 'nobody', client_secret: 'no', scope: 'openid' }, 401],
    ['an unknown scope', { client_id: 'app', client_secret: 's3cret:with/odd chars', scope: 'admin' }, 400],
  ])('is refused with %s', async (_, form, status) => {
    const body = new URLSearchParams({ grant_type: 'client_credentials', ...form });
    const answer = await fetch(`${server.issuer}/protocol/openid-connect/token`, { method: 'POST', body });
    expect(answer.status).toBe(status);
    expect(await answer.json()).toHaveProperty('error');
  });
});
