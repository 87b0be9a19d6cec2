/** Runs tasks one after the other. */
export class Exclusive {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task, task);
    this.#last = result.catch(() => {
      // Whoever asked for the task gets the error; the next one starts all the same.
    });
    return result;
  }
}
