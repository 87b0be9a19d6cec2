/** Between two times of taking up changes: a library that others change all the time costs no more than that. */
const REFRESH_PAUSE_MS = 1000;

/** Takes up the library's newest head when it moved: one time after the other, with a pause in between. */
export class Refresher {
  readonly #refresh: () => Promise<void>;
  #running: Promise<void> | null = null;
  #isWanted = false;
  #isClosed = false;
  #endPause: (() => void) | null = null;

  /** @param refresh does it; does not fail */
  constructor(refresh: () => Promise<void>) {
    this.#refresh = refresh;
  }

  /** The head moved, or may have. */
  headMoved(): void {
    this.#isWanted = true;
    if (this.#running !== null || this.#isClosed) return;
    this.#running = this.#run().finally(() => {
      this.#running = null;
    });
  }

  async #run(): Promise<void> {
    while (this.#isWanted && !this.#isClosed) {
      this.#isWanted = false;
      await this.#refresh();
      await this.#pause();
    }
  }

  /** Ends at once when the refresher is closed: nobody who waits for that is kept, least of all by a timer that keeps no process alive. */
  #pause(): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, REFRESH_PAUSE_MS).unref();
      this.#endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Starts nothing any more. @returns when what was under way has ended */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#endPause?.();
    await this.#running;
  }
}
