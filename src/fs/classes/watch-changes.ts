import type { PathLike } from 'node:fs';
import { encodedName } from '../arguments/encoded-name.ts';
import { integerArgument } from '../arguments/numbers.ts';
import {
  booleanArgument,
  objectArgument,
  oneOfArgument,
  optionsArgument,
  signalArgument,
} from '../arguments/options.ts';
import { pathArgument } from '../arguments/path.ts';
import type { SystemCalls } from '../calls/calls.ts';
import { AbortError, checkAborted, watchOverflow } from '../errors/state-errors.ts';
import { KeepAlive } from './keep-alive.ts';

/** What `promises.watch` tells. */
export interface ChangeEvent {
  readonly eventType: 'change' | 'rename';
  readonly filename: string | Buffer;
}

/** Changes that wait to be asked for, at most, unless the caller says otherwise. */
const MAX_QUEUE = 2048;

/** `promises.watch`: changes as they come, until the loop over them ends or the signal fires. */
export async function* watchChanges(
  calls: SystemCalls,
  filename: PathLike,
  options: unknown = {},
): AsyncGenerator<ChangeEvent, void, undefined> {
  const path = pathArgument(filename);
  objectArgument(options, 'options');
  const { encoding, signal, persistent = true, recursive = false, ...queue } = optionsArgument(options);
  const keepRunning = booleanArgument(persistent, 'options.persistent');
  const below = booleanArgument(recursive, 'options.recursive');
  signalArgument(signal, 'options.signal');
  const maxQueue = integerArgument(queue.maxQueue ?? MAX_QUEUE, 'options.maxQueue');
  const overflow = oneOfArgument(queue.overflow ?? 'ignore', 'options.overflow', ['ignore', 'error']);
  checkAborted(signal);

  const events: ChangeEvent[] = [];
  let overflown = false;
  let wake = (): void => undefined;
  const stop = await calls.watch(path, below, (eventType, name) => {
    if (events.length < maxQueue) events.push({ eventType, filename: encodedName(name, encoding) });
    else if (overflow === 'error') overflown = true;
    else process.emitWarning('fs.watch maxQueue exceeded');
    wake();
  });
  const alive = new KeepAlive(keepRunning);
  const aborted = (): void => wake();
  signal?.addEventListener('abort', aborted);
  try {
    for (;;) {
      if (signal?.aborted) throw new AbortError(signal);
      if (overflown) throw watchOverflow(maxQueue);
      const event = events.shift();
      if (event !== undefined) {
        yield event;
        continue;
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    signal?.removeEventListener('abort', aborted);
    alive.end();
    stop();
  }
}
