import { rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Journal } from '../../src/volume/journal/journal.ts';
import { runs } from '../model/runs.ts';
import { type Files, type Machine, SENDS_WHEN_TOLD } from '../volume/machine.ts';
import { Site } from '../volume/site.ts';
import { after, differences, type ExpectedTree, type Item, type WriterStep } from './expected-tree.ts';
import { cutPower, type Flushed, flushedIn } from './power-cut.ts';

const machineState = vi.hoisted(() => ({ boot: 'first' }));
vi.mock('../../src/volume/journal/boot-id.ts', () => ({ bootId: () => machineState.boot }));

const name = fc.constantFrom('a', 'b', 'c');
const path = fc
  .oneof({ weight: 3, arbitrary: fc.tuple(name) }, { weight: 2, arbitrary: fc.tuple(name, name) })
  .map((names) => `/${names.join('/')}`);
const at = fc.constantFrom(0, 10, 4096, 9000);
const fill = fc.integer({ min: 1, max: 255 });
const length = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(1, 30, 5000, 20_000) },
  { weight: 1, arbitrary: fc.constant(1_200_000) },
);
const kind = <K extends string>(value: K) => fc.constant(value);
const step: fc.Arbitrary<WriterStep> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: kind('create'), path }) },
  { weight: 8, arbitrary: fc.record({ kind: kind('pwrite'), path, at, fill, length }) },
  { weight: 3, arbitrary: fc.record({ kind: kind('mkdir'), path }) },
  { weight: 1, arbitrary: fc.record({ kind: kind('rmdir'), path }) },
  { weight: 2, arbitrary: fc.record({ kind: kind('unlink'), path }) },
  { weight: 5, arbitrary: fc.record({ kind: kind('rename'), path, to: path }) },
  { weight: 1, arbitrary: fc.record({ kind: kind('chmod'), path, mode: fc.constantFrom(0o700, 0o755) }) },
  { weight: 3, arbitrary: fc.record({ kind: kind('fsync'), path }) },
  { weight: 2, arbitrary: fc.record({ kind: kind('startSync') }) },
  { weight: 1, arbitrary: fc.record({ kind: kind('sync') }) },
);

describe('a machine that loses power while a process writes', () => {
  let site: Site;
  let machine: Machine;
  let restarted: Machine;
  let elsewhere: Machine;
  let count = 0;

  beforeAll(async () => {
    site = await Site.start();
    machine = await site.machine({ pollIntervalMs: 3_600_000 });
    restarted = await site.machine({ pollIntervalMs: 3_600_000 });
    elsewhere = await site.machine({ pollIntervalMs: 3_600_000 });
  });
  afterAll(() => site.close());

  it('has everything that was synced; the rest is as it was at some moment since', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 50, size: 'max' }),
        fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 40, maxLength: 40 }),
        cut,
      ),
      runs(25),
    );
  }, 600_000);

  async function cut(steps: readonly WriterStep[], dice: readonly number[]): Promise<void> {
    machineState.boot = `boot ${count++}`;
    const space = await site.space();
    const opened = await machine.open(space, { sendTimes: SENDS_WHEN_TOLD });
    const directory = machine.directoryOf(space);
    const states: ExpectedTree[] = [new Map()];
    /** What reached the disk last, and the state it has at least. */
    let last: { readonly state: number; readonly flushed: Flushed } = { state: 0, flushed: flushedIn(directory) };
    let isOff = false;
    const original = Journal.prototype.flush;
    const flush = vi.spyOn(Journal.prototype, 'flush').mockImplementation(async function (this: Journal) {
      const state = states.length - 1;
      await original.call(this);
      // What is on its way to the server arrives; nothing that waits for the disk is sent any more.
      if (isOff) throw Object.assign(new Error('the power is off'), { code: 'EIO' });
      last = { state: Math.max(state, last.state), flushed: flushedIn(directory) };
    });
    const syncs: Promise<unknown>[] = [];
    const into = join(site.folder, `cut${count}`);
    try {
      for (const each of steps) {
        if (each.kind === 'startSync') {
          const ended = opened.volume.sync().catch((error: unknown) => {
            if (!isOff) throw error;
          });
          syncs.push(ended);
        } else if (each.kind === 'sync') await opened.volume.sync();
        else if (await succeeds(opened.files, each)) states.push(after(states.at(-1) ?? new Map(), each));
      }
      let thrown = 0;
      isOff = true;
      cutPower(directory, into, last.flushed, () => dice[thrown++ % dice.length] ?? 0);
    } finally {
      await Promise.all(syncs);
      flush.mockRestore();
      await machine.closeVolume(opened.volume);
    }
    machineState.boot = `boot ${count++}`;
    try {
      await expectWhole(space, into, states.slice(last.state));
    } finally {
      await restarted.closeAll();
      await elsewhere.closeAll();
      rmSync(into, { recursive: true });
    }
  }

  /** @param possible the states the tree may have: from what was synced last to the power cut */
  async function expectWhole(
    space: readonly string[],
    directory: string,
    possible: readonly ExpectedTree[],
  ): Promise<void> {
    await restarted.forget();
    const { volume, files } = await restarted.open(space, { directory, sendTimes: SENDS_WHEN_TOLD });
    const actual = await treeOf(files);
    const problems = possible.map((_, index) => wrong(actual, possible.slice(index)));
    expect(problems.some((found) => found.length === 0) ? [] : problems).toEqual([]);
    await volume.sync();
    expect(volume.status()).toMatchObject({ pending: [], conflicts: [] });
    await elsewhere.forget();
    const there = await elsewhere.open(space);
    expect(differences(await treeOf(there.files), actual)).toEqual([]);
  }
});

