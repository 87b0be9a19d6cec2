import type { Screen } from './context.ts';
import { formatBytes, printable } from './output.ts';

const BAR_CELLS = 24;
/** Often enough to look alive, seldom enough to cost nothing. */
const REDRAW_MS = 100;

/** Shows how far a transfer is, on a terminal; silent everywhere else. */
export class ProgressBar {
  readonly #screen: Screen;
  readonly #now: () => number;
  readonly #startedAt: number;
  #drawnAt = Number.NEGATIVE_INFINITY;
  #drawn = false;
  #label: string;
  #done = 0;
  #total: number;

  /**
   * @param totalBytes of the whole transfer; NaN when not known
   * @param now        milliseconds that only grow
   */
  constructor(screen: Screen, label: string, totalBytes: number, now: () => number = () => performance.now()) {
    this.#screen = screen;
    this.#label = label;
    this.#total = totalBytes;
    this.#now = now;
    this.#startedAt = now();
  }

  set label(text: string) {
    this.#label = text;
  }

  advance(bytes: number): void {
    this.#done += bytes;
    if (this.#screen.isTTY && this.#now() - this.#drawnAt >= REDRAW_MS) this.#draw();
  }

  /** Takes the bar away, so that the result can be written in its place. */
  finish(): void {
    if (this.#drawn) this.#screen.write('\r\x1b[K');
    this.#drawn = false;
  }

  #draw(): void {
    const now = this.#now();
    this.#drawnAt = now;
    this.#drawn = true;
    const seconds = Math.max((now - this.#startedAt) / 1000, 0.001);
    const speed = `${formatBytes(this.#done / seconds)}/s`;
    const amount = Number.isNaN(this.#total)
      ? formatBytes(this.#done)
      : `${formatBytes(this.#done)} of ${formatBytes(this.#total)}`;
    const text = `${this.#bar()}${amount}  ${speed}  ${printable(this.#label)}`;
    this.#screen.write(`\r${text.slice(0, (this.#screen.columns ?? 80) - 1)}\x1b[K`);
  }

  #bar(): string {
    if (Number.isNaN(this.#total)) return '';
    const share = this.#total === 0 ? 1 : Math.min(this.#done / this.#total, 1);
    const filled = Math.round(share * BAR_CELLS);
    return `[${'#'.repeat(filled)}${'.'.repeat(BAR_CELLS - filled)}] ${String(Math.floor(share * 100)).padStart(3)}%  `;
  }
}
