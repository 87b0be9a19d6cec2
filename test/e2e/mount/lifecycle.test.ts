import { closeSync, openSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { MountError, mountVolume } from '../../../src/mount/index.ts';
import { readMounts, topMount } from '../../../src/mount/mountinfo.ts';
import { loadNative } from '../../../src/mount/native.ts';
import { type MountedSpace, mountSpace } from './mounted.ts';

let home: string;
let space: MountedSpace;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'seamount-place-'));
  space = await mountSpace();
});
afterAll(async () => {
  await space.close();
  await rm(home, { recursive: true });
});

/** The code and the message with which mounting on a path is refused. */
async function refusal(path: string): Promise<Pick<MountError, 'code' | 'message'>> {
  try {
    const mount = await mountVolume(space.volume, path);
    await mount.unmount();
  } catch (error) {
    if (error instanceof MountError) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error(`${path} was mounted`);
}

describe('a mount point', () => {
  it('must exist', async () => {
    const path = join(home, 'missing');
    expect(await refusal(path)).toEqual({
      code: 'mountpoint-missing',
      message: `${path} does not exist; create it: mkdir -p ${path}`,
    });
  });

  it('must be a directory', async () => {
    const path = join(home, 'file');
    await writeFile(path, '');
    expect((await refusal(path)).code).toBe('mountpoint-not-directory');
    expect((await refusal(join(path, 'below'))).code).toBe('mountpoint-not-directory');
  });

  it('must be empty, unless it need not', async () => {
    const path = join(home, 'full');
    await mkdir(join(path, 'entry'), { recursive: true });
    expect((await refusal(path)).code).toBe('mountpoint-not-empty');
    const mount = await mountVolume(space.volume, path, { allowNonEmpty: true });
    expect(await readdir(path)).toEqual(await readdir(space.directory));
    await mount.unmount();
    expect(await readdir(path)).toEqual(['entry']);
  });

  it('must not have a mount already', async () => {
    expect(await refusal(space.directory)).toMatchObject({ code: 'already-mounted' });
  });

  it('may be given by a link', async () => {
    const path = join(home, 'real');
    await mkdir(path);
    await symlink(path, join(home, 'link'));
    const mount = await mountVolume(space.volume, join(home, 'link'));
    expect(mount.mountpoint).toBe(path);
    await mount.unmount();
  });

  it('is cleaned up when a process left a dead mount on it', async () => {
    const path = join(home, 'dead');
    await mkdir(path);
    // A mount whose server is gone, twice: as a killed process leaves it.
    for (let i = 0; i < 2; i++) {
      const options = 'rootmode=40000,user_id=0,group_id=0';
      const below = i === 0 ? path : join(home, 'dead');
      closeSync(await loadNative().addon.mount('dead', below, 'fuse.seamount', 0, options));
    }
    await expect(readdir(path)).rejects.toThrow('ENOTCONN');
    const mount = await mountVolume(space.volume, path);
    await writeFile(join(path, 'alive'), '');
    expect(await readdir(path)).toContain('alive');
    await mount.unmount();
    expect(topMount(readMounts(), path)).toBeNull();
  });

  it('is not cleaned up when the dead mount is of something else', async () => {
    const path = join(home, 'foreign');
    await mkdir(path);
    closeSync(await loadNative().addon.mount('theirs', path, 'fuse.other', 0, 'rootmode=40000,user_id=0,group_id=0'));
    expect(await refusal(path)).toMatchObject({ code: 'dead-mount' });
    await loadNative().addon.unmount(path, 1);
  });
});

describe('a mount', () => {
  let path: string;
  beforeAll(async () => {
    path = join(home, 'life');
    await mkdir(path);
  });
  afterEach(() => {
    expect(topMount(readMounts(), path)).toBeNull();
  });

  it('ends when it is unmounted, and lets go of all nodes', async () => {
    const mount = await mountVolume(space.volume, path);
    await mkdir(join(path, 'a', 'b'), { recursive: true });
    expect(mount.stats().nodes).toBeGreaterThanOrEqual(2);
    await mount.unmount();
    expect(await mount.closed).toBe('unmounted');
    expect(mount.stats()).toMatchObject({ nodes: 0, openFiles: 0, openDirectories: 0, pending: 0 });
    await mount.unmount();
  });

  it('tells when somebody else unmounts it', async () => {
    const mount = await mountVolume(space.volume, path);
    await loadNative().addon.unmount(path, 0);
    expect(await mount.closed).toBe('unmounted-elsewhere');
  });

  it('is not unmounted while it is used, except lazily', async () => {
    const mount = await mountVolume(space.volume, path);
    await writeFile(join(path, 'used'), 'text');
    const fd = await new Promise<number>((resolve, reject) => {
      import('node:fs').then(({ open }) =>
        open(join(path, 'used'), 'r', (error, opened) => (error ? reject(error) : resolve(opened))),
      );
    });
    await expect(mount.unmount()).rejects.toMatchObject({ name: 'MountError', code: 'busy' });
    await mount.unmount({ lazy: true });
    expect(topMount(readMounts(), path)).toBeNull();
    closeSync(fd);
    expect(await mount.closed).toBe('unmounted');
  });

  it('can be read-only', async () => {
    const mount = await mountVolume(space.volume, path, { readOnly: true });
    await expect(writeFile(join(path, 'new'), '')).rejects.toThrow('EROFS');
    await mount.unmount();
  });

  it('raises the read-ahead', async () => {
    const mount = await mountVolume(space.volume, path, { readAheadKiB: 2048 });
    expect(mount.stats().readAheadKiB).toBe(2048);
    await mount.unmount();
  });

  it('tells what is missing when it cannot be made without root', async () => {
    const { attacherFor } = await import('../../../src/mount/attachment.ts');
    const attacher = attacherFor(loadNative().addon, 1000, '/nonexistent/fusermount3');
    const options = { source: 'a', readOnly: false, allowOther: false, defaultPermissions: true };
    await expect(attacher.attach(path, options)).rejects.toMatchObject({
      code: 'no-fusermount',
      message: expect.stringContaining('apt-get install fuse3'),
    });
  });

  it('shows the same volume as another mount of it', async () => {
    const mount = await mountVolume(space.volume, path);
    await writeFile(join(path, 'both'), 'one');
    await space.mount.settled();
    expect(await space.sh('cat both; echo two > both')).toBe('one');
    await mount.settled();
    const fd = openSync('/dev/null', 'r');
    closeSync(fd);
    const { readFile } = await import('node:fs/promises');
    expect(await readFile(join(path, 'both'), 'utf8')).toBe('two\n');
    await mount.unmount();
  });
});
