import { expect, test } from 'vitest';
import type { SeamountFs } from '../../src/fs/index.ts';

/** An implementation of `node:fs` under test, and a place in it. */
export interface Subject {
  readonly fs: SeamountFs;
  /** An empty directory that exists, with an absolute path. */
  readonly root: string;
  /** What the filesystem below cannot do; the module refuses it as such filesystems do. */
  readonly lacks?: ReadonlySet<Limit>;
}

/** What some subjects cannot do: hard links; times other than now; the time of birth; files that are open without a name. */
export type Limit = 'links' | 'times' | 'birthtime' | 'unlinked';

/** Gives the subject while its tests run. */
export type SubjectSource = () => Subject;

let made = 0;

/** A new empty directory of the subject, for one test. */
export async function freshDirectory(source: SubjectSource): Promise<{ fs: SeamountFs; dir: string }> {
  const { fs, root } = source();
  made += 1;
  const dir = `${root}/t${made}`;
  await fs.promises.mkdir(dir);
  return { fs, dir };
}

/** A test of what some subjects cannot do: there it must fail, because what is not done must not seem so. */
export function needing(limit: Limit, source: SubjectSource, title: string, body: () => Promise<void>): void {
  test(title, async () => {
    if (source().lacks?.has(limit)) await expect(body()).rejects.toThrow();
    else await body();
  });
}
