import { mkdirSync } from 'node:fs';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { buildSite } from './build.ts';
import { type FaultActions, type FaultRule, Faults } from './faults/index.ts';
import { fileServerRoutes } from './fileserver/index.ts';
import { newApp } from './http.ts';
import { Listener } from './listener.ts';
import { NOTIFICATION_PATH, Notifier } from './notification/index.ts';
import type { ServerOptions } from './options.ts';
import { ISSUER_PATH, type Site } from './site.ts';
import type { ServerStats } from './stats.ts';
import {
  ChunkStore,
  type Database,
  DataLock,
  diskFiles,
  LmdbDatabase,
  MemoryDatabase,
  memoryFiles,
  ObjectStore,
  TABLE_NAMES,
} from './storage/index.ts';
import { webRoutes } from './web/index.ts';

/** A server that answers. */
export interface RunningServer {
  /** Base of the web API, without a slash at the end. */
  readonly url: string;
  /** Base of the file server, with its prefix if it has one. */
  readonly fileServer: string;
  /** OIDC issuer. */
  readonly issuer: string;
  /** Counters of requests, commits and bytes since the start or the last reset. */
  stats(): ServerStats;
  resetStats(): void;
  /** Changes the simulated round trip. */
  setLatency(milliseconds: number): void;
  /** Makes things go wrong from now on. @returns a function that ends it */
  addFault(rule: FaultRule): () => void;
  clearFaults(): void;
  /** Makes every token of an account unknown, as a changed password does. */
  revokeTokens(email: string): void;
  /** Makes every upload and download link stale and every OIDC access token unknown, as a restart does. */
  forgetLinks(): void;
  /**
   * Restarts as far as clients can tell: resets every connection, takes none for this time (milliseconds), and knows no
   * link any more.
   */
  restart(downMs: number): void;
  /** Carries over now what waits to cross between shared folders and their libraries. */
  settle(): Promise<void>;
  /** Finishes running requests and stops. */
  close(): Promise<void>;
}

/**
 * Starts a server.
 *
 * @throws when neither or both of `memory` and `data` are given, the data folder is in use, or the port is taken
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { storage, release } = openStorage(options);
  try {
    return await listen(options, storage, release);
  } catch (error) {
    await release();
    throw error;
  }
}

interface Storage {
  readonly objects: ObjectStore;
  readonly database: Database;
  readonly chunks: ChunkStore;
}

function openStorage(options: ServerOptions): { storage: Storage; release: () => Promise<void> } {
  if ((options.memory === true) === (options.data !== undefined)) {
    throw new Error('a server keeps its data in memory or in a folder: give either memory or data');
  }
  if (options.data === undefined) {
    const database = new MemoryDatabase();
    const files = memoryFiles();
    const objects = new ObjectStore(files, '/', { fsync: false });
    const chunks = new ChunkStore(files, '/uploads');
    return { storage: { objects, database, chunks }, release: () => database.close() };
  }
  mkdirSync(options.data, { recursive: true, mode: 0o700 });
  const lock = new DataLock(options.data);
  const powerSafe = options.fsync ?? true;
  const objects = new ObjectStore(diskFiles, options.data, { fsync: powerSafe });
  // A head must never be kept before the objects that it leads to.
  const before = () => objects.sync();
  const database = new LmdbDatabase(join(options.data, 'state'), TABLE_NAMES, { powerSafe, before });
  const chunks = new ChunkStore(diskFiles, join(options.data, 'uploads'));
  const release = async (): Promise<void> => {
    await database.close();
    lock.release();
  };
  return { storage: { objects, database, chunks }, release };
}

async function listen(options: ServerOptions, storage: Storage, release: () => Promise<void>): Promise<RunningServer> {
  const host = options.host ?? '127.0.0.1';
  const report = (error: unknown, what: string): void => options.onError?.(error, what);
  const site = buildSite(options, storage, report);
  await prepareAccounts(options, site, host);
  const faults = new Faults(options.faultSeed ?? 1);
  for (const rule of options.faults ?? []) faults.add(rule);
  let latencyMs = options.latencyMs ?? 0;
  const listeners: Listener[] = [];
  const forgetLinks = (): void => {
    site.links.clear();
    site.bearers.revokeAll();
  };
  const actions: FaultActions = {
    revokeAllTokens: () => {
      for (const { email } of site.accounts.all()) site.tokens.revokeAll(email);
    },
    forgetLinks,
    countCollection: () => {
      for (const [, library] of site.tables.libraries.entries()) site.libraries.countCollection(library);
    },
    restart: (downMs) => {
      forgetLinks();
      for (const listener of listeners) listener.interrupt(downMs);
    },
  };
  const surroundings = { stats: site.stats, faults, actions, latencyMs: () => latencyMs, report };
  const web = newApp(surroundings);
  const files = options.fileServer === 'own-port' ? newApp(surroundings) : undefined;
  for (const app of [web, files]) if (app) listeners.push(new Listener(app.server));
  const notifier = addNotifier(site, web.server);
  await web.register((app) => webRoutes(app, site));
  if (files) await files.register((app) => fileServerRoutes(app, site));
  else await web.register((app) => fileServerRoutes(app, site), { prefix: '/seafhttp' });
  const address = await web.listen({ host, port: options.port ?? 0 });
  site.urls.web = options.publicUrl ?? reachable(address);
  site.urls.files = files
    ? reachable(await files.listen({ host, port: options.fileServerPort ?? 0 }))
    : `${site.urls.web}/seafhttp`;
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    for (const listener of listeners) listener.end();
    notifier?.close();
    await Promise.all([web.close(), files?.close()]);
    await site.virtuals.settle();
    await release();
  };
  return {
    url: site.urls.web,
    fileServer: site.urls.files,
    issuer: `${site.urls.web}${ISSUER_PATH}`,
    stats: () => site.stats.read(),
    resetStats: () => site.stats.reset(),
    setLatency: (milliseconds) => {
      latencyMs = milliseconds;
    },
    addFault: (rule) => faults.add(rule),
    clearFaults: () => faults.clear(),
    revokeTokens: (email) => site.tokens.revokeAll(email),
    forgetLinks,
    restart: actions.restart,
    settle: () => site.virtuals.settle(),
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

function addNotifier(site: Site, server: Server): Notifier | undefined {
  if (!site.tickets) return undefined;
  const may = (ticket: { library: string; account: string }): boolean => {
    const library = site.libraries.find(ticket.library);
    return library !== undefined && site.access.permission(ticket.account, library) !== undefined;
  };
  const notifier = new Notifier(site.tickets, may, site.now);
  site.branches.onMove((move) => notifier.moved(move.library.id, move.after.id));
  server.on('upgrade', (request, socket, head) => {
    const path = request.url?.split('?')[0];
    if (path === NOTIFICATION_PATH || path === `${NOTIFICATION_PATH}/`) notifier.upgrade(request, socket, head);
    else socket.destroy();
  });
  return notifier;
}

/** A base that clients on this machine can use: an address that means "all" is no address to connect to. */
function reachable(address: string): string {
  return address.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');
}

async function prepareAccounts(options: ServerOptions, site: Site, host: string): Promise<void> {
  const domain = options.publicUrl ? new URL(options.publicUrl).hostname : host;
  await Promise.all([
    ...(options.accounts ?? []).map((account) => site.accounts.ensure(account)),
    ...(options.clients ?? []).map((client) => site.accounts.ensureClient(client, domain)),
  ]);
}
