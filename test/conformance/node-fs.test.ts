import nodeFs, { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { describeConformance } from './suite.ts';

// The suite is right when Node's own module, on a local disk, passes it.
describe('node:fs on a local disk', () => {
  let root: string;

  beforeAll(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'seamount-conformance-')));
  });

  afterAll(() => {
    rmSync(root, { recursive: true, force: true });
  });

  describeConformance(() => ({ fs: nodeFs, root }));
});
