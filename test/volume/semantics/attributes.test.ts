import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Machine, type OpenedSpace, SENDS_WHEN_TOLD } from '../machine.ts';
import { Site } from '../site.ts';

let site: Site;
let mine: Machine;
let other: Machine;
let space: string[];
let here: OpenedSpace;

beforeAll(async () => {
  site = await Site.start();
  mine = await site.machine();
  other = await site.machine();
});
afterAll(() => site.close());
beforeEach(async () => {
  space = await site.space();
  here = await mine.open(space, { sendTimes: SENDS_WHEN_TOLD });
});

async function elsewhere(): Promise<OpenedSpace['files']> {
  await here.volume.sync();
  const there = await other.open(space);
  return there.files;
}

/** Ends the volume and opens it again; what is pending is sent first when told. */
async function remount(how: 'sent' | 'pending'): Promise<void> {
  if (how === 'sent') await here.volume.sync();
  await mine.closeVolume(here.volume);
  here = await mine.open(space, { sendTimes: SENDS_WHEN_TOLD });
}

describe('kept on the server are', () => {
  it('all nine permission bits, of files and folders', async () => {
    for (let bits = 0; bits <= 0o777; bits += bits < 0o10 ? 1 : 0o11) {
      await here.files.writeFile(`/f${bits}`, 'x');
      await here.files.mkdir(`/d${bits}`);
      await here.files.chmod(`/f${bits}`, bits);
      await here.files.chmod(`/d${bits}`, bits);
    }
    const files = await elsewhere();
    for (const name of await files.readdir('/')) {
      expect(`${name} ${(await files.stat(`/${name}`)).mode & 0o777}`).toBe(`${name} ${name.slice(1)}`);
    }
  });

  it('bits that are changed when nothing else is', async () => {
    await here.files.writeFile('/file', 'x');
    await here.files.mkdir('/folder');
    await here.volume.sync();
    await here.files.chmod('/file', 0o400);
    await here.files.chmod('/folder', 0o500);
    const files = await elsewhere();
    expect((await files.stat('/file')).mode).toBe(0o100400);
    expect((await files.stat('/folder')).mode).toBe(0o040500);
    expect(here.volume.status().pending).toEqual([]);
  });

  it('the time of modification, in whole seconds', async () => {
    await here.files.writeFile('/file', 'x');
    await here.files.mkdir('/folder');
    await here.files.utimes('/file', 1, 1_234_567_890.987);
    await here.files.utimes('/folder', 1, 987_654_321);
    const files = await elsewhere();
    expect((await files.stat('/file')).mtimeMs).toBe(1_234_567_890_000);
    expect((await files.stat('/folder')).mtimeMs).toBe(987_654_321_000);
  });

  it('the times of the changes themselves: of a file when it is written, of a folder when its own names change', async () => {
    await here.files.mkdir('/a/b', { recursive: true });
    for (const path of ['/a', '/a/b']) await here.files.utimes(path, 1000, 1000);
    await here.files.writeFile('/a/b/file', 'x');
    const { mtimeMs } = await here.files.stat('/a/b');
    expect(mtimeMs).toBeGreaterThan(1_000_000);
    expect((await here.files.stat('/a')).mtimeMs).toBe(1_000_000);
    const files = await elsewhere();
    expect((await files.stat('/a')).mtimeMs).toBe(1_000_000);
    expect((await files.stat('/a/b')).mtimeMs).toBe(Math.floor(mtimeMs / 1000) * 1000);
    expect((await files.stat('/a/b/file')).mtimeMs).toBe(
      Math.floor((await here.files.stat('/a/b/file')).mtimeMs / 1000) * 1000,
    );
  });

  it('the time that an empty file was emptied once more', async () => {
    await here.files.writeFile('/stamp', '');
    await here.files.utimes('/stamp', 1000, 1000);
    await here.volume.sync();
    await here.files.writeFile('/stamp', '');
    expect((await here.files.stat('/stamp')).mtimeMs).toBeGreaterThan(1_000_000);
  });
});

