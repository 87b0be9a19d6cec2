import type { PathLike } from 'node:fs';
import { encodedName } from '../arguments/encoded-name.ts';
import { booleanArgument, objectArgument, optionsArgument, signalArgument } from '../arguments/options.ts';
import { pathArgument } from '../arguments/path.ts';
import type { SystemCalls } from '../calls/calls.ts';
import { AbortError, checkAborted } from '../errors/state-errors.ts';
import { KeepAlive } from './keep-alive.ts';

/** What `promises.watch` tells. */
export interface ChangeEvent {
  readonly eventType: 'change' | 'rename';
  readonly filename: string | Buffer;
}

/** `promises.watch`: changes as they come, until the loop over them ends or the signal fires. None is dropped. */
export async function* watchChanges(
  calls: SystemCalls,
  filename: PathLike,
  options: unknown = {},
): AsyncGenerator<ChangeEvent, void, undefined> {
  const path = pathArgument(filename);
  objectArgument(options, 'options');
  const { encoding, signal, persistent = true, recursive = false } = optionsArgument(options);
  const keepRunning = booleanArgument(persistent, 'options.persistent');
  const below = booleanArgument(recursive, 'options.recursive');
  signalArgument(signal, 'options.signal');
  checkAborted(signal);

  const events: ChangeEvent[] = [];
  let wake = (): void => undefined;
  const stop = await calls.watch(path, below, (eventType, name) => {
    events.push({ eventType, filename: encodedName(name, encoding) });
    wake();
  });
  const alive = new KeepAlive(keepRunning);
  const aborted = (): void => wake();
  signal?.addEventListener('abort', aborted);
  try {
    for (;;) {
      if (signal?.aborted) throw new AbortError(signal);
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
