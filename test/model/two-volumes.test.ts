import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Machine } from '../volume/machine.ts';
import { Site } from '../volume/site.ts';
import { Ledger } from './ledger.ts';
import { FIRST, type Step, step } from './operations.ts';
import { describeTree, perform, type Subject } from './run.ts';
import { runs } from './runs.ts';
import { VolumeRun } from './volume-run.ts';
import { WebUser } from './web-user.ts';

/** A step of one of three: the volumes 0 and 1, and the web user 2. */
interface Turn {
  readonly who: number;
  readonly step: Step;
}

const turn: fc.Arbitrary<Turn> = fc.record({ who: fc.constantFrom(0, 0, 1, 1, 2), step });
const turns: fc.Arbitrary<readonly Turn[]> = fc
  .tuple(fc.subarray([...FIRST]), fc.array(turn, { maxLength: 60, size: 'max' }))
  .map(([first, random]) => [
    ...[...first, { kind: 'sync' } as const].map((step) => ({ who: 0, step })),
    { who: 1, step: { kind: 'refresh' } as const },
    ...random,
  ]);

/** Rounds of sending and looking after which nothing may be left to do. */
const ROUNDS = 3;

describe('two volumes and a web user of one space', () => {
  let site: Site;
  const machines: Machine[] = [];
  let third: Machine;

  beforeAll(async () => {
    process.umask(0);
    site = await Site.start();
    for (let i = 0; i < 2; i++) machines.push(await site.machine({ pollIntervalMs: 3_600_000 }));
    third = await site.machine({ pollIntervalMs: 3_600_000 });
  });
  afterAll(() => site.close());

  it('come to the same tree, and nothing anybody wrote is lost', async () => {
    await fc.assert(
      fc.asyncProperty(turns, (run) => play(run)),
      runs(40),
    );
  });

  async function play(run: readonly Turn[]): Promise<void> {
    const space = await site.space();
    const volumes: VolumeRun[] = [];
    for (const machine of machines) volumes.push(await VolumeRun.start(machine, space));
    const web = new WebUser(site.web, site.library, space);
    const ledger = new Ledger();
    try {
      for (const [index, { who, step }] of run.entries()) {
        const marked = withMark(step, `<${who}.${index}>`);
        const volume = volumes[who];
        if (volume !== undefined) await act(volume, marked, ledger, who);
        else {
          // What the web user sees must be what is changed: nothing is on its way meanwhile.
          for (const each of volumes) await each.syncsEnded();
          await web.perform(marked, ledger);
        }
      }
      for (const volume of volumes) await volume.closeFiles();
      for (let round = 0; round < ROUNDS; round++) {
        for (const volume of volumes) await volume.settle();
        for (const volume of volumes) await volume.volume.refresh();
      }
      for (const { volume } of volumes) expect(volume.status().pending).toEqual([]);
      await expectOneTree(space, volumes, ledger);
    } finally {
      for (const volume of volumes) await volume.close();
    }
  }

  async function expectOneTree(space: readonly string[], volumes: readonly VolumeRun[], ledger: Ledger): Promise<void> {
    await third.forget();
    const { volume, files } = await third.open(space);
    try {
      const subject = files as unknown as Subject;
      const tree = await describeTree(subject, 'all');
      for (const { subject } of volumes) expect(await describeTree(subject, 'all')).toEqual(tree);
      expect(ledger.missingFrom(await contentsBelow(subject, ''))).toEqual([]);
    } finally {
      await third.closeVolume(volume);
    }
  }
});

async function act(run: VolumeRun, step: Step, ledger: Ledger, who: number): Promise<void> {
  if (step.kind === 'sync') return run.volume.sync();
  if (step.kind === 'startSync') return run.startSync();
  if (step.kind === 'refresh') return run.volume.refresh();
  if (step.kind === 'restart') return run.restart();
  const path = changedBy(step);
  const before = path === null ? null : await contentAt(run.subject, path);
  const open = step.kind === 'writeOpen' ? await openContent(run, step.slot) : null;
  const outcome = await perform(run.subject, run.slots, step);
  if (open !== null && outcome === 'ok' && step.kind === 'writeOpen') {
    ledger.took(open);
    // What has no name is not kept.
    const now = Number((await run.slots.get(step.slot)?.stat())?.nlink) > 0 ? await openContent(run, step.slot) : null;
    if (now !== null) ledger.wrote(now, `volume ${who} in an open file`);
  }
  if (path === null || outcome !== 'ok') return;
  if (before !== null) ledger.took(before);
  const after = step.kind === 'rename' || step.kind === 'copyFile' ? null : await contentAt(run.subject, path);
  if (after !== null) ledger.wrote(after, `volume ${who} at ${path}`);
}

/** The path whose content a step takes away or changes; null when it changes none. */
function changedBy(step: Step): string | null {
  switch (step.kind) {
    case 'rename':
    case 'copyFile':
      return step.from === step.to ? null : step.to;
    case 'writeFile':
    case 'append':
    case 'pwrite':
    case 'truncate':
    case 'unlink':
      return step.path;
    default:
      return null;
  }
}

function withMark(step: Step, mark: string): Step {
  return 'data' in step ? { ...step, data: { ...step.data, mark } } : step;
}

async function contentAt(subject: Subject, path: string): Promise<Uint8Array | null> {
  try {
    return await subject.readFile(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && ['ENOENT', 'EISDIR', 'ENOTDIR'].includes(String(error.code)))
      return null;
    throw error;
  }
}

async function openContent(run: VolumeRun, slot: number): Promise<Uint8Array | null> {
  const file = run.slots.get(slot);
  if (file === undefined) return null;
  const bytes = Buffer.alloc(Number((await file.stat()).size));
  await file.read(bytes, 0, bytes.length, 0);
  return bytes;
}

async function contentsBelow(subject: Subject, folder: string): Promise<Uint8Array[]> {
  const contents: Uint8Array[] = [];
  for (const name of await subject.readdir(folder || '/')) {
    const path = `${folder}/${name}`;
    if ((await subject.stat(path)).isDirectory()) contents.push(...(await contentsBelow(subject, path)));
    else contents.push(await subject.readFile(path));
  }
  return contents;
}
