import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type MountRecord, MountRegistry } from '../../../src/cli/mounts/registry.ts';

let directory: string;
let registry: MountRegistry;
const servers: Server[] = [];

beforeEach(async () => {
  directory = path.join(mkdtempSync(path.join(tmpdir(), 'seamount-registry-')), 'run');
  registry = new MountRegistry(directory);
  await registry.prepare();
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
  rmSync(path.dirname(directory), { recursive: true });
});

function record(mountpoint: string): MountRecord {
  return {
    mountpoint,
    pid: process.pid,
    socket: registry.socketFor(mountpoint),
    startedAt: '2026-01-01T00:00:00.000Z',
    log: null,
    server: 'https://drive.example.org/',
    account: 'alice@example.org',
    identity: 'user alice@example.org',
    library: { id: '0d95e9a1-3f5b-4a7e-9d2e-2c2f8f1f3a77', name: 'My Library', isDefault: true },
    folder: ['users', 'alice'],
    cache: '/cache',
  };
}

async function listenAt(socket: string): Promise<Server> {
  const server = createServer();
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return server;
}

test('a mount is listed while somebody listens on its socket, and its files are private', async () => {
  const [b, a] = [record('/mnt/b'), record('/mnt/a')];
  for (const one of [b, a]) {
    await listenAt(one.socket);
    await registry.add(one);
  }
  expect(await registry.list()).toEqual([a, b]);
  for (const name of readdirSync(directory).filter((name) => name.endsWith('.json'))) {
    expect(statSync(path.join(directory, name)).mode & 0o777).toBe(0o600);
  }
});

test('what a killed process left is removed when it is seen', async () => {
  const dead = record('/mnt/dead');
  await registry.add(dead);
  writeFileSync(dead.socket, '');
  expect(await registry.list()).toEqual([]);
  expect(readdirSync(directory)).toEqual([]);
});

test('a record of another version stays while its process listens, and goes with it', async () => {
  const socket = registry.socketFor('/mnt/other');
  const file = socket.replace(/sock$/, 'json');
  writeFileSync(file, '{"version":99}');
  const server = await listenAt(socket);
  expect(await registry.list()).toEqual([]);
  expect(existsSync(file)).toBe(true);
  servers.splice(servers.indexOf(server), 1);
  await new Promise((resolve) => server.close(resolve));
  expect(await registry.list()).toEqual([]);
  expect(existsSync(file)).toBe(false);
});

test('a directory that others can open is refused', async () => {
  chmodSync(directory, 0o755);
  await expect(registry.prepare()).rejects.toThrow(/must be a directory of yours that nobody else can open: run chmod/);
});

test('a socket path fits into what the system allows, however long the mount point', () => {
  const long = `/${'x'.repeat(4000)}`;
  expect(Buffer.byteLength(path.basename(registry.socketFor(long)))).toBeLessThan(30);
});
