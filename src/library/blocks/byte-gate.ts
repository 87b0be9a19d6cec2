/** Lets work through as long as the bytes it holds in memory stay below a limit. First come, first served. */
export class ByteGate {
  readonly #limit: number;
  readonly #waiting: { readonly bytes: number; readonly enter: () => void }[] = [];
  #held = 0;

  /** @param limit bytes; a single piece of work above it goes through alone */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Runs `work` when there is room for `bytes`, which are held until it has ended. */
  async hold<T>(bytes: number, work: () => Promise<T>): Promise<T> {
    if (this.#waiting.length > 0 || !this.#fits(bytes)) {
      await new Promise<void>((enter) => this.#waiting.push({ bytes, enter }));
    } else this.#held += bytes;
    try {
      return await work();
    } finally {
      this.#held -= bytes;
      this.#admit();
    }
  }

  #fits(bytes: number): boolean {
    return this.#held === 0 || this.#held + bytes <= this.#limit;
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next && this.#fits(next.bytes); next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#held += next.bytes;
      next.enter();
    }
  }
}
