import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Machine } from '../volume/machine.ts';
import { Site } from '../volume/site.ts';
import { localFolder } from './local-folder.ts';
import { type Step, steps } from './operations.ts';
import { describeTree, perform, type Slots, type Subject } from './run.ts';
import { runs } from './runs.ts';
import { VolumeRun } from './volume-run.ts';

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
      fc.asyncProperty(steps, (run) => compare(run)),
      runs(60),
    );
  });

  async function compare(steps: readonly Step[]): Promise<void> {
    const root = join(site.folder, `model${count++}`);
    mkdirSync(root);
    const model = localFolder(root);
    const modelSlots: Slots = new Map();
    const space = await site.space();
    const run = await VolumeRun.start(machine, space);
    const expectSame = async (subject: Subject): Promise<void> => {
      expect(await describeTree(subject)).toEqual(await describeTree(model));
    };
    try {
      for (const step of steps) {
        if (step.kind === 'sync') await run.volume.sync();
        else if (step.kind === 'startSync') run.startSync();
        else if (step.kind === 'refresh') await run.volume.refresh();
        else if (step.kind === 'restart') {
          for (const file of modelSlots.values()) await file.close();
          modelSlots.clear();
          await run.restart();
          await expectSame(run.subject);
        } else expect(await perform(run.subject, run.slots, step)).toBe(await perform(model, modelSlots, step));
      }
      await expectSame(run.subject);
      await run.settle();
      expect(run.volume.status()).toMatchObject({ pending: [], conflicts: [] });
      expect(run.warnings).toEqual([]);
      await expectSame(run.subject);
      await expectElsewhere(space, expectSame);
    } finally {
      for (const file of modelSlots.values()) await file.close();
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
