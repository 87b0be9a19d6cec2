import { type Machine, type OpenedSpace, SENDS_WHEN_TOLD } from '../volume/machine.ts';
import type { Slots, Subject } from './run.ts';

/** A volume of a run, with the syncs that were started and not waited for. */
export class VolumeRun {
  readonly #machine: Machine;
  readonly #space: readonly string[];
  readonly #syncs: Promise<unknown>[] = [];
  readonly #failures: unknown[] = [];
  readonly #closed = new Set<OpenedSpace['volume']>();
  readonly slots: Slots = new Map();
  #open: OpenedSpace;

  private constructor(machine: Machine, space: readonly string[], open: OpenedSpace) {
    this.#machine = machine;
    this.#space = space;
    this.#open = open;
  }

  static async start(machine: Machine, space: readonly string[]): Promise<VolumeRun> {
    return new VolumeRun(machine, space, await machine.open(space, { sendTimes: SENDS_WHEN_TOLD }));
  }

  get subject(): Subject {
    return this.#open.files as unknown as Subject;
  }

  get volume(): OpenedSpace['volume'] {
    return this.#open.volume;
  }

  get warnings(): readonly string[] {
    return this.#open.warnings;
  }

  startSync(): void {
    const { volume } = this.#open;
    this.#syncs.push(
      volume.sync().catch((error: unknown) => {
        // A volume that was closed meanwhile is not synced, and says so.
        if (!this.#closed.has(volume)) this.#failures.push(error);
      }),
    );
  }

  async restart(): Promise<void> {
    await this.closeFiles();
    await this.close();
    this.#open = await this.#machine.open(this.#space, { sendTimes: SENDS_WHEN_TOLD });
  }

  /** Waits for what is on its way. */
  async syncsEnded(): Promise<void> {
    await Promise.all(this.#syncs);
    if (this.#failures.length > 0) throw this.#failures[0];
  }

  /** Closes the files, and has everything sent. */
  async settle(): Promise<void> {
    await this.closeFiles();
    await this.syncsEnded();
    await this.volume.sync();
  }

  async close(): Promise<void> {
    this.#closed.add(this.volume);
    await this.#machine.closeVolume(this.volume);
    await Promise.all(this.#syncs);
  }

  async closeFiles(): Promise<void> {
    for (const file of this.slots.values()) await file.close();
    this.slots.clear();
  }
}
