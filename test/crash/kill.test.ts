import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, type OpenVolume, password } from '../../src/index.ts';
import { type RunningServer, startServer } from '../../src/server/index.ts';
import { after, differences, type ExpectedTree, type Item, isBetween, type WriterStep } from './expected-tree.ts';

const ACCOUNT = { email: 'jo@example.org', password: 'correct horse' };
const SPACE = 'crash/space';
const KILLS = Number(process.env.SEAMOUNT_KILLS ?? 20);
const SEED = Number(process.env.SEAMOUNT_SEED ?? Math.floor(Math.random() * 2 ** 31));
const WRITER = fileURLToPath(new URL('writer.mjs', import.meta.url));
const BUILT = fileURLToPath(new URL('../../dist/index.js', import.meta.url));

/** What a killed writer had told. */
interface Told {
  /** Steps that returned without an error, in order. */
  readonly done: readonly WriterStep[];
  /** Begun, and not returned. */
  readonly inDoubt: WriterStep | null;
}

describe('a process that is killed while it writes', () => {
  let server: RunningServer;
  let folder: string;
  let children: ChildProcess[] = [];

  beforeAll(async () => {
    if (!existsSync(BUILT)) throw new Error('the writer runs the built module: npm run build');
    folder = mkdtempSync(join(tmpdir(), 'seamount-crash-'));
    server = await startServer({ memory: true, accounts: [ACCOUNT] });
    const drive = await signIn(join(folder, 'maker'));
    await drive.space(SPACE, { create: true });
    await drive.close();
  });
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await server.close();
    rmSync(folder, { recursive: true });
  });

  it(`loses nothing that was promised: ${KILLS} times, and what the server has in the end is the same`, async () => {
    const cache = join(folder, 'cache');
    let expected: ExpectedTree = new Map();
    for (let kill = 0; kill < KILLS; kill++) {
      const at = `seed ${SEED}, kill ${kill}`;
      const told = await runAndKill(cache, SEED + kill, 1 + ((SEED + kill * 7919) % 150));
      for (const step of told.done) expected = after(expected, step);
      const drive = await signIn(cache);
      const volume = await (await drive.space(SPACE)).open();
      const actual = await treeOf(volume);
      expect(wrong(actual, expected, told.inDoubt), `${at}, in doubt ${JSON.stringify(told.inDoubt)}`).toEqual([]);
      expected = actual;
      await volume.sync();
      expect(volume.status(), at).toMatchObject({ pending: [], conflicts: [] });
      const elsewhere = await signIn(join(folder, `fresh${kill}`));
      const there = await (await elsewhere.space(SPACE)).open();
      expect(differences(await treeOf(there), expected), at).toEqual([]);
      await elsewhere.close();
      await drive.close();
    }
    // Otherwise nothing was tried.
    expect(expected.size).toBeGreaterThan(0);
  }, 300_000);

  const signIn = (cache: string) =>
    connect({ server: server.url, auth: password(ACCOUNT.email, ACCOUNT.password), cache });

  /** @param lines after so many lines of its output the writer is killed, wherever it is then */
  async function runAndKill(cache: string, seed: number, lines: number): Promise<Told> {
    const { email, password: secret } = ACCOUNT;
    const options = { server: server.url, email, secret, cache, space: SPACE, seed };
    const child = spawn(process.execPath, [WRITER, JSON.stringify(options)], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    const ended = new Promise((resolve) => child.once('exit', resolve));
    const done: WriterStep[] = [];
    let inDoubt: WriterStep | null = null;
    let count = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      const told: unknown = JSON.parse(line);
      if (isBegin(told)) inDoubt = told.step;
      else if (isEnd(told)) {
        if (told.error === undefined && inDoubt !== null) done.push(inDoubt);
        inDoubt = null;
      } else throw new Error(`the writer says ${line}`);
      count += 1;
      if (count === lines) child.kill('SIGKILL');
    }
    await ended;
    children = children.filter((other) => other !== child);
    expect(child.signalCode).toBe('SIGKILL');
    return { done, inDoubt };
  }
});

function isBegin(line: unknown): line is { begin: number; step: WriterStep } {
  return typeof line === 'object' && line !== null && 'begin' in line && 'step' in line;
}

function isEnd(line: unknown): line is { end: number; error?: string } {
  return typeof line === 'object' && line !== null && 'end' in line;
}

/** What is neither as promised nor as the step in doubt would have made it. */
function wrong(actual: ExpectedTree, promised: ExpectedTree, inDoubt: WriterStep | null): string[] {
  const sinceThen = differences(actual, promised);
  if (sinceThen.length === 0 || inDoubt === null) return sinceThen;
  const then = after(promised, inDoubt);
  if (differences(actual, then).length === 0) return [];
  if (inDoubt.kind !== 'pwrite') return sinceThen;
  const [is, before, next] = [actual, promised, then].map((tree) => tree.get(inDoubt.path));
  const isHalf = is?.content && before?.content && next?.content && isBetween(is.content, before.content, next.content);
  const others = sinceThen.filter((difference) => !difference.startsWith(`${inDoubt.path}: `));
  return isHalf ? others : sinceThen;
}

async function treeOf(volume: OpenVolume, below = ''): Promise<Map<string, Item>> {
  const files = volume.fs.promises;
  const tree = new Map<string, Item>();
  for (const name of await files.readdir(below || '/')) {
    const path = `${below}/${name}`;
    const stats = await files.stat(path);
    const mode = stats.mode & 0o777;
    if (!stats.isDirectory()) tree.set(path, { content: await files.readFile(path), mode });
    else {
      tree.set(path, { content: null, mode });
      for (const entry of await treeOf(volume, path)) tree.set(...entry);
    }
  }
  return tree;
}
