import { stat } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Volume, VolumeNode } from '../../../src/volume/index.ts';
import { type MountedSpace, mountSpace } from './mounted.ts';

let space: MountedSpace;
let volume: Volume;
beforeAll(async () => {
  space = await mountSpace();
  ({ volume } = space);
});
afterAll(() => space.close());

async function write(node: VolumeNode, offset: number, text: string): Promise<void> {
  const file = await volume.open(node, { read: false, write: true });
  await volume.write(file, offset, Buffer.from(text));
  volume.release(file);
}

async function make(name: string, text: string): Promise<VolumeNode> {
  const file = await volume.create(volume.root, name, 0o644, { read: false, write: true, exclusive: true });
  await volume.write(file, 0, Buffer.from(text));
  volume.release(file);
  return file.node;
}

describe('changes through another door', () => {
  it('show names that the kernel knew to be missing', async () => {
    expect(await space.sh('! cat appears 2> /dev/null; ls')).toBe('');
    await make('appears', 'here');
    await space.mount.settled();
    expect(await space.sh('cat appears; ls')).toBe('hereappears');
  });

  it('show content that the kernel had cached', async () => {
    const node = await make('content', 'aaaa');
    expect(await space.sh('cat content; cat content')).toBe('aaaaaaaa');
    await write(node, 1, 'XX');
    await space.mount.settled();
    expect(await space.sh('cat content')).toBe('aXXa');
    await write(node, 4, '++');
    await space.mount.settled();
    expect(await space.sh('cat content; stat -c %s content')).toBe('aXXa++6');
    await volume.setattr(node, { size: 2 });
    await space.mount.settled();
    expect(await space.sh('cat content; stat -c %s content')).toBe('aX2');
  });

  it('show content to those who have the file open', async () => {
    const node = await make('opened', 'old');
    const program = `
import os, sys
f = os.open('opened', os.O_RDONLY)
print(os.pread(f, 9, 0).decode(), flush=True)
os.rename('go', 'gone')
while not os.path.exists('went'): pass
print(os.pread(f, 9, 0).decode())`;
    await make('go', '');
    const reader = space.python(program);
    // The program tells through a rename, which the volume shows at once, that it has read.
    await new Promise<void>((resolve) => {
      const stop = volume.events.onChange((change) => {
        if (change.kind !== 'entry' || change.name !== 'gone') return;
        stop();
        resolve();
      });
    });
    await write(node, 0, 'new');
    await space.mount.settled();
    await make('went', '');
    expect(await reader).toBe('old\nnew');
  });

  it('show attributes', async () => {
    const node = await make('attributes', 'x');
    expect((await stat(space.path('attributes'))).mode & 0o777).toBe(0o644);
    await volume.setattr(node, { permissions: 0o600, mtime: { seconds: 1000, nanoseconds: 0 } });
    await space.mount.settled();
    const seen = await stat(space.path('attributes'));
    expect([seen.mode & 0o777, seen.mtimeMs]).toEqual([0o600, 1_000_000]);
  });

  it('take names away, also from a folder that is listed from cache', async () => {
    await space.sh('mkdir listed; touch listed/a listed/b; ls listed; ls listed');
    const folder = await volume.lookup(volume.root, 'listed');
    await volume.unlink(folder, 'a');
    await space.mount.settled();
    expect(await space.sh('ls listed; ! cat listed/a 2> /dev/null')).toBe('b');
    await volume.mkdir(folder, 'c', 0o755);
    await space.mount.settled();
    expect(await space.sh('ls listed')).toBe('b\nc');
  });

  it('rename what is open and what is used as a working directory', async () => {
    await space.sh('mkdir -p old/sub; echo text > old/sub/f');
    const program = `
import os
os.chdir('old/sub')
f = open('f')
os.rename('../../go2', '../../gone2')
while not os.path.exists('../../new/went'): pass
print(f.read().strip(), os.listdir('.'), os.path.basename(os.path.dirname(os.getcwd())))`;
    await make('go2', '');
    const program1 = space.python(program);
    await new Promise<void>((resolve) => {
      const stop = volume.events.onChange((change) => {
        if (change.kind !== 'entry' || change.name !== 'gone2') return;
        stop();
        resolve();
      });
    });
    await volume.rename(volume.root, 'old', volume.root, 'new');
    const moved = await volume.lookup(volume.root, 'new');
    await volume.mkdir(moved, 'went', 0o755);
    expect(await program1).toBe("text ['f'] new");
  });

  it('do not disturb appends at an end that has moved', async () => {
    const node = await make('end', 'one\n');
    const program = `
import os
f = os.open('end', os.O_WRONLY | os.O_APPEND)
os.stat('end')
os.rename('go3', 'gone3')
while not os.path.exists('went3'): pass
os.write(f, b'three\\n')
print(open('end').read(), end='')`;
    await make('go3', '');
    const appender = space.python(program);
    await new Promise<void>((resolve) => {
      const stop = volume.events.onChange((change) => {
        if (change.kind !== 'entry' || change.name !== 'gone3') return;
        stop();
        resolve();
      });
    });
    await write(node, 4, 'two\n');
    await make('went3', '');
    expect(await appender).toBe('one\ntwo\nthree');
  });

  it('are told to the kernel, and its own changes are not', async () => {
    await space.mount.settled();
    const before = space.mount.stats().notifications;
    await space.sh('mkdir own; echo text > own/f; mv own/f own/g; chmod 600 own/g; rm -r own');
    await space.mount.settled();
    expect(space.mount.stats().notifications).toEqual(before);
  });
});
