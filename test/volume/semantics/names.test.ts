import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openLibrary } from '../../../src/library/index.ts';
import { makeFolder } from '../../../src/seafile/index.ts';
import { VolumeError } from '../../../src/volume/index.ts';
import { type Machine, type OpenedSpace, SENDS_WHEN_TOLD } from '../machine.ts';
import { Site } from '../site.ts';

const NFC = 'Bücher ä';
const NFD = NFC.normalize('NFD');

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
  return (await other.open(space)).files;
}

describe('a name', () => {
  it('has at most 255 bytes of UTF-8, and all of them reach the server', async () => {
    for (const longest of ['x'.repeat(255), 'ä'.repeat(127), `${'😀'.repeat(63)}abc`]) {
      await here.files.writeFile(`/${longest}`, 'x');
      await here.files.mkdir(`/folder of ${longest.length}`);
      await here.files.rename(`/${longest}`, `/folder of ${longest.length}/${longest}`);
    }
    expect(here.volume.status().pending).toHaveLength(6);
    const files = await elsewhere();
    expect(await files.readdir('/folder of 255')).toEqual(['x'.repeat(255)]);
    expect(await files.readdir('/folder of 127')).toEqual(['ä'.repeat(127)]);
    expect(await files.readdir('/folder of 129')).toEqual([`${'😀'.repeat(63)}abc`]);
  });

  it('of more is refused with ENAMETOOLONG, in every call that takes one', async () => {
    await here.files.writeFile('/file', 'x');
    for (const tooLong of ['x'.repeat(256), 'ä'.repeat(128), '😀'.repeat(64)]) {
      const path = `/${tooLong}`;
      for (const call of [
        () => here.files.writeFile(path, 'x'),
        () => here.files.mkdir(path),
        () => here.files.rename('/file', path),
        () => here.files.stat(path),
        () => here.files.unlink(path),
      ]) {
        await expect(call()).rejects.toMatchObject({ code: 'ENAMETOOLONG' });
      }
    }
    expect(await here.files.readdir('/')).toEqual(['file']);
  });

  it('of . or .., or with a slash or NUL, is refused with EINVAL', async () => {
    const { volume } = here;
    for (const name of ['.', '..', '', 'a/b', 'a\0b']) {
      const make = async () => volume.mkdir(volume.root, name, 0o755);
      await expect(make()).rejects.toThrow(VolumeError);
      await expect(make()).rejects.toMatchObject({ code: 'EINVAL' });
    }
    expect(await here.files.readdir('/')).toEqual([]);
  });

  it('may have anything else in it', async () => {
    const names = [
      ' leading',
      'trailing ',
      'a\\b',
      'a:b',
      'line\nbreak',
      '"quoted"',
      '*?<>|',
      '.hidden',
      '...',
      '%41',
      '\u0001',
    ];
    for (const name of names) await here.files.writeFile(`/${name}`, name);
    const files = await elsewhere();
    expect((await files.readdir('/')).sort()).toEqual([...names].sort());
    for (const name of names) expect(await files.readFile(`/${name}`, 'utf8')).toBe(name);
  });
});

describe('a name made in NFD', () => {
  it('is stored in NFC, and found under both forms', async () => {
    await here.files.mkdir(`/${NFD}`);
    await here.files.writeFile(`/${NFD}/${NFD}.txt`, 'x');
    expect(await here.files.readdir('/')).toEqual([NFC]);
    const files = await elsewhere();
    expect(await files.readdir('/')).toEqual([NFC]);
    for (const door of [here.files, files]) {
      expect(await door.readFile(`/${NFC}/${NFC}.txt`, 'utf8')).toBe('x');
      expect(await door.readFile(`/${NFD}/${NFD}.txt`, 'utf8')).toBe('x');
      expect((await door.stat(`/${NFD}`)).ino).toBe((await door.stat(`/${NFC}`)).ino);
    }
  });

  it('is the same name as the one in NFC: it cannot be made twice, and both forms rename and remove it', async () => {
    await here.files.mkdir(`/${NFC}`);
    await expect(here.files.mkdir(`/${NFD}`)).rejects.toMatchObject({ code: 'EEXIST' });
    await here.files.rename(`/${NFD}`, '/plain');
    await here.files.rename('/plain', `/${NFD}`);
    expect(await here.files.readdir('/')).toEqual([NFC]);
    await here.files.rmdir(`/${NFD}`);
    expect(await here.files.readdir('/')).toEqual([]);
  });
});

describe('entries that the server holds and POSIX cannot show', () => {
  it('are left out, and nothing else is', async () => {
    await makeFolder(site.web, site.library, `/${space.join('/')}/fine`);
    const library = await openLibrary(mine.connection, site.library);
    const names = ['', '.', '..', 'with/slash', 'with\0nul', 'fine'];
    const read = library.readDirectories.bind(library);
    // Old servers stored such names; the embedded one does not, so they are put into what it answers.
    library.readDirectories = async (ids, signal) => {
      const found = await read(ids, signal);
      for (const [id, directory] of found) {
        const [first] = directory.entries.values();
        if (first === undefined || !directory.entries.has('fine')) continue;
        found.set(id, { ...directory, entries: new Map(names.map((name) => [name, { ...first, name }])) });
      }
      return found;
    };
    try {
      const strange = await other.open(space, { library });
      expect(await strange.files.readdir('/')).toEqual(['fine']);
      await expect(strange.files.stat('/with/slash')).rejects.toMatchObject({ code: 'ENOENT' });
      expect((await strange.files.stat('/fine')).isDirectory()).toBe(true);
    } finally {
      library.readDirectories = read;
      await library.close();
    }
  });
});
