import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Machine, type OpenedSpace, SENDS_WHEN_TOLD } from '../volume/machine.ts';
import { Site } from '../volume/site.ts';
import { localFolder } from './local-folder.ts';
import { type Step, step } from './operations.ts';
import { describeTree, perform, type Slots, type Subject } from './run.ts';
import { runs } from './runs.ts';

/** A volume of a run, with the syncs that were started and not waited for. */
class Run {
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

  static async start(machine: Machine, space: readonly string[]): Promise<Run> {
    return new Run(machine, space, await machine.open(space, { sendTimes: SENDS_WHEN_TOLD }));
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
    await this.#closeFiles();
    await this.close();
    this.#open = await this.#machine.open(this.#space, { sendTimes: SENDS_WHEN_TOLD });
  }

  async settle(): Promise<void> {
    await this.#closeFiles();
    await Promise.all(this.#syncs);
    expect(this.#failures).toEqual([]);
    await this.volume.sync();
  }

  async close(): Promise<void> {
    this.#closed.add(this.volume);
    await this.#machine.closeVolume(this.volume);
    await Promise.all(this.#syncs);
  }

  async #closeFiles(): Promise<void> {
    for (const file of this.slots.values()) await file.close();
    this.slots.clear();
  }
}

describe('a volume', () => {
  let site: Site;
  let machine: Machine;
  let other: Machine;
  let count = 0;

  beforeAll(async () => {
    process.umask(0);
    site = await Site.start();
    machine = await site.machine({ pollIntervalMs: 3_600_000 });
    other = await site.machine({ pollIntervalMs: 3_600_000 });
  });
  afterAll(() => site.close());

  it('is like a folder of the local disk, whenever it is sent and started again', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 80, size: 'max' }), (steps) => compare(steps)),
      runs(60),
    );
  });

  async function compare(steps: readonly Step[]): Promise<void> {
    const root = join(site.folder, `model${count++}`);
    mkdirSync(root);
    const model = localFolder(root);
    const modelSlots: Slots = new Map();
    const space = await site.space();
    const run = await Run.start(machine, space);
    const expectSame = async (subject: Subject): Promise<void> => {
      expect(await describeTree(subject)).toEqual(await describeTree(model));
    };
    try {
      for (const step of steps) {
        if (step.kind === 'sync') await run.volume.sync();
        else if (step.kind === 'startSync') run.startSync();
        else if (step.kind === 'restart') {
          for (const file of modelSlots.values()) await file.close();
          modelSlots.clear();
          await run.restart();
          await expectSame(run.subject);
        } else expect(await perform(run.subject, run.slots, step)).toBe(await perform(model, modelSlots, step));
      }
      await expectSame(run.subject);
      for (const file of modelSlots.values()) await file.close();
      await run.settle();
      expect(run.volume.status()).toMatchObject({ pending: [], conflicts: [] });
      expect(run.warnings).toEqual([]);
      await expectSame(run.subject);
      await expectElsewhere(space, expectSame);
    } finally {
      await run.close();
    }
  }

  /** A machine that never saw the space has the same tree. */
  async function expectElsewhere(
    space: readonly string[],
    expectSame: (subject: Subject) => Promise<void>,
  ): Promise<void> {
    await other.forget();
    const { volume, files } = await other.open(space);
    try {
      await expectSame(files as unknown as Subject);
    } finally {
      await other.closeVolume(volume);
    }
  }
});
