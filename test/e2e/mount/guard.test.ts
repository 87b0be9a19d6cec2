import { execFile } from 'node:child_process';
import { closeSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Guard, startGuard } from '../../../src/mount/guard.ts';
import { type MountedFilesystem, readMounts, topMount } from '../../../src/mount/mountinfo.ts';
import { loadNative } from '../../../src/mount/native.ts';

const { addon, guard: program } = loadNative();
let home: string;
let mountpoint: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'seamount guard-'));
  mountpoint = join(home, 'mnt');
  await mkdir(mountpoint);
});
afterEach(() => rm(home, { recursive: true }));

/** A mount that nobody serves: as if the process had just been killed. */
async function abandoned(): Promise<{ readonly fd: number; readonly mounted: MountedFilesystem }> {
  const fd = await addon.mount('test', mountpoint, 'fuse.seamount', 0, 'rootmode=40000,user_id=0,group_id=0');
  const mounted = topMount(readMounts(), mountpoint);
  if (mounted === null) throw new Error('not mounted');
  return { fd, mounted };
}

function start(fd: number, mounted: MountedFilesystem): Guard {
  return startGuard(addon, program, fd, mounted, null, (reason) => {
    throw new Error(reason);
  });
}

async function gone(): Promise<void> {
  while (topMount(readMounts(), mountpoint) !== null) await new Promise((resolve) => setTimeout(resolve, 10));
}

describe('the guard of a mount', () => {
  it('frees who waits in it and takes it off when its server is gone', async () => {
    const { fd, mounted } = await abandoned();
    const guard = start(fd, mounted);
    const waiting = new Promise<string>((resolve) => {
      execFile('stat', [join(mountpoint, 'name')], (_error, _stdout, stderr) => resolve(stderr));
    });
    closeSync(fd);
    guard.dismiss();
    await gone();
    expect(await waiting).toMatch(/not connected|refused|aborted/);
  });

  it('leaves alone what was mounted there after it', async () => {
    const { fd, mounted } = await abandoned();
    const guard = start(fd, { ...mounted, minor: mounted.minor + 1000 });
    closeSync(fd);
    guard.dismiss();
    await guard.ended;
    expect(topMount(readMounts(), mountpoint)).not.toBeNull();
    await addon.unmount(mountpoint, 1);
  });

  it('is missed when it cannot be started', async () => {
    const { fd, mounted } = await abandoned();
    const reason = new Promise<string>((resolve) => {
      startGuard(addon, join(home, 'missing'), fd, mounted, null, resolve);
    });
    expect(await reason).toContain('ENOENT');
    await addon.unmount(mountpoint, 1);
    closeSync(fd);
  });
});
