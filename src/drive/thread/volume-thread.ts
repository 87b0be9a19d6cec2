import { Worker } from 'node:worker_threads';
import type { SystemCalls } from '../../fs/index.ts';
import type { Auth, TransportStats, WebClient } from '../../seafile/index.ts';
import type { Logger } from '../logger.ts';
import type { RunningVolume, VolumeRequest } from '../running-volume.ts';
import { Caller, newPorts } from './caller.ts';
import { reveal, type ThreadStart } from './start.ts';
import { VolumeInThread } from './volume-in-thread.ts';

export interface VolumeThreadOptions {
  readonly web: WebClient;
  readonly auth: Auth;
  readonly account: { readonly email: string };
  readonly cache: string;
  readonly fileServer: string | URL | undefined;
  readonly logger: Logger;
}

/** What runs in the thread. Node runs JavaScript only: from sources in TypeScript, what was built of them. */
const MODULE = new URL(
  import.meta.url.endsWith('.ts') ? '../../../dist/drive/thread/main.js' : 'main.js',
  import.meta.url,
);

/** A thread of its own for the volumes of a drive; started with the first of them. */
export class VolumeThread {
  readonly #options: VolumeThreadOptions;
  readonly #callers = new Set<Caller>();
  #started: Promise<Started> | null = null;
  #running: Started | null = null;

  constructor(options: VolumeThreadOptions) {
    this.#options = options;
  }

  async run(request: VolumeRequest): Promise<RunningVolume> {
    this.#started ??= this.#start();
    const { control, path } = await this.#started;
    const { near, far } = newPorts();
    const identity = await control.call('run', [request, far], { transfer: [far.calls, far.blocking] });
    const caller = new Caller(near, path);
    this.#callers.add(caller);
    return new VolumeInThread(caller, identity as SystemCalls['identity']);
  }

  /** What the thread's connection has cost so far; null when there is no thread. */
  get stats(): TransportStats | null {
    return this.#running === null ? null : (this.#running.control.callAndWait('stats', []) as TransportStats);
  }

  /** Ends the thread. Every volume was closed before. */
  async close(): Promise<void> {
    if (this.#started === null) return;
    const { worker, control } = await this.#started;
    await control.call('close', []);
    await worker.terminate();
  }

  async #start(): Promise<Started> {
    const { web, auth, account, cache, fileServer, logger } = this.#options;
    const { near, far } = newPorts();
    const worker = new Worker(MODULE, { name: 'seamount-volumes' });
    const start: ThreadStart = {
      server: web.server.url.href,
      auth: reveal(auth),
      token: web.account.token.reveal(),
      account: { email: account.email },
      cache,
      fileServer: fileServer === undefined ? null : String(fileServer),
      ports: far,
    };
    let failure: unknown = null;
    worker.on('error', (error) => {
      failure = error;
    });
    worker.on('exit', () => this.#ended(failure));
    await new Promise<void>((resolve, reject) => {
      worker.once('message', () => resolve());
      worker.once('error', reject);
      worker.postMessage(start, [far.calls, far.blocking]);
    });
    worker.unref();
    const control = new Caller(near, null);
    control.on('log', (level: keyof Logger, details: object, message: string) => logger[level](details, message));
    this.#callers.add(control);
    const path = (await control.call('thread', [])) as string | null;
    this.#running = { worker, control, path };
    return this.#running;
  }

  #ended(failure: unknown): void {
    this.#started = null;
    this.#running = null;
    const reason = failure instanceof Error ? failure.message : 'it was ended';
    for (const caller of this.#callers) caller.end(reason);
    this.#callers.clear();
  }
}

interface Started {
  readonly worker: Worker;
  readonly control: Caller;
  /** Where Linux shows the thread; null on other systems. */
  readonly path: string | null;
}
