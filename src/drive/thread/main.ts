/**
 * The thread of a drive's volumes. Everything of them runs here: connections, caches, journals, mounts. It waits for no
 * other thread of the program, so others may wait for it.
 */
import { readlinkSync } from 'node:fs';
import { type MessagePort, parentPort } from 'node:worker_threads';
import { Secret, Server, signedIn, WebClient } from '../../seafile/index.ts';
import type { Logger } from '../logger.ts';
import { OpenLibraries } from '../open-libraries.ts';
import type { VolumeRequest } from '../running-volume.ts';
import { runHere } from '../volume-here.ts';
import { Answerer } from './answerer.ts';
import type { Ports } from './messages.ts';
import { conceal, type ThreadStart } from './start.ts';
import { volumeHandlers } from './volume-handlers.ts';

if (parentPort === null) throw new Error('this is the main module of a thread, not of a program');
parentPort.once('message', serve);

function serve(start: ThreadStart): void {
  const server = new Server(start.server);
  const web = new WebClient(signedIn(server, conceal(start.auth), new Secret(start.token)));
  const logger = logTo((level, details, message) => control.tell('log', level, details, message));
  const libraries = new OpenLibraries({
    web,
    account: start.account,
    cache: start.cache,
    fileServer: start.fileServer ?? undefined,
    logger,
  });
  const answerers = new Set<Answerer>();
  const answering = (answerer: Answerer): Answerer => {
    answerers.add(answerer);
    return answerer;
  };

  const control = answering(
    new Answerer(start.ports, {
      thread: () => threadPath(),
      run: async (_, request: VolumeRequest, ports: Ports<MessagePort>) => {
        const volume = await runHere(libraries, logger, request);
        const answerer = new Answerer(
          ports,
          volumeHandlers(
            volume,
            (topic, ...args) => answerer.tell(topic, ...args),
            () => answerers.delete(answerer),
          ),
        );
        answering(answerer);
        return volume.calls.identity;
      },
      stats: () => server.transport.stats,
      close: async () => {
        await libraries.close();
        await server.close();
      },
    }),
  );
  process.on('exit', () => {
    for (const answerer of answerers) answerer.end();
  });
  parentPort?.postMessage('ready');
}

/** Where Linux shows this thread; null elsewhere. */
function threadPath(): string | null {
  try {
    return `/proc/${readlinkSync('/proc/thread-self')}`;
  } catch {
    // Other systems have no /proc: there a thread that was killed is not noticed by who waits.
    return null;
  }
}

function logTo(log: (level: keyof Logger, details: object, message: string) => void): Logger {
  return {
    debug: (details, message) => log('debug', details, message),
    info: (details, message) => log('info', details, message),
    warn: (details, message) => log('warn', details, message),
    error: (details, message) => log('error', details, message),
  };
}
