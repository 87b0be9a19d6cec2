/**
 * Answers from memory in a row before the event loop gets a turn. A program that awaits one such answer after the other
 * would otherwise keep timers, sockets and a mount of the same process waiting for as long as it runs.
 */
const ANSWERS_PER_TURN = 256;

/** Sees to it that answers from memory do not starve what else the process does. */
export class Fairness {
  #answers = 0;

  /** Whether the event loop should turn before the next answer is given. */
  due(): boolean {
    this.#answers += 1;
    if (this.#answers < ANSWERS_PER_TURN) return false;
    this.#answers = 0;
    return true;
  }

  turn(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }
}
