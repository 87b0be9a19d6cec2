import type { SystemCalls, WatchListener } from '../fs/index.ts';
import type { MaybePromise } from '../volume/index.ts';
import { CALL_NAMES, type CallName } from './call-names.ts';
import { DriveError } from './errors.ts';

interface Watch {
  readonly path: string;
  readonly recursive: boolean;
  readonly listener: WatchListener;
  stop: () => void;
}

/**
 * System calls on a volume that may move to another thread: calls made meanwhile wait until it has.
 *
 * What is open cannot move; what is watched is watched anew.
 */
export class MovableCalls {
  readonly calls: SystemCalls;
  #target: SystemCalls;
  #arrival: Promise<unknown> | null = null;
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #watches = new Set<Watch>();
  #open = 0;

  constructor(target: SystemCalls) {
    this.#target = target;
    const passOn = Object.fromEntries(CALL_NAMES.map((name) => [name, this.#passing(name)]));
    this.calls = {
      // Every name of the interface is in CALL_NAMES, which the compiler checks where that is made.
      ...(passOn as unknown as Omit<SystemCalls, 'identity'>),
      open: (...args) =>
        counted(
          this.#do(() => this.#target.open(...args)),
          () => {
            this.#open += 1;
          },
        ),
      close: (fd) => this.#close(fd),
      watch: (path, recursive, listener) => this.#watch({ path, recursive, listener, stop: () => undefined }),
      identity: target.identity,
    };
  }

  /**
   * Holds calls back until the volume has moved.
   *
   * @param move ends the volume where it was, and gives the calls where it is then
   * @throws DriveError `busy` when something is open
   */
  async move(move: () => Promise<SystemCalls>): Promise<void> {
    const moving = Promise.allSettled([...this.#underWay]).then(() => {
      if (this.#open === 0) return move();
      throw new DriveError(
        'busy',
        `${this.#open} files are open through the volume's fs, which keeps it in this thread: close them before mounting, or connect with { sync: true }.`,
      );
    });
    // Calls held back fail by what they meet then.
    this.#arrival = moving.catch(() => undefined);
    try {
      this.#target = await moving;
    } finally {
      this.#arrival = null;
    }
    for (const watch of this.#watches)
      watch.stop = await this.#target.watch(watch.path, watch.recursive, watch.listener);
  }

  #passing(name: CallName) {
    return (...args: unknown[]): MaybePromise<unknown> =>
      this.#do(() => (this.#target[name] as (...args: unknown[]) => MaybePromise<unknown>)(...args));
  }

  #do<T>(call: () => MaybePromise<T>): MaybePromise<T> {
    if (this.#arrival !== null) return this.#arrival.then(() => this.#do(call));
    const answer = call();
    if (!(answer instanceof Promise)) return answer;
    this.#underWay.add(answer);
    const over = (): void => void this.#underWay.delete(answer);
    // Whoever made the call has the promise and its error; this only waits for the end.
    answer.then(over, over);
    return answer;
  }

  #close(fd: number): MaybePromise<void> {
    const closed = (): void => {
      this.#open -= 1;
    };
    const failed = (error: unknown): never => {
      // Whatever else it reports, the descriptor is gone.
      if (!(error instanceof Error && 'code' in error && error.code === 'EBADF')) closed();
      throw error;
    };
    try {
      const answer = this.#do(() => this.#target.close(fd));
      if (answer instanceof Promise) return answer.then(closed, failed);
      closed();
    } catch (error) {
      failed(error);
    }
  }

  #watch(watch: Watch): MaybePromise<() => void> {
    const stop = (): void => {
      this.#watches.delete(watch);
      watch.stop();
    };
    const started = (stopAtTarget: () => void): (() => void) => {
      watch.stop = stopAtTarget;
      this.#watches.add(watch);
      return stop;
    };
    const answer = this.#do(() => this.#target.watch(watch.path, watch.recursive, watch.listener));
    return answer instanceof Promise ? answer.then(started) : started(answer);
  }
}

function counted<T>(answer: MaybePromise<T>, count: () => void): MaybePromise<T> {
  if (!(answer instanceof Promise)) {
    count();
    return answer;
  }
  return answer.then((value) => {
    count();
    return value;
  });
}
