import { VolumeError, type VolumeNode, type VolumeOperations } from '../volume/index.ts';
import type { FileHandle } from './file-handle.ts';
import { HandleTable } from './handles.ts';
import type { Invalidations } from './invalidations.ts';
import { Listings, type OpenDirectory } from './listings.ts';
import type { Lookups } from './lookups.ts';
import type { Passthrough } from './passthrough.ts';
import type { Ownership } from './protocol/attributes.ts';
import type { Validity } from './protocol/entry.ts';
import type { KernelOffer } from './protocol/init.ts';

/** What a mount is told about how it should look. */
export interface SessionOptions {
  readonly owner: Ownership;
  readonly validity: Validity;
  readonly passthrough: Passthrough;
}

/** What the operations of one mount work on. */
export class Session {
  readonly volume: VolumeOperations;
  readonly owner: Ownership;
  readonly validity: Validity;
  readonly lookups: Lookups;
  readonly invalidations: Invalidations;
  readonly passthrough: Passthrough;
  readonly files = new HandleTable<FileHandle>();
  readonly directories = new HandleTable<OpenDirectory>();
  readonly listings = new Listings();
  /** Called when the kernel has been greeted. */
  onInit: (offer: KernelOffer) => void = () => {};
  /** Set for the request at hand: whether its slot is the last one, and what is to outlive the call must be copied. */
  lastSlot = false;

  readonly #unremembered: Validity;
  #abort: AbortController | null = null;

  constructor(
    volume: VolumeOperations,
    lookups: Lookups,
    invalidations: Invalidations,
    { owner, validity, passthrough }: SessionOptions,
  ) {
    this.passthrough = passthrough;
    this.volume = volume;
    this.lookups = lookups;
    this.invalidations = invalidations;
    this.owner = owner;
    this.validity = validity;
    this.#unremembered = { ...validity, entrySeconds: 0 };
  }

  /**
   * How long the kernel may remember what a name stands for.
   *
   * A file is found under other forms of its name than the stored one (NFC), and changes are told by the stored one:
   * what the kernel asked for in another form it must not remember.
   */
  validityOf(name: string): Validity {
    return name === name.normalize('NFC') ? this.validity : this.#unremembered;
  }

  /** @throws VolumeError ESTALE when the kernel names a node that it was not told of */
  node(id: number): VolumeNode {
    const node = this.volume.node(id);
    if (node === undefined) throw new VolumeError('ESTALE', `node ${id} is not known any more`);
    return node;
  }

  /** Fires when the caller of the request at hand gives up. Made once and used again until a request waits with it. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    return this.#abort.signal;
  }

  /** The request at hand waits: its controller is its own from now on. */
  takeAbortController(): AbortController | null {
    const controller = this.#abort;
    this.#abort = null;
    return controller;
  }

  /** The connection is over: what the kernel had open is closed. */
  close(): void {
    for (const handle of this.files.clear()) handle.release();
    this.passthrough.close();
    this.directories.clear();
    this.listings.clear();
    this.lookups.clear();
    this.invalidations.close();
  }
}
