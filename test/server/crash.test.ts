import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkData, type RunningServer } from '../../src/server/index.ts';
import { ensureBuilt, Shell, serve } from '../cli/binary.ts';
import { TestAccount, TestLibrary } from './account.ts';

const WRITERS = 4;
const ROUNDS = 5;
const WRITES_A_ROUND = 200;

/**
 * The server is killed in the middle of many writes, again and again. What it answered before must be there afterwards,
 * and every object that a library refers to must be whole.
 */
describe('a server that is killed', () => {
  const shell = new Shell({});
  const folder = mkdtempSync(join(tmpdir(), 'seamount-crash-'));
  /** What was answered: the content of each path. */
  const promised = new Map<string, string>();
  /** What was asked for and not answered: it may be there or not. */
  const asked = new Map<string, Set<string>>();
  let library: TestLibrary | undefined;

  beforeAll(() => ensureBuilt(), 180_000);
  afterAll(async () => {
    await shell.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(): Promise<{ kill: () => Promise<void>; library: TestLibrary }> {
    const { child, url } = await serve(shell, '--data', folder, '--account', 'o@x.org:secret');
    // Of a server in another process only its addresses are known, which is all that the account uses.
    const server = { url, fileServer: `${url}/seafhttp` } as RunningServer;
    const account = await TestAccount.signIn(server, 'o@x.org', 'secret');
    library = library
      ? new TestLibrary(account, library.id, library.syncToken)
      : await account.newLibrary('written by many');
    const kill = async (): Promise<void> => {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    };
    return { kill, library };
  }

  async function write(into: TestLibrary, path: string, content: string): Promise<void> {
    const known = asked.get(path) ?? new Set();
    asked.set(path, known.add(content));
    const answer = await into.upload('/', path, content, true);
    if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
    promised.set(path, content);
  }

  it(`has kept every write it answered, in ${ROUNDS} rounds of ${WRITES_A_ROUND}`, { timeout: 300_000 }, async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const running = await start();
      let answered = 0;
      let killed: Promise<void> | undefined;
      const writer = async (me: number): Promise<void> => {
        for (let n = 0; killed === undefined; n++) {
          // Each writer has paths of its own, and overwrites them: the last answered content is the promised one.
          const path = `w${me}-${n % 10}.txt`;
          const content = `round ${round} write ${n} of ${me} ${'x'.repeat((n * 7919) % 5000)}`;
          try {
            await write(running.library, path, content);
          } catch (error) {
            if (killed === undefined) throw error;
            return;
          }
          answered += 1;
          if (answered >= WRITES_A_ROUND) killed ??= running.kill();
        }
      };
      await Promise.all(Array.from({ length: WRITERS }, (_, me) => writer(me)));
      await killed;
    }
    expect((await checkData(folder)).problems).toEqual([]);
    const { library: again, kill } = await start();
    for (const [path, content] of promised) {
      const found = (await again.download(`/${path}`)) ?? '';
      const possible = asked.get(path) ?? new Set();
      expect(found === content || possible.has(found), `${path} holds ${found.slice(0, 40)}`).toBe(true);
      // An unanswered write may have been done; an answered one may not have been undone by an older content.
      const order = [...possible];
      expect(order.indexOf(found), path).toBeGreaterThanOrEqual(order.indexOf(content));
    }
    await kill();
  });
});
