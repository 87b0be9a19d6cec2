import nodeFs from 'node:fs';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import type { MountDriver } from '../../src/mount/index.ts';
import { ensureBuilt, Shell, serve } from '../cli/binary.ts';
import { ALICE } from '../cli/seamount.ts';
import type { Limit } from './subject.ts';
import { describeConformance } from './suite.ts';

/** What a driver cannot do; docs/SEMANTICS.md tells users. */
const LIMITS: Record<MountDriver, readonly Limit[]> = {
  channel: ['birthtime'],
  'fuse-native': ['links', 'times', 'birthtime', 'unlinked'],
};

describe.each(['channel', 'fuse-native'] as const)('node:fs on a mount by the driver %s', (driver) => {
  let shell: Shell;
  let root: string;

  beforeAll(async () => {
    ensureBuilt();
    shell = new Shell({ SEAMOUNT_USER: ALICE.email, SEAMOUNT_PASSWORD: ALICE.password });
    const server = await serve(shell, '--memory', '--account', `${ALICE.email}:${ALICE.password}`);
    shell.env.SEAMOUNT_SERVER = server.url;
    root = shell.mountpoint('root');
    const mounted = await shell.run(['mount', 'conformance', root, '--create', '--driver', driver]);
    expect(mounted).toMatchObject({ code: 0, err: '' });
  }, 120_000);

  afterAll(() => shell.close());

  describeConformance(() => ({ fs: nodeFs, root, lacks: new Set(LIMITS[driver]) }));
});
