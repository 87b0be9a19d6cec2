import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { encodeLink } from '../../../src/volume/links/mfsymlink.ts';
import { History } from '../history.ts';
import { type Machine, type OpenedSpace, SENDS_WHEN_TOLD } from '../machine.ts';
import { Site } from '../site.ts';

let site: Site;
let mine: Machine;
let other: Machine;
let space: string[];
let here: OpenedSpace;
let there: OpenedSpace;

beforeAll(async () => {
  site = await Site.start({ restartable: true });
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

describe('a file with several names', () => {
  const numbers = async (...paths: string[]) =>
    new Set(await Promise.all(paths.map(async (path) => (await here.files.lstat(path)).ino))).size;

  beforeEach(async () => {
    await here.files.mkdir('/folder');
    await here.files.writeFile('/a', 'first');
    await here.files.link('/a', '/folder/b');
  });

  it('is one file after a remount, pending or sent', async () => {
    await remount();
    expect(await numbers('/a', '/folder/b')).toBe(1);
    await here.files.appendFile('/folder/b', ', more');
    await sendHere();
    expect(here.volume.status().pending).toEqual([]);
    await remount();
    expect(await numbers('/a', '/folder/b')).toBe(1);
    expect((await here.files.stat('/folder/b')).nlink).toBe(2);
    await here.files.writeFile('/a', 'again');
    expect(await here.files.readFile('/folder/b', 'utf8')).toBe('again');
  });

  it('changes under all its names in one commit, also when only one was looked at', async () => {
    await sendHere();
    await remount();
    const history = await History.open(site);
    const before = await history.head();
    await here.files.writeFile('/a', 'changed');
    await here.volume.sync();
    const trees = await history.since(before, space);
    expect(trees).toHaveLength(1);
    expect(trees[0]?.get('/a')).toBe(trees[0]?.get('/folder/b'));
  });

  it('is two equal files elsewhere', async () => {
    await sendHere();
    expect(await there.files.readFile('/a', 'utf8')).toBe('first');
    expect(await there.files.readFile('/folder/b', 'utf8')).toBe('first');
    expect((await there.files.stat('/a')).nlink).toBe(1);
  });

  it('is two files from when others change one of them; nothing is lost', async () => {
    await sendHere();
    await there.files.writeFile('/a', 'theirs');
    await sendThere();
    expect(await here.files.readFile('/a', 'utf8')).toBe('theirs');
    expect(await here.files.readFile('/folder/b', 'utf8')).toBe('first');
    expect(await numbers('/a', '/folder/b')).toBe(2);
    expect((await here.files.stat('/folder/b')).nlink).toBe(1);
    await here.files.writeFile('/folder/b', 'mine');
    expect(await here.files.readFile('/a', 'utf8')).toBe('theirs');
  });

  it('and was changed on both sides is kept under the other name and beside theirs', async () => {
    await sendHere();
    await there.files.writeFile('/a', 'theirs');
    await there.volume.sync();
    await here.files.writeFile('/a', 'mine');
    await here.volume.sync();
    expect(await here.files.readFile('/a', 'utf8')).toBe('theirs');
    expect(await here.files.readFile('/folder/b', 'utf8')).toBe('mine');
    const copy = (await here.files.readdir('/')).find((name) => name.includes('SFConflict'));
    expect(await here.files.readFile(`/${copy}`, 'utf8')).toBe('mine');
    expect(await numbers('/a', '/folder/b', `/${copy}`)).toBe(3);
  });

  it('changed elsewhere under all names stays one', async () => {
    await sendHere();
    await there.files.writeFile('/a', 'both');
    await there.files.writeFile('/folder/b', 'both');
    await sendThere();
    expect(await here.files.readFile('/folder/b', 'utf8')).toBe('both');
  });

  it('loses the names that others removed', async () => {
    await sendHere();
    await there.files.unlink('/a');
    await sendThere();
    expect((await here.files.stat('/folder/b')).nlink).toBe(1);
    await remount();
    expect((await here.files.stat('/folder/b')).nlink).toBe(1);
  });

  it('keeps its names when folders are renamed here', async () => {
    await sendHere();
    await here.files.rename('/folder', '/renamed');
    await remount();
    expect(await numbers('/a', '/renamed/b')).toBe(1);
    await sendHere();
    await remount();
    await here.files.writeFile('/renamed/b', 'through the renamed');
    expect(await here.files.readFile('/a', 'utf8')).toBe('through the renamed');
  });

  it('leaves nothing behind when all names are removed', async () => {
    await sendHere();
    await here.files.unlink('/a');
    await here.files.unlink('/folder/b');
    await sendHere();
    await remount();
    await here.files.writeFile('/a', 'another');
    await here.files.writeFile('/folder/b', 'and another');
    expect(await numbers('/a', '/folder/b')).toBe(2);
    expect(await there.files.readdir('/folder')).toEqual([]);
  });
});

describe('two names exchanged', () => {
  const exchange = async (one: string, other: string): Promise<void> => {
    const { root } = here.volume;
    await here.volume.rename(root, one, root, other, { exchange: true });
  };

  it('are exchanged elsewhere in one commit', async () => {
    await here.files.writeFile('/a', 'was a');
    await here.files.mkdir('/b');
    await here.files.writeFile('/b/inside', 'x');
    await here.files.writeFile('/c', 'was c');
    await here.files.mkdir('/d');
    await sendHere();
    const history = await History.open(site);
    const before = await history.head();
    await exchange('a', 'c');
    await exchange('b', 'd');
    await remount();
    expect(await here.files.readFile('/a', 'utf8')).toBe('was c');
    expect(await here.files.readdir('/d')).toEqual(['inside']);
    await sendHere();
    expect(await history.since(before, space)).toHaveLength(1);
    expect(await there.files.readFile('/a', 'utf8')).toBe('was c');
    expect(await there.files.readFile('/c', 'utf8')).toBe('was a');
    expect(await there.files.readdir('/d')).toEqual(['inside']);
    expect(await there.files.readdir('/b')).toEqual([]);
    expect(here.volume.status().pending).toEqual([]);
  });

  it('may be a file and a folder, and keep their numbers', async () => {
    await here.files.writeFile('/a', 'file');
    await here.files.mkdir('/b');
    const numbers = [(await here.files.stat('/a')).ino, (await here.files.stat('/b')).ino];
    await sendHere();
    await exchange('a', 'b');
    await sendHere();
    await remount();
    expect([(await here.files.stat('/b')).ino, (await here.files.stat('/a')).ino]).toEqual(numbers);
    expect((await there.files.stat('/a')).isDirectory()).toBe(true);
    expect(await there.files.readFile('/b', 'utf8')).toBe('file');
  });

  it('while one is being written go together, when it is closed', async () => {
    await here.files.writeFile('/a', 'a');
    await here.files.writeFile('/b', 'b');
    await sendHere();
    await using file = await here.files.open('/a', 'r+');
    await file.write('A');
    await exchange('a', 'b');
    await sendHere();
    expect([await there.files.readFile('/a', 'utf8'), await there.files.readFile('/b', 'utf8')]).toEqual(['b', 'A']);
  });

  it('must both be there, and neither in the other', async () => {
    await here.files.mkdir('/a/b', { recursive: true });
    await expect(exchange('a', 'missing')).rejects.toMatchObject({ code: 'ENOENT' });
    const a = await here.volume.lookup(here.volume.root, 'a');
    expect(() => here.volume.rename(here.volume.root, 'a', a, 'b', { exchange: true })).toThrow(/EINVAL/);
  });
});

describe('what lives on this machine only', () => {
  const makeFifo = async (name: string): Promise<void> => {
    await here.volume.mknod(here.volume.root, name, 'fifo', 0, 0o640);
  };

  it('is remembered with its number, its bits and its names, and never sent', async () => {
    await here.files.mkdir('/folder');
    await makeFifo('fifo');
    await here.files.link('/fifo', '/folder/second');
    await here.files.chmod('/fifo', 0o600);
    const { ino } = await here.files.stat('/fifo');
    await sendHere();
    expect(here.volume.status().pending).toEqual([]);
    await remount();
    await here.files.rename('/folder', '/renamed');
    await remount();
    for (const path of ['/fifo', '/renamed/second']) {
      const found = await here.files.stat(path);
      expect([found.isFIFO(), found.ino, found.nlink, found.mode & 0o777]).toEqual([true, ino, 2, 0o600]);
    }
    expect(await here.files.readdir('/')).toEqual(['fifo', 'renamed']);
    await sendHere();
    expect(await there.files.readdir('/')).toEqual(['renamed']);
    await here.files.unlink('/fifo');
    await remount();
    expect((await here.files.stat('/renamed/second')).nlink).toBe(1);
  });

  it('yields its name to what others put there', async () => {
    await makeFifo('name');
    await there.files.writeFile('/name', 'theirs');
    await sendThere();
    expect(await here.files.readFile('/name', 'utf8')).toBe('theirs');
    await remount();
    expect(await here.files.readFile('/name', 'utf8')).toBe('theirs');
  });

  it('takes the place of a file, which is removed elsewhere, and gives it back', async () => {
    await here.files.writeFile('/name', 'x');
    await sendHere();
    await makeFifo('fifo');
    await here.files.rename('/fifo', '/name');
    await remount();
    expect((await here.files.stat('/name')).isFIFO()).toBe(true);
    await sendHere();
    expect(await there.files.readdir('/')).toEqual([]);
    await here.files.writeFile('/file', 'again');
    await here.files.rename('/file', '/name');
    await sendHere();
    expect(await there.files.readFile('/name', 'utf8')).toBe('again');
  });

  it('is not opened by the module', async () => {
    await makeFifo('fifo');
    await expect(here.files.readFile('/fifo')).rejects.toMatchObject({ code: 'ENXIO', syscall: 'open' });
    await expect(here.files.cp('/fifo', '/copy')).rejects.toMatchObject({ code: 'ERR_FS_CP_FIFO_PIPE' });
  });

  it('is a link with a target too long for a link file', async () => {
    const target = 'x/'.repeat(2000);
    await here.files.symlink(target, '/long');
    await remount();
    expect(await here.files.readlink('/long')).toBe(target);
    expect((await here.files.lstat('/long')).size).toBe(4000);
    await expect(here.files.symlink('x'.repeat(4096), '/longer')).rejects.toMatchObject({ code: 'ENAMETOOLONG' });
    await sendHere();
    expect(await there.files.readdir('/')).toEqual([]);
  });
});