describe('kept here while a file is known are', () => {
  it('nanoseconds, time of change and time of access, also across a remount while it is pending', async () => {
    await here.files.writeFile('/file', 'x');
    await here.files.utimes('/file', 1.25, 2.5);
    const before = await here.files.stat('/file');
    expect(before).toMatchObject({ atimeMs: 1250, mtimeMs: 2500 });
    expect(before.ctimeMs).toBeGreaterThan(1_000_000_000_000);
    await remount('pending');
    expect(await here.files.stat('/file')).toMatchObject({ atimeMs: 1250, mtimeMs: 2500, ctimeMs: before.ctimeMs });
    await here.volume.sync();
    expect(await here.files.stat('/file')).toMatchObject({ atimeMs: 1250, mtimeMs: 2500 });
  });
});

describe('owner, group and links', () => {
  it('are those of whoever has it open; a folder counts two links and one for each folder in it', async () => {
    await here.files.mkdir('/folder/sub', { recursive: true });
    await here.files.writeFile('/file', 'x');
    const links = { '/': 3, '/folder': 3, '/folder/sub': 2, '/file': 1 };
    for (const [path, nlink] of Object.entries(links)) {
      const stats = await here.files.stat(path);
      expect(stats).toMatchObject({ uid: process.getuid?.(), gid: process.getgid?.(), nlink });
    }
  });
});

describe('inode numbers', () => {
  const PATHS = ['/folder', '/folder/file', '/moved', '/moved/sub', '/moved/sub/deep', '/second'];

  async function make(): Promise<Map<string, number>> {
    await here.files.mkdir('/folder');
    await here.files.writeFile('/folder/file', 'x');
    await here.files.mkdir('/old/sub', { recursive: true });
    await here.files.writeFile('/old/sub/deep', 'x');
    await here.files.writeFile('/first', '1');
    await here.files.rename('/old', '/moved');
    await here.files.rename('/first', '/second');
    // What now has a name that something else was renamed from is something else.
    await here.files.writeFile('/first', 'new');
    return numbers();
  }

  async function numbers(files = here.files): Promise<Map<string, number>> {
    const found = new Map<string, number>();
    for (const path of [...PATHS, '/first']) found.set(path, (await files.stat(path)).ino);
    return found;
  }

  it('are different for different files, below 2^53, and the same in listings', async () => {
    const found = await make();
    expect(new Set(found.values()).size).toBe(found.size);
    for (const ino of found.values()) expect(Number.isSafeInteger(ino) && ino > 1).toBe(true);
    const { volume } = here;
    for (const item of await volume.readdir(volume.root)) expect(item.ino).toBe(found.get(`/${item.name}`) ?? item.ino);
  });

  it('are the same after a remount, also of what was renamed, whether it was sent or not', async () => {
    const found = await make();
    await remount('pending');
    expect(await numbers()).toEqual(found);
    await remount('sent');
    expect(await numbers()).toEqual(found);
    await remount('sent');
    expect(await numbers()).toEqual(found);
  });

  it('of a renamed file stays when its content is changed elsewhere', async () => {
    const found = await make();
    const files = await elsewhere();
    await files.writeFile('/second', 'changed there');
    await files.writeFile('/moved/sub/deep', 'changed there');
    for (const { volume } of [...other.opened]) await volume.sync();
    await here.volume.refresh();
    expect(await here.files.readFile('/second', 'utf8')).toBe('changed there');
    expect(await numbers()).toEqual(found);
  });
});

describe('what is not there yet', () => {
  it('fails and says so: owners other than one’s own', async () => {
    await here.files.writeFile('/file', 'x');
    await expect(here.files.chown('/file', 12345, 12345)).rejects.toMatchObject({
      code: expect.stringMatching(/^(ENOSYS|EPERM|ENOTSUP)$/),
    });
    expect(await here.files.readdir('/')).toEqual(['file']);
  });

  it('is a file beyond 2^52 bytes: EFBIG', async () => {
    await using file = await here.files.open('/file', 'w');
    await expect(file.write(Buffer.from('x'), 0, 1, 2 ** 52)).rejects.toMatchObject({ code: 'EFBIG' });
    await expect(file.truncate(2 ** 52 + 1)).rejects.toMatchObject({ code: 'EFBIG' });
    expect((await file.stat()).size).toBe(0);
  });
});
