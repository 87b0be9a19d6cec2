/**
 * Waits for something, but not longer than `timeoutMs` and not after `signal`; what is given up on goes on by itself.
 *
 * @returns whether it was done in time
 * @throws what the promise rejects with in time
 */
export async function doneWithin(promise: Promise<unknown>, timeoutMs: number, signal?: AbortSignal): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  let stop = (): void => undefined;
  const givenUp = new Promise<false>((resolve) => {
    stop = () => resolve(false);
    timer = setTimeout(stop, Math.min(timeoutMs, 2 ** 31 - 1));
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted) stop();
  });
  // When it fails later, nobody listens any more: its own reports (status, log) tell of it.
  promise.catch(() => undefined);
  try {
    return await Promise.race([promise.then(() => true), givenUp]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
}
