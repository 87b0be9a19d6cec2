/**
 * When the recorded requests were made: the first exchange of each second. With the embedded server's clock set so, ids
 * that depend on times come out equal to the real server's.
 *
 * The day is 2026-11-22; times are UTC.
 */
const SECONDS: Readonly<Record<string, string>> = {
  'create library': '20:42:27',
  'mkdir again: existing folder': '20:42:28',
  'mkdir name: ".."': '20:42:29',
  'upload: plain reply': '20:42:30',
  'upload 3,000,000 deterministic bytes': '20:42:31',
  'mkdir /y': '20:42:32',
  'move a file': '20:42:33',
  'move it back by fileops': '20:42:34',
  'head after the update': '20:42:35',
};

/** Of the default library, which was there before. */
export const DEFAULT_LIBRARY_MS = Date.parse('2026-11-22T20:11:22Z');

/** A clock that stands still until an exchange moves it on. */
export class RecordedClock {
  #now = DEFAULT_LIBRARY_MS;

  now = (): number => this.#now;

  /** To be called before each exchange. */
  reach(exchange: string): void {
    const time = SECONDS[exchange];
    if (time !== undefined) this.#now = Date.parse(`2026-11-22T${time}Z`);
  }
}
