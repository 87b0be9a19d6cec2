import { Connection } from '../../src/library/index.ts';
import type { Timers } from '../../src/library/watch/index.ts';
import { createLibrary, type LibraryId, password, Server, signIn, WebClient } from '../../src/seafile/index.ts';
import { type RunningServer, type ServerOptions, startServer } from '../../src/server/index.ts';

export const JO = { email: 'jo@example.org', password: 'correct horse' };
export const SAM = { email: 'sam@example.org', password: 'battery staple' };

/** Where the file server answers. */
export type Layout = NonNullable<ServerOptions['fileServer']>;

/** An embedded server with connections to it. */
export class Site {
  readonly server: RunningServer;
  readonly #close: (() => Promise<void>)[] = [];

  constructor(server: RunningServer) {
    this.server = server;
  }

  static async start(options: ServerOptions = {}): Promise<Site> {
    return new Site(await startServer({ memory: true, accounts: [JO, SAM], ...options }));
  }

  /** Signs in; each connection stands for a process of its own. */
  async connect(who = JO, timers?: Timers): Promise<Connection> {
    const server = new Server(this.server.url);
    const account = await signIn(server, password(who.email, who.password));
    const connection = new Connection({
      account,
      device: { id: 'd'.repeat(40), name: 'test', version: '0.1.0' },
      ...(timers ? { timers } : {}),
    });
    this.#close.push(async () => {
      connection.close();
      await server.close();
    });
    return connection;
  }

  async newLibrary(connection: Connection, name = 'Library'): Promise<LibraryId> {
    return createLibrary(new WebClient(connection.web.account), name);
  }

  async stop(): Promise<void> {
    for (const close of this.#close) await close();
    await this.server.close();
  }
}
