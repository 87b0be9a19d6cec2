import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFsFromVolume } from '../../../src/fs/index.ts';
import type { Volume } from '../../../src/volume/index.ts';
import { type MountedSpace, mountSpace } from './mounted.ts';

let space: MountedSpace;
let theirs: Volume;
let files: ReturnType<typeof createFsFromVolume>['promises'];
beforeAll(async () => {
  space = await mountSpace();
  theirs = await space.elsewhere();
  files = createFsFromVolume(theirs).promises;
});
afterAll(() => space.close());

/** What was done here is seen there. */
async function sendHere(): Promise<void> {
  await space.volume.sync();
  await theirs.refresh();
}

/** What was done there is seen here. */
async function sendThere(): Promise<void> {
  await theirs.sync();
  await space.refresh();
}

describe('changes made elsewhere', () => {
  it('show new content under the name, and leave the old to who has it open', async () => {
    await space.sh('echo old > file; cat file; stat file');
    await sendHere();
    const program = `
import os
f = open('file')
print(f.read(), end='')
os.rename('read', 'was-read')
while not os.path.exists('changed'): pass
f.seek(0)
print(f.read(), open('file').read(), end='', sep='')
print(os.fstat(f.fileno()).st_ino == os.stat('file').st_ino)`;
    await space.sh('touch read');
    const reader = space.python(program);
    await new Promise<void>((resolve) => {
      const stop = space.volume.events.onChange((change) => {
        if (change.kind !== 'entry' || change.name !== 'was-read') return;
        stop();
        resolve();
      });
    });
    await files.writeFile('/file', 'new content\n');
    await sendThere();
    await files.writeFile('/changed', '');
    await sendThere();
    expect(await reader).toBe('old\nold\nnew content\nTrue');
  });

  it('show names that were known to be missing, and take away names that were known', async () => {
    await space.sh('mkdir folder; touch folder/a; ls folder; ! stat folder/b 2> /dev/null; stat folder/a');
    await sendHere();
    await files.writeFile('/folder/b', 'b');
    await files.rm('/folder/a');
    await sendThere();
    expect(await space.sh('cat folder/b; ls folder; ! stat folder/a 2> /dev/null')).toBe('bb');
  });

  it('show permissions and times', async () => {
    await space.sh('echo text > attributes; stat attributes; cat attributes');
    await sendHere();
    await files.chmod('/attributes', 0o600);
    await files.utimes('/attributes', 1000, 1000);
    await sendThere();
    expect(await space.sh('stat -c "%a %Y" attributes; cat attributes')).toBe('600 1000\ntext');
  });

  it('move and remove trees that are used here', async () => {
    await space.sh('mkdir -p tree/branch; echo leaf > tree/branch/leaf; cat tree/branch/leaf; ls -R tree');
    await sendHere();
    await files.rename('/tree/branch', '/moved');
    await files.rmdir('/tree');
    await sendThere();
    expect(await space.sh('cat moved/leaf; ! ls tree 2> /dev/null')).toBe('leaf');
  });
});
