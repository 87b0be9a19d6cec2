import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningServer, startServer } from '../../src/server/index.ts';
import { accountsOf, TestAccount, type TestLibrary } from './account.ts';

describe('reading from a server', () => {
  let server: RunningServer;
  let library: TestLibrary;
  const big = Buffer.alloc(9 << 20, 'abcdefg');

  beforeAll(async () => {
    server = await startServer({ memory: true, accounts: accountsOf('o@x.org') });
    library = await (await TestAccount.signIn(server, 'o@x.org')).newLibrary('archive');
    await library.mkdir('/d/ünï 中/empty');
    await library.upload('/d', 'big.bin', big);
    await library.upload('/d/ünï 中', 'a.txt', 'content');
  });
  afterAll(() => server.close());

  it('gives a folder as a ZIP archive that other tools read', async () => {
    const task = await library.api21('POST', 'zip-task/', { parent_dir: '/', dirents: 'd' });
    const progress = await library.account.call('GET', `/api/v2.1/query-zip-progress/?token=${task.json.zip_token}`);
    expect(progress.json).toMatchObject({ zipped: 1, total: 1, failed: 0 });
    const answer = await fetch(`${server.fileServer}/zip/${task.json.zip_token}`);
    expect(answer.headers.get('content-type')).toBe('application/zip');
    const folder = mkdtempSync(join(tmpdir(), 'seamount-zip-'));
    try {
      writeFileSync(join(folder, 'd.zip'), Buffer.from(await answer.arrayBuffer()));
      execFileSync('python3', ['-m', 'zipfile', '-t', 'd.zip'], { cwd: folder });
      execFileSync('python3', ['-m', 'zipfile', '-e', 'd.zip', 'out'], { cwd: folder });
      expect(readFileSync(join(folder, 'out/d/big.bin')).equals(big)).toBe(true);
      expect(readFileSync(join(folder, 'out/d/ünï 中/a.txt'), 'utf8')).toBe('content');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('counts requests, commits and bytes by route', async () => {
    server.resetStats();
    await library.upload('/', 'counted.bin', Buffer.alloc(100_000));
    await library.download('/counted.bin');
    const { commits, routes, requests } = server.stats();
    expect([commits, requests]).toEqual([1, 4]);
    expect(routes['POST /seafhttp/upload-api/:token']).toMatchObject({ requests: 1, errors: 0 });
    expect(routes['POST /seafhttp/upload-api/:token']?.bytesIn).toBeGreaterThan(100_000);
    expect(routes['GET /seafhttp/files/:token/*']?.bytesOut).toBeGreaterThan(100_000);
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toContain('seamount_server_commits_total 1\n');
    expect(metrics).toContain('seamount_server_requests_total{route="POST /seafhttp/upload-api/:token"} 1\n');
  });

  it('waits for the simulated round trip before each request', async () => {
    server.setLatency(80);
    const before = performance.now();
    await library.list();
    await library.list();
    server.setLatency(0);
    expect(performance.now() - before).toBeGreaterThanOrEqual(158);
  });

  it('answers 405 with Allow to a method that a resource does not have', async () => {
    const answer = await library.api('PUT', 'dir/');
    expect(answer.status).toBe(405);
    expect(answer.json).toEqual({ detail: 'Method "PUT" not allowed.' });
    expect(answer.headers.get('allow')).toBe('GET, POST, DELETE, HEAD, OPTIONS');
  });

  it('redirects a path without its final slash, and has a page for what it does not know', async () => {
    const missing = await fetch(`${server.url}/api2/ping`, { redirect: 'manual' });
    expect([missing.status, missing.headers.get('location')]).toEqual([301, '/api2/ping/']);
    const unknown = await fetch(`${server.url}/api2/frobnicate/`);
    expect([unknown.status, unknown.headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8']);
  });
});
