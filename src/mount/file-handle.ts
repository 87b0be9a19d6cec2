import type { MaybePromise, OpenFile, VolumeOperations } from '../volume/index.ts';
import { after } from './operation.ts';
import type { OpenMode } from './passthrough.ts';

/**
 * A file as the kernel has it open.
 *
 * Whether a write goes to the end is told with each write: fcntl() switches O_APPEND on and off, and pages of a shared
 * mapping are written where they belong through whatever handle is at hand. The volume decides it at open; so there
 * may be a second opening for the other kind.
 */
export class FileHandle {
  readonly file: OpenFile;
  /** How the kernel serves it. */
  readonly mode: OpenMode;
  readonly #volume: VolumeOperations;
  #other: MaybePromise<OpenFile> | null = null;

  constructor(volume: VolumeOperations, file: OpenFile, mode: OpenMode) {
    this.#volume = volume;
    this.mode = mode;
    this.file = file;
  }

  /** The opening for writes to the end, or for writes at places. */
  forWriting(append: boolean): MaybePromise<OpenFile> {
    if ((this.file.flags.append ?? false) === append) return this.file;
    this.#other ??= this.#volume.open(this.file.node, { read: false, write: true, append });
    return this.#other;
  }

  release(): void {
    this.#volume.release(this.file);
    if (this.#other === null) return;
    const released = after(this.#other, (file) => this.#volume.release(file));
    // An opening that failed was reported by the write that wanted it, and there is nothing to close.
    if (released instanceof Promise) released.catch(() => {});
  }
}
