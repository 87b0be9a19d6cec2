import type { SeamountFs } from '../../src/fs/index.ts';

/** An implementation of `node:fs` under test, and a place in it. */
export interface Subject {
  readonly fs: SeamountFs;
  /** An empty directory that exists, with an absolute path. */
  readonly root: string;
  /** What the filesystem below cannot do; the module refuses it as such filesystems do. */
  readonly lacks?: ReadonlySet<'links'>;
}

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
