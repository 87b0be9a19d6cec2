import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import Fastify, { type FastifyInstance } from 'fastify';
import { Accounts, Bearers, FLEETING_COST, LASTING_COST, Tokens } from './accounts/index.ts';
import { featuresOf } from './features.ts';
import { fileServerRoutes } from './fileserver/index.ts';
import { Access, Branches, Contents, Libraries, Usage, VirtualLibraries } from './libraries/index.ts';
import { Links } from './links.ts';
import type { ServerOptions } from './options.ts';
import { ISSUER_PATH, type Site } from './site.ts';
import { type ServerStats, Stats } from './stats.ts';
import {
  type Database,
  DataLock,
  diskFiles,
  LmdbDatabase,
  MemoryDatabase,
  memoryFiles,
  ObjectStore,
  openTables,
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
}

function openStorage(options: ServerOptions): { storage: Storage; release: () => Promise<void> } {
  if ((options.memory === true) === (options.data !== undefined)) {
    throw new Error('a server keeps its data in memory or in a folder: give either memory or data');
  }
  if (options.data === undefined) {
    const database = new MemoryDatabase();
    const objects = new ObjectStore(memoryFiles(), '/', { fsync: false });
    return { storage: { objects, database }, release: () => database.close() };
  }
  mkdirSync(options.data, { recursive: true, mode: 0o700 });
  const lock = new DataLock(options.data);
  const powerSafe = options.fsync ?? true;
  const database = new LmdbDatabase(join(options.data, 'state'), TABLE_NAMES, { powerSafe });
  const objects = new ObjectStore(diskFiles, options.data, { fsync: powerSafe });
  const release = async (): Promise<void> => {
    await database.close();
    lock.release();
  };
  return { storage: { objects, database }, release };
}

/** Headers of a request together; node's default. */
const MAX_HEADER_BYTES = 16 << 10;

async function listen(options: ServerOptions, storage: Storage, release: () => Promise<void>): Promise<RunningServer> {
  const host = options.host ?? '127.0.0.1';
  const site = build(options, storage);
  await prepareAccounts(options, site, host);
  let latencyMs = options.latencyMs ?? 0;
  const newApp = (): FastifyInstance => {
    const app = Fastify({
      logger: false,
      exposeHeadRoutes: false,
      forceCloseConnections: true,
      routerOptions: { maxParamLength: 8192 },
      http: { maxHeaderSize: MAX_HEADER_BYTES },
      requestTimeout: 0,
    });
    app.addHook('onRequest', async () => {
      if (latencyMs > 0) await wait(latencyMs);
    });
    app.addHook('onResponse', async (request, reply) => {
      const route = request.routeOptions.url ?? 'unknown';
      site.stats.request(`${request.method} ${route}`, reply.statusCode, request.raw.socket);
    });
    app.addHook('onError', async (request, _reply, error) => {
      if (!(error.statusCode && error.statusCode < 500)) report(options, error, `${request.method} ${request.url}`);
    });
    return app;
  };
  const web = newApp();
  const ownPort = options.fileServer === 'own-port';
  const files = ownPort ? newApp() : undefined;
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
    await Promise.all([web.close(), files?.close()]);
    await site.virtuals.settle();
    site.virtuals.close();
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
    settle: () => site.virtuals.settle(),
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

/** A base that clients on this machine can use: an address that means "all" is no address to connect to. */
function reachable(address: string): string {
  return address.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');
}

function build(options: ServerOptions, storage: Storage): Site {
  const now = options.now ?? Date.now;
  const tables = openTables(storage.database);
  const library = { ...storage, tables, now };
  const libraries = new Libraries(library);
  const branches = new Branches(library, libraries);
  const accounts = new Accounts(tables, options.memory ? FLEETING_COST : LASTING_COST);
  const stats = new Stats();
  branches.onMove((move) => {
    if (move.cause === undefined) stats.commit();
  });
  return {
    ...storage,
    tables,
    accounts,
    tokens: new Tokens(tables),
    bearers: new Bearers(now),
    libraries,
    branches,
    virtuals: new VirtualLibraries(libraries, branches, {
      delayMs: options.shareDelayMs ?? 500,
      report: (error, id) => report(options, error, `merging the shared folder ${id}`),
    }),
    access: new Access(tables, libraries),
    contents: new Contents(storage.objects),
    usage: new Usage(libraries, (email) => accounts.find(email)),
    links: new Links(now, options.linkLifetimeMs ?? 3_600_000),
    stats,
    features: featuresOf(options.version ?? 10),
    now,
    urls: { web: '', files: '' },
  };
}

async function prepareAccounts(options: ServerOptions, site: Site, host: string): Promise<void> {
  const domain = options.publicUrl ? new URL(options.publicUrl).hostname : host;
  await Promise.all([
    ...(options.accounts ?? []).map((account) => site.accounts.ensure(account)),
    ...(options.clients ?? []).map((client) => site.accounts.ensureClient(client, domain)),
  ]);
}

function report(options: ServerOptions, error: unknown, what: string): void {
  options.onError?.(error, what);
}
