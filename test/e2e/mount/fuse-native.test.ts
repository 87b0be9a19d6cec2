import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MountError } from '../../../src/mount/index.ts';
import { isMounted } from '../../cli/binary.ts';
import { type MountedSpace, mountSpace } from './mounted.ts';

// What node:fs does on such a mount, call by call, is in test/conformance; here is what only a mount has.
describe('a mount by the driver fuse-native', () => {
  let space: MountedSpace;

  beforeEach(async () => {
    space = await mountSpace({ driver: 'fuse-native', source: 'drive.example.org:users/a, b' });
  });
  afterEach(() => space.close());

  it('shows what it is, and is not made to run what is in it', async () => {
    expect(isMounted(space.directory)).toBe(true);
    const [line] = (await readFile('/proc/self/mountinfo', 'utf8'))
      .split('\n')
      .filter((each) => each.includes(` ${space.directory} `));
    expect(line).toMatch(/ fuse\.seamount drive\.example\.org:users\/a,\\040b /);
    expect(line).toMatch(/nosuid,nodev/);
  });

  it('is what tools take for a disk', async () => {
    expect(
      await space.sh(`
        mkdir project; cd project
        for i in 1 2 3; do echo "line $i" >> notes; done
        git init -q . && git add . && git -c user.name=a -c user.email=a@b commit -qm first
        mv notes renamed; sed -i s/line/row/ renamed
        tar -cf ../all.tar . && mkdir ../again && tar -xmf ../all.tar -C ../again
        diff -r . ../again && git status --porcelain && head -c 5M /dev/urandom > big && sha256sum < big > sum
        cat big | sha256sum | cmp - sum && ln -s renamed link && cat link`),
    ).toBe(' D notes\n?? renamed\nrow 1\nrow 2\nrow 3');
  });

  it('shows what was changed elsewhere without being told', async () => {
    await writeFile(space.path('file'), 'ours');
    await space.volume.sync();
    const elsewhere = await space.elsewhere();
    const there = await elsewhere.lookup(elsewhere.root, 'file');
    const open = await elsewhere.open(there, { read: true, write: true, truncate: true });
    await elsewhere.write(open, 0, Buffer.from('theirs'));
    elsewhere.release(open);
    await elsewhere.sync();
    await space.refresh();
    expect(await readFile(space.path('file'), 'utf8')).toBe('theirs');
  });

  it('counts what it did', async () => {
    await mkdir(space.path('d'));
    await stat(space.path('d'));
    const { requests, errors, pending, openFiles } = space.mount.stats();
    expect(requests).toMatchObject({ MKDIR: 1 });
    expect(requests.GETATTR).toBeGreaterThan(0);
    expect({ errors, pending, openFiles }).toEqual({ errors: 0, pending: 0, openFiles: 0 });
  });

  it('is not taken away while a file is open', async () => {
    const python = space.python(`
import os, time
f = open("busy", "w")
while not os.path.exists("${join(space.directory, '..', 'done')}"): time.sleep(0.05)
f.write("written after all"); f.close()`);
    await expect.poll(() => readdir(space.directory)).toEqual(['busy']);
    await expect(space.mount.unmount()).rejects.toMatchObject({ name: 'MountError', code: 'busy' });
    await writeFile(join(space.directory, '..', 'done'), '');
    await python;
    expect(await readFile(space.path('busy'), 'utf8')).toBe('written after all');
  });

  it('refuses a directory that is taken', async () => {
    await expect(mountSpaceAt(space, space.directory)).rejects.toBeInstanceOf(MountError);
  });
});

async function mountSpaceAt(space: MountedSpace, directory: string): Promise<unknown> {
  const { mountVolume } = await import('../../../src/mount/index.ts');
  return mountVolume(space.volume, directory, { driver: 'fuse-native' });
}
