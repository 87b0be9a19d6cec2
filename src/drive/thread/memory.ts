import { existsSync } from 'node:fs';

/** Bytes of data that one call carries without a copy of its own: what `readFile` and `writeFile` move at once. */
const DATA_BYTES = 4 * 1024 * 1024;
const CONTROL_BYTES = 64;

/** Words of the control part. */
const ANSWERS = 0;
const ENDED = 1;

/** How long a wait goes on before it is looked whether there is still somebody to answer, in milliseconds. */
const LOOK_MS = 1000;

/**
 * Memory that a caller and the thread of a volume share: by it the caller waits for an answer, and through it the bytes
 * of files go. One call at a time uses it.
 */
export class SharedMemory {
  readonly buffer: SharedArrayBuffer;
  /** Bytes of the call or answer under way. */
  readonly data: Uint8Array;
  readonly #control: Int32Array;

  constructor(buffer = new SharedArrayBuffer(CONTROL_BYTES + DATA_BYTES)) {
    this.buffer = buffer;
    this.#control = new Int32Array(buffer, 0, CONTROL_BYTES / 4);
    this.data = new Uint8Array(buffer, CONTROL_BYTES);
  }

  /** How many answers were given so far. */
  get answers(): number {
    return Atomics.load(this.#control, ANSWERS);
  }

  /** The thread has ended: no answer will come. */
  get ended(): boolean {
    return Atomics.load(this.#control, ENDED) !== 0;
  }

  /** An answer was given, and may be fetched. */
  answered(): void {
    Atomics.add(this.#control, ANSWERS, 1);
    Atomics.notify(this.#control, ANSWERS);
  }

  /** The thread ends. */
  end(): void {
    Atomics.store(this.#control, ENDED, 1);
    this.answered();
  }

  /**
   * Blocks until there are more answers than `answers`, or the thread has ended.
   *
   * @param thread  where Linux shows the thread: one that was killed for lack of memory says no farewell
   */
  wait(answers: number, thread: string | null): void {
    // V8 also wakes who was not notified, seen with several threads that wait: only the count tells.
    while (this.answers === answers && !this.ended) {
      const woken = Atomics.wait(this.#control, ANSWERS, answers, LOOK_MS) !== 'timed-out';
      if (!woken && thread !== null && !existsSync(thread)) Atomics.store(this.#control, ENDED, 1);
    }
  }
}
