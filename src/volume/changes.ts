import type { VolumeChange, VolumeEvents } from './events.ts';

/** Tells listeners what changed, at once and in order. */
export class ChangeEvents implements VolumeEvents {
  readonly #listeners = new Set<(change: VolumeChange) => void>();

  onChange(listener: (change: VolumeChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(change: VolumeChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}
