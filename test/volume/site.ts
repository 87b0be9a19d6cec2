import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection, openLibrary } from '../../src/library/index.ts';
import {
  createLibrary,
  type Entry,
  type LibraryId,
  makeFolder,
  password,
  Server,
  signIn,
  WebClient,
} from '../../src/seafile/index.ts';
import { type RunningServer, type ServerOptions, startServer } from '../../src/server/index.ts';
import { Machine, type MachineOptions } from './machine.ts';

export const ACCOUNT = { email: 'jo@example.org', password: 'correct horse' };

/** A server with a library, the folders of which are the spaces of tests, and machines that use them. */
export class Site {
  /** Everything the site keeps on disk. */
  readonly folder: string;
  readonly library: LibraryId;
  readonly web: WebClient;
  #server: RunningServer;
  readonly #options: ServerOptions;
  readonly #connected: Server[] = [];
  readonly #machines: Machine[] = [];
  #count = 0;

  private constructor(
    folder: string,
    server: RunningServer,
    options: ServerOptions,
    own: Server,
    web: WebClient,
    library: LibraryId,
  ) {
    this.folder = folder;
    this.#server = server;
    this.#options = options;
    this.#connected.push(own);
    this.web = web;
    this.library = library;
  }

  /** @param options.restartable the server keeps its data in a folder, so that it can be stopped and started again */
  static async start(options: ServerOptions & { readonly restartable?: boolean } = {}): Promise<Site> {
    const { restartable = false, ...given } = options;
    const folder = mkdtempSync(join(tmpdir(), 'seamount-volume-'));
    const storage = restartable ? { data: join(folder, 'server'), fsync: false } : { memory: true };
    const kept: ServerOptions = { accounts: [ACCOUNT], ...storage, ...given };
    const server = await startServer(kept);
    const own = new Server(server.url);
    const web = new WebClient(await signIn(own, password(ACCOUNT.email, ACCOUNT.password)));
    return new Site(folder, server, kept, own, web, await createLibrary(web, 'Spaces'));
  }

  get server(): RunningServer {
    return this.#server;
  }

  /** A new, empty space: names from the library's root to its folder. */
  async space(): Promise<string[]> {
    const names = ['spaces', `s${this.#count++}`];
    await makeFolder(this.web, this.library, `/${names.join('/')}`);
    return names;
  }

  /** A machine with an empty cache, signed in as its own user or as the library's owner. */
  async machine(options: MachineOptions = {}): Promise<Machine> {
    const { as = ACCOUNT, pollIntervalMs = 50 } = options;
    const server = new Server(this.#server.url);
    this.#connected.push(server);
    const account = await signIn(server, password(as.email, as.password));
    const connection = new Connection({
      account,
      device: { id: 'd'.repeat(40), name: 'test', version: '0.0.0' },
      pollIntervalMs,
    });
    const machine = new Machine(connection, this.library, join(this.folder, `machine${this.#count++}`));
    this.#machines.push(machine);
    return machine;
  }

  /** What the newest commit has in a space. */
  async entriesOf(space: readonly string[]): Promise<Entry[]> {
    const { connection } = await this.machine();
    const library = await openLibrary(connection, this.library);
    try {
      let id = (await library.head()).rootId;
      const read = async () => (await library.readDirectories([id])).get(id)?.entries ?? new Map<string, Entry>();
      for (const name of space) {
        const entry = (await read()).get(name);
        if (entry?.kind !== 'directory') throw new Error(`there is no folder ${space.join('/')}`);
        id = entry.id;
      }
      return [...(await read()).values()];
    } finally {
      await library.close();
    }
  }

  /** Stops the server, as an outage does. */
  async stopServer(): Promise<void> {
    await this.#server.close();
  }

  /** Starts the server again where it was, perhaps with other accounts. */
  async startServer(changes: ServerOptions = {}): Promise<void> {
    const port = Number(new URL(this.#server.url).port);
    this.#server = await startServer({ ...this.#options, ...changes, port });
  }

  async restartServer(changes: ServerOptions = {}): Promise<void> {
    await this.stopServer();
    await this.startServer(changes);
  }

  async close(): Promise<void> {
    for (const machine of this.#machines) await machine.close();
    for (const server of this.#connected) await server.close();
    await this.#server.close();
    rmSync(this.folder, { recursive: true });
  }
}
