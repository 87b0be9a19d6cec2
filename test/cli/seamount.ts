import { rmSync } from 'node:fs';
import { run } from '../../src/cli/program.ts';
import { type RunningServer, type ServerOptions, startServer } from '../../src/server/index.ts';
import { type TestContext, testContext } from './context.ts';

/** How a command ended, and what it told. */
export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export const ALICE = { email: 'alice@example.org', password: 'alice-pass-word' } as const;
export const BOB = { email: 'bob@example.org', password: 'bob-pass-word' } as const;
export const CLIENT = { id: 'collab-app', secret: 'client-s3cret' } as const;

/** An embedded server, and a user of the command line with a home of their own. */
export class CommandLine {
  readonly server: RunningServer;
  readonly home: TestContext;

  private constructor(server: RunningServer, home: TestContext) {
    this.server = server;
    this.home = home;
  }

  static async start(options: ServerOptions = {}): Promise<CommandLine> {
    const server = await startServer({ memory: true, accounts: [ALICE, BOB], clients: [CLIENT], ...options });
    return new CommandLine(server, testContext());
  }

  /** The environment that signs Alice in. */
  get alice(): Record<string, string> {
    return {
      SEAMOUNT_SERVER: this.server.url,
      SEAMOUNT_USER: ALICE.email,
      SEAMOUNT_PASSWORD: ALICE.password,
    };
  }

  get bob(): Record<string, string> {
    return { SEAMOUNT_SERVER: this.server.url, SEAMOUNT_USER: BOB.email, SEAMOUNT_PASSWORD: BOB.password };
  }

  /** Runs a command in this process, as Alice unless told otherwise. */
  async run(
    args: readonly string[],
    options: {
      readonly env?: Record<string, string>;
      readonly stdin?: string | Buffer;
      readonly signal?: AbortSignal;
    } = {},
  ): Promise<Ended> {
    const context = testContext({ env: this.alice, root: this.home.root, ...options });
    const code = await run(args, context);
    return { code, out: context.stdout.text, err: context.stderr.text };
  }

  async close(): Promise<void> {
    await this.server.close();
    rmSync(this.home.root, { recursive: true, force: true });
  }
}
