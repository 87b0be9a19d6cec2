import type { Loan, OpenFile, VolumeOperations } from '../volume/index.ts';
import type { NativeChannel } from './native.ts';
import { OpenReplyFlag } from './protocol/entry.ts';

/** How the kernel is to serve an open file. */
export interface OpenMode {
  /** FOPEN_*. */
  readonly flags: number;
  /** Number of the file that it reads instead of asking us; 0 for none. */
  readonly backing: number;
}

/** A file that the kernel has. */
interface Backing {
  readonly id: number;
  readonly loan: Loan;
  users: number;
  /** Somebody may have written to it through a mapping, which the kernel's own pages do not show. */
  hasWriters: boolean;
}

/**
 * Decides which files the kernel reads from this machine's disk without asking us (FUSE_PASSTHROUGH; as root, from
 * Linux 6.9 on).
 *
 * The kernel wants all opens of a node to be of one kind and fails a user's open with EIO when they are not. So a node
 * stays with the kind of its first open until the last one is closed: opens of a node that has cached ones are cached;
 * of one that is lent, they get the same file. Who opens a lent node for writing has his writes (and reads) sent to us
 * (DIRECT_IO), and the volume puts them into the lent file too; his mappings go to the file.
 */
export class Passthrough {
  readonly #volume: VolumeOperations;
  readonly #channel: Pick<NativeChannel, 'backingOpen' | 'backingClose'>;
  readonly #isSole: (fd: number) => boolean;
  readonly #backings = new Map<number, Backing>();
  /** Opens that the kernel caches, by node. */
  readonly #cached = new Map<number, number>();
  /** Nodes of which the kernel may have pages of before they were written through a mapping. */
  readonly #stale = new Set<number>();
  readonly #isAllowed: boolean;
  #isOn = false;

  /**
   * @param isSole    whether nobody else has the file behind a descriptor open
   * @param isAllowed false: the kernel asks for everything
   */
  constructor(
    volume: VolumeOperations,
    channel: Pick<NativeChannel, 'backingOpen' | 'backingClose'>,
    isSole: (fd: number) => boolean,
    isAllowed: boolean,
  ) {
    this.#isAllowed = isAllowed;
    this.#volume = volume;
    this.#channel = channel;
    this.#isSole = isSole;
  }

  /** The kernel can do it. */
  start(): void {
    this.#isOn = this.#isAllowed;
  }

  /** Files that the kernel has. */
  get size(): number {
    return this.#backings.size;
  }

  /** Decides how a file that is being opened is served. To be followed by `closed`. */
  opening(file: OpenFile): OpenMode {
    const { id } = file.node;
    const noFlush = file.flags.write ? 0 : OpenReplyFlag.NOFLUSH;
    const backing = this.#backings.get(id) ?? this.#lend(file);
    if (backing === null) {
      this.#cached.set(id, (this.#cached.get(id) ?? 0) + 1);
      const keep = file.keepCache && !this.#stale.delete(id);
      return { flags: noFlush | (keep ? OpenReplyFlag.KEEP_CACHE : 0), backing: 0 };
    }
    backing.users += 1;
    if (file.flags.write) backing.hasWriters = true;
    const direct = file.flags.write ? OpenReplyFlag.DIRECT_IO : 0;
    return { flags: noFlush | OpenReplyFlag.PASSTHROUGH | direct, backing: backing.id };
  }

  /** A file is open no more, or its opening came to nothing. */
  closed(nodeId: number, mode: OpenMode): void {
    if (mode.backing === 0) {
      const count = this.#cached.get(nodeId) ?? 0;
      if (count > 1) this.#cached.set(nodeId, count - 1);
      else this.#cached.delete(nodeId);
      return;
    }
    const backing = this.#backings.get(nodeId);
    if (backing === undefined) return;
    backing.users -= 1;
    if (backing.users > 0) return;
    this.#backings.delete(nodeId);
    this.#end(backing);
    if (backing.hasWriters) this.#stale.add(nodeId);
  }

  /** The connection is over. */
  close(): void {
    this.#isOn = false;
    for (const backing of this.#backings.values()) this.#end(backing);
    this.#backings.clear();
  }

  #lend(file: OpenFile): Backing | null {
    const { id } = file.node;
    if (!this.#isOn || file.flags.write || this.#cached.has(id)) return null;
    const loan = this.#volume.lend?.(file, this.#isSole) ?? null;
    if (loan === null) return null;
    const number = this.#channel.backingOpen(loan.fd);
    if (number <= 0) {
      // Not root, or the disk is one that the kernel does not take (stacked on another): it will not be otherwise later.
      loan.giveBack();
      this.#isOn = false;
      return null;
    }
    const backing = { id: number, loan, users: 0, hasWriters: false };
    this.#backings.set(id, backing);
    return backing;
  }

  #end(backing: Backing): void {
    // It fails only when the connection is over, and then all its files went back.
    this.#channel.backingClose(backing.id);
    backing.loan.giveBack();
  }
}
