import { digest } from './run.ts';

/**
 * What must not vanish: contents that somebody wrote, and that nobody who saw them deleted, overwrote or changed.
 * Under which name they end, their own or that of a conflict copy, is not looked at here.
 */
export class Ledger {
  /** Who wrote it and where, by what tells a content from others. */
  readonly #written = new Map<string, string>();
  readonly #taken = new Set<string>();

  wrote(content: Uint8Array, who: string): void {
    if (content.byteLength > 0) this.#written.set(keyOf(content), who);
  }

  /** Somebody who saw this content deleted it, or put another one in its place. */
  took(content: Uint8Array): void {
    this.#taken.add(keyOf(content));
  }

  /** @returns what vanished, given all contents that are there in the end */
  missingFrom(contents: readonly Uint8Array[]): string[] {
    const there = new Set(contents.map(keyOf));
    return [...this.#written]
      .filter(([key]) => !this.#taken.has(key) && !there.has(key))
      .map(([key, who]) => `${key} of ${who}`);
  }
}

const keyOf = (content: Uint8Array): string => `${content.byteLength}:${digest(content)}`;
