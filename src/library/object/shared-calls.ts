import { SeafileError } from '../../seafile/index.ts';

interface Call<T> {
  readonly result: Promise<T>;
  readonly aborter: AbortController;
  callers: number;
}

/** Makes one call of many for the same thing at the same time. It is cancelled when nobody waits for it any more. */
export class SharedCalls<Key, T> {
  readonly #running = new Map<Key, Call<T>>();

  /** @param start makes the call, when none for the key is under way */
  async run(key: Key, signal: AbortSignal | undefined, start: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (signal?.aborted) throw cancelled(signal);
    const call = this.#running.get(key) ?? this.#start(key, start);
    call.callers++;
    if (!signal) return call.result;
    return new Promise<T>((resolve, reject) => {
      const leave = () => {
        reject(cancelled(signal));
        call.callers--;
        if (call.callers > 0) return;
        this.#forget(key, call);
        call.aborter.abort(signal.reason);
      };
      signal.addEventListener('abort', leave, { once: true });
      call.result.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
    });
  }

  #start(key: Key, start: (signal: AbortSignal) => Promise<T>): Call<T> {
    const aborter = new AbortController();
    const call: Call<T> = { result: start(aborter.signal), aborter, callers: 0 };
    this.#running.set(key, call);
    const forget = () => this.#forget(key, call);
    call.result.then(forget, forget);
    return call;
  }

  #forget(key: Key, call: Call<T>): void {
    if (this.#running.get(key) === call) this.#running.delete(key);
  }
}

export function cancelled(signal: AbortSignal): SeafileError {
  return new SeafileError('aborted', 'The request was cancelled.', { cause: signal.reason as unknown });
}
