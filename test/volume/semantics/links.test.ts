import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { encodeLink } from '../../../src/volume/links/mfsymlink.ts';
import { type Machine, type OpenedSpace, SENDS_WHEN_TOLD } from '../machine.ts';
import { Site } from '../site.ts';

let site: Site;
let mine: Machine;
let other: Machine;
let space: string[];
let here: OpenedSpace;
let there: OpenedSpace;

beforeAll(async () => {
  site = await Site.start();
  mine = await site.machine();
  other = await site.machine();
});
afterAll(() => site.close());
beforeEach(async () => {
  await mine.closeAll();
  await other.closeAll();
  space = await site.space();
  here = await mine.open(space, { sendTimes: SENDS_WHEN_TOLD });
  there = await other.open(space, { sendTimes: SENDS_WHEN_TOLD });
});

async function sendHere(): Promise<void> {
  await here.volume.sync();
  await there.volume.refresh();
}

async function sendThere(): Promise<void> {
  await there.volume.sync();
  await here.volume.refresh();
}

async function remount(symlinks: 'safe' | 'all' = 'safe'): Promise<void> {
  await mine.closeVolume(here.volume);
  here = await mine.open(space, { sendTimes: SENDS_WHEN_TOLD, symlinks });
}

/** What a name is: where a link leads, or `file`. */
async function shown(at: OpenedSpace, path: string): Promise<string> {
  const status = await at.files.lstat(path);
  const name = path.slice(path.lastIndexOf('/') + 1);
  const folder = path.slice(0, path.lastIndexOf('/')) || '/';
  const listed = (await at.files.readdir(folder, { withFileTypes: true })).find((entry) => entry.name === name);
  expect(listed?.isSymbolicLink()).toBe(status.isSymbolicLink());
  return status.isSymbolicLink() ? at.files.readlink(path) : 'file';
}

describe('a symbolic link', () => {
  it('is a link elsewhere too, and after a remount, pending or sent', async () => {
    await here.files.mkdir('/a');
    await here.files.symlink('../file', '/a/link');
    await remount();
    expect(await shown(here, '/a/link')).toBe('../file');
    await sendHere();
    expect(await shown(there, '/a/link')).toBe('../file');
    expect(here.volume.status().pending).toEqual([]);
    await remount();
    expect(await shown(here, '/a/link')).toBe('../file');
  });

  it('is a text file of 1067 bytes to other clients', async () => {
    await here.files.symlink('target', '/link');
    await here.volume.sync();
    const [entry] = await site.entriesOf(space);
    expect(entry).toMatchObject({ kind: 'file', name: 'link', size: 1067, mode: 0o101644 });
  });

  it('arrives as one when other clients made it, and a file that is not well-formed stays a file', async () => {
    await there.files.writeFile('/link', encodeLink('target'));
    await there.files.writeFile('/no-link', Buffer.alloc(1067, 'x'));
    await sendThere();
    expect(await shown(here, '/link')).toBe('target');
    expect(await shown(here, '/no-link')).toBe('file');
    expect(await here.files.readFile('/no-link', 'utf8')).toBe('x'.repeat(1067));
  });

  it('that leads out is a link where it was made, and elsewhere the text file that it is', async () => {
    for (const target of ['/etc/passwd', '../x', 'a/../../x']) {
      await here.files.symlink(target, '/link');
      expect(await shown(here, '/link')).toBe(target);
      await sendHere();
      expect(await shown(there, '/link')).toBe('file');
      expect(Buffer.from(encodeLink(target))).toEqual(await there.files.readFile('/link'));
      await expect(there.files.readlink('/link')).rejects.toMatchObject({ code: 'EINVAL' });
      await remount();
      expect(await shown(here, '/link')).toBe(target);
      await here.files.unlink('/link');
    }
  });

  it('that leads out and was planted in place of one made here is not followed', async () => {
    await here.files.symlink('/my/own', '/link');
    await sendHere();
    await there.files.unlink('/link');
    await there.files.symlink('/etc/passwd', '/link');
    await sendThere();
    expect(await shown(here, '/link')).toBe('file');
    await remount('all');
    expect(await shown(here, '/link')).toBe('/etc/passwd');
    await remount('safe');
    expect(await shown(here, '/link')).toBe('file');
  });

  it('that led out only after its folder was moved is not followed any more', async () => {
    await there.files.mkdir('/a/b', { recursive: true });
    await there.files.symlink('../../x', '/a/b/link');
    await sendThere();
    expect(await shown(here, '/a/b/link')).toBe('../../x');
    await here.files.rename('/a/b', '/b');
    expect(await shown(here, '/b/link')).toBe('file');
  });

  it('changed elsewhere is another link', async () => {
    await here.files.symlink('one', '/link');
    await sendHere();
    await there.files.unlink('/link');
    await there.files.symlink('two', '/link');
    await sendThere();
    expect(await shown(here, '/link')).toBe('two');
    await there.files.unlink('/link');
    await there.files.writeFile('/link', 'a file now');
    await sendThere();
    expect(await shown(here, '/link')).toBe('file');
  });

  it('in a listing costs no request when its content was seen', async () => {
    for (let i = 0; i < 30; i++) await there.files.symlink(`target${i}`, `/link${i}`);
    await sendThere();
    const list = async () => (await here.files.readdir('/', { withFileTypes: true })).filter((e) => e.isSymbolicLink());
    expect(await list()).toHaveLength(30);
    await site.stopServer();
    try {
      expect(await list()).toHaveLength(30);
      expect(await here.files.readlink('/link7')).toBe('target7');
    } finally {
      await site.startServer();
    }
  });
});
