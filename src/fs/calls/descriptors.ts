import { type OpenFile, VolumeError, type VolumeNode } from '../../volume/index.ts';
import { Turns } from '../turns.ts';

/**
 * Numbers of descriptors start here: where no process has files of the operating system's. One that goes to another
 * `fs` by mistake is refused there, and does not hit a stranger's file.
 */
const FIRST = 0x40000000;

/** An open file or directory of the module. */
export class Descriptor {
  readonly node: VolumeNode;
  /** Null for a directory. */
  readonly file: OpenFile | null;
  /** Every write goes to the disk before it returns (O_SYNC). */
  readonly synchronous: boolean;
  /** Where reads and writes without a position go on, in bytes. */
  position = 0;
  /**
   * What reads and moves the position is done alone: such calls, started together, take effect in the order they were
   * started in.
   */
  readonly turns = new Turns();

  constructor(node: VolumeNode, file: OpenFile | null, synchronous: boolean) {
    this.node = node;
    this.file = file;
    this.synchronous = synchronous;
  }
}

/** The numbers of what is open. */
export class Descriptors {
  readonly #slots: (Descriptor | null)[] = [];
  readonly #free: number[] = [];

  add(descriptor: Descriptor): number {
    const slot = this.#free.pop() ?? this.#slots.length;
    this.#slots[slot] = descriptor;
    return FIRST + slot;
  }

  /** @throws VolumeError EBADF */
  get(fd: number): Descriptor {
    const descriptor = this.#slots[fd - FIRST];
    if (!descriptor) throw new VolumeError('EBADF', `${fd} is no open descriptor of this module`);
    return descriptor;
  }

  /** Takes a number back. @throws VolumeError EBADF */
  take(fd: number): Descriptor {
    const descriptor = this.get(fd);
    this.#slots[fd - FIRST] = null;
    this.#free.push(fd - FIRST);
    return descriptor;
  }
}
