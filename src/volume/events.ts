import type { VolumeNode } from './volume.ts';

/** Something in the volume is not as callers were told before. */
export type VolumeChange =
  /**
   * What a name stands for changed: it appeared, vanished, or names another node. `node` is what it named before, if
   * a caller holds it.
   */
  | {
      readonly kind: 'entry';
      readonly parent: VolumeNode;
      readonly name: string;
      readonly node: VolumeNode | null;
      readonly remote: boolean;
    }
  /** Attributes changed, content did not. */
  | { readonly kind: 'attributes'; readonly node: VolumeNode; readonly remote: boolean }
  /** Content changed by a write made here. */
  | { readonly kind: 'content'; readonly node: VolumeNode; readonly remote: boolean };

/** Tells changes as they become visible: `remote` ones were made elsewhere, the others through this volume. */
export interface VolumeEvents {
  /**
   * @param listener is called while the change is made: it must not throw, and must not change the volume before it
   *                 returns
   * @returns stops the telling
   */
  onChange(listener: (change: VolumeChange) => void): () => void;
}