async function succeeds(files: Files, step: WriterStep): Promise<boolean> {
  try {
    await perform(files, step);
    return true;
  } catch (error) {
    // What a filesystem refuses; anything else is a failure of the test.
    if (error instanceof Error && 'code' in error && /^(ENO|EIS|EEX|EINVAL)/.test(String(error.code))) return false;
    throw error;
  }
}

async function perform(files: Files, step: WriterStep): Promise<void> {
  switch (step.kind) {
    case 'create':
      return (await files.open(step.path, 'w', 0o644)).close();
    case 'pwrite': {
      await using file = await files.open(step.path, 'r+');
      await file.write(Buffer.alloc(step.length, step.fill), 0, step.length, step.at);
      return;
    }
    case 'fsync': {
      await using file = await files.open(step.path, 'r+');
      return await file.sync();
    }
    case 'mkdir':
      return files.mkdir(step.path, 0o755);
    case 'rename':
      return files.rename(step.path, step.to);
    case 'chmod':
      return files.chmod(step.path, step.mode);
    case 'rmdir':
    case 'unlink':
      return files[step.kind](step.path);
    default:
      throw new Error(`no operation of the filesystem: ${step.kind}`);
  }
}

/**
 * What of a tree is not as in the first of some states, save bytes that were changed in place later: each of those is
 * as it was at some moment since.
 */
function wrong(actual: ExpectedTree, states: readonly ExpectedTree[]): string[] {
  const [first = new Map<string, Item>()] = states;
  return differences(actual, first).filter((difference) => {
    const at = difference.slice(0, difference.indexOf(':'));
    const [is, should] = [actual.get(at), first.get(at)];
    if (!is?.content || !should?.content || is.mode !== should.mode) return true;
    const versions = states.flatMap((state) =>
      [...state.values()].flatMap(({ since, content }) => (since === should.since && content ? [content] : [])),
    );
    return !isMixture(is.content, versions);
  });
}

/** Whether every byte of a content is as in one of some versions, and its length too. */
function isMixture(content: Buffer, versions: readonly Buffer[]): boolean {
  if (!versions.some(({ length }) => length === content.length)) return false;
  if (versions.some((version) => version.equals(content))) return true;
  for (let at = 0; at < content.length; at++) {
    if (!versions.some((version) => (version[at] ?? 0) === content[at])) return false;
  }
  return true;
}

async function treeOf(files: Files, below = ''): Promise<Map<string, Item>> {
  const tree = new Map<string, Item>();
  for (const entry of await files.readdir(below || '/', { withFileTypes: true })) {
    const at = `${below}/${entry.name}`;
    const mode = (await files.stat(at)).mode & 0o777;
    tree.set(at, { content: entry.isDirectory() ? null : await files.readFile(at), mode });
    if (entry.isDirectory()) for (const item of await treeOf(files, at)) tree.set(...item);
  }
  return tree;
}
