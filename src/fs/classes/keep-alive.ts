/** The longest time a timer takes, in milliseconds. */
const FOR_EVER = 2 ** 31 - 1;

/** Keeps the process running while something waits for events that no socket or file announces. */
export class KeepAlive {
  readonly #timer: NodeJS.Timeout;

  constructor(persistent: boolean) {
    this.#timer = setInterval(() => undefined, FOR_EVER);
    if (!persistent) this.#timer.unref();
  }

  ref(): void {
    this.#timer.ref();
  }

  unref(): void {
    this.#timer.unref();
  }

  end(): void {
    clearInterval(this.#timer);
  }
}
