import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { deleteFile, deleteFolder } from '../../../src/seafile/index.ts';
import { type Machine, type OpenedSpace, SENDS_WHEN_TOLD } from '../machine.ts';
import { ACCOUNT, Site } from '../site.ts';

let site: Site;
let mine: Machine;
let other: Machine;
let space: string[];
let here: OpenedSpace;
let there: OpenedSpace;

beforeAll(async () => {
  site = await Site.start();
  // They see each other's changes when they ask: what is on its way in between is each test's own.
  mine = await site.machine({ pollIntervalMs: 3_600_000 });
  other = await site.machine({ pollIntervalMs: 3_600_000 });
});
afterAll(() => site.close());

beforeEach(async () => {
  space = await site.space();
  here = await mine.open(space, { sendTimes: SENDS_WHEN_TOLD });
  there = await other.open(space, { sendTimes: SENDS_WHEN_TOLD });
  await here.files.mkdir('/folder');
  await here.files.writeFile('/folder/file.txt', 'both know this');
  await here.volume.sync();
  await there.volume.refresh();
});

/** They send first; then we do, and both look. */
async function meet(): Promise<void> {
  await there.volume.sync();
  await here.volume.sync();
  await there.volume.refresh();
}

/** Every file with its content, as both see it. */
async function files(): Promise<Record<string, string>> {
  const [ours, theirs] = [await contentsOf(here, ''), await contentsOf(there, '')];
  expect(ours).toEqual(theirs);
  return ours;
}

async function contentsOf(opened: OpenedSpace, folder: string): Promise<Record<string, string>> {
  const contents: Record<string, string> = {};
  for (const entry of await opened.files.readdir(folder || '/', { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) Object.assign(contents, { [`${path}/`]: '' }, await contentsOf(opened, path));
    else contents[path] = await opened.files.readFile(path, 'utf8');
  }
  return contents;
}

const COPY = `\\(SFConflict ${ACCOUNT.email.replaceAll('.', '\\.')} \\d{4}-\\d\\d-\\d\\d-\\d\\d-\\d\\d-\\d\\d\\)`;

describe('a file changed here and elsewhere', () => {
  it('keeps the other version under its name, and ours beside it; both are reported', async () => {
    await there.files.writeFile('/folder/file.txt', 'theirs');
    await here.files.writeFile('/folder/file.txt', 'ours');
    await meet();
    const [copy = '', ...more] = (await here.files.readdir('/folder')).filter((name) => name !== 'file.txt');
    expect(more).toEqual([]);
    expect(copy).toMatch(new RegExp(`^file ${COPY}\\.txt$`));
    expect(await files()).toEqual({ '/folder/': '', '/folder/file.txt': 'theirs', [`/folder/${copy}`]: 'ours' });
    expect(here.volume.status().conflicts).toEqual([{ path: ['folder', 'file.txt'], kind: 'both-changed', copy }]);
    expect(here.warnings).toEqual([expect.stringContaining(copy)]);
    expect(here.volume.status().pending).toEqual([]);
  });

  it('goes on under the copy’s name for whoever has it open here', async () => {
    await using open = await here.files.open('/folder/file.txt', 'r+');
    await open.write('OURS');
    await there.files.writeFile('/folder/file.txt', 'theirs');
    await meet();
    await open.write(' AND MORE', 4);
    await meet();
    const copy = (await here.files.readdir('/folder')).find((name) => name !== 'file.txt');
    expect(await files()).toEqual({
      '/folder/': '',
      '/folder/file.txt': 'theirs',
      [`/folder/${copy}`]: 'OURS AND MOREs',
    });
  });

  it('to the same content is no conflict', async () => {
    await there.files.writeFile('/folder/file.txt', 'the same');
    await here.files.writeFile('/folder/file.txt', 'the same');
    await meet();
    expect(await files()).toEqual({ '/folder/': '', '/folder/file.txt': 'the same' });
    expect(here.volume.status().conflicts).toEqual([]);
  });

  it('in bits here and in content elsewhere has both', async () => {
    await there.files.writeFile('/folder/file.txt', 'theirs');
    await here.files.chmod('/folder/file.txt', 0o640);
    await meet();
    expect(await files()).toEqual({ '/folder/': '', '/folder/file.txt': 'theirs' });
    expect((await there.files.stat('/folder/file.txt')).mode & 0o777).toBe(0o640);
    expect((await here.files.stat('/folder/file.txt')).mode & 0o777).toBe(0o640);
    expect(here.volume.status()).toMatchObject({ conflicts: [], pending: [] });
  });

  it('that is new on both sides has two versions too', async () => {
    await there.files.writeFile('/new', 'theirs');
    await here.files.writeFile('/new', 'ours');
    await meet();
    const copy = (await here.files.readdir('/')).find((name) => name.startsWith('new ('));
    expect(copy).toMatch(new RegExp(`^new ${COPY}$`));
    expect(await files()).toMatchObject({ '/new': 'theirs', [`/${copy}`]: 'ours' });
  });

  it('is no conflict of those who change different files of one folder', async () => {
    await there.files.writeFile('/folder/theirs', 'theirs');
    await here.files.writeFile('/folder/ours', 'ours');
    await here.files.mkdir('/folder/sub');
    await meet();
    expect(await files()).toEqual({
      '/folder/': '',
      '/folder/file.txt': 'both know this',
      '/folder/ours': 'ours',
      '/folder/sub/': '',
      '/folder/theirs': 'theirs',
    });
    expect(here.volume.status().conflicts).toEqual([]);
  });

  it('is none of theirs either when they changed it after ours was sent, while we changed it again', async () => {
    await here.files.writeFile('/folder/file.txt', 'ours, sent');
    await here.volume.sync();
    await there.volume.refresh();
    await there.files.writeFile('/folder/file.txt', 'theirs, on top of ours');
    await here.files.writeFile('/folder/file.txt', 'ours, once more');
    await meet();
    const copy = (await here.files.readdir('/folder')).find((name) => name !== 'file.txt');
    expect(await files()).toMatchObject({
      '/folder/file.txt': 'theirs, on top of ours',
      [`/folder/${copy}`]: 'ours, once more',
    });
  });
});

describe('what was deleted on one side and changed on the other', () => {
  it('stays when we deleted it, and is told', async () => {
    await there.files.writeFile('/folder/file.txt', 'changed there');
    await here.files.unlink('/folder/file.txt');
    await meet();
    expect(await files()).toEqual({ '/folder/': '', '/folder/file.txt': 'changed there' });
    expect(here.volume.status().conflicts).toMatchObject([{ kind: 'deletion-refused' }]);
  });

  it('stays when they deleted it, and is told', async () => {
    await there.files.unlink('/folder/file.txt');
    await here.files.writeFile('/folder/file.txt', 'changed here');
    await meet();
    expect(await files()).toEqual({ '/folder/': '', '/folder/file.txt': 'changed here' });
    expect(here.volume.status().conflicts).toMatchObject([{ kind: 'deletion-undone' }]);
  });

  it('stays of a folder that was deleted, without the rest of it', async () => {
    await here.files.writeFile('/folder/other', 'goes');
    await here.volume.sync();
    await there.volume.refresh();
    await there.files.writeFile('/folder/file.txt', 'changed there');
    await here.files.rm('/folder', { recursive: true });
    await meet();
    expect(await files()).toEqual({ '/folder/': '', '/folder/file.txt': 'changed there' });
  });

  it('stays in a folder that they deleted, without the rest of it', async () => {
    await here.files.writeFile('/folder/other', 'goes');
    await here.volume.sync();
    await deleteFolder(site.web, site.library, `/${space.join('/')}/folder`);
    await here.files.writeFile('/folder/file.txt', 'changed here');
    await meet();
    expect(await files()).toEqual({ '/folder/': '', '/folder/file.txt': 'changed here' });
  });

  it('follows a folder that was renamed on the other side', async () => {
    await there.files.writeFile('/folder/file.txt', 'changed there');
    await there.files.writeFile('/folder/new', 'made there');
    await here.files.rename('/folder', '/renamed');
    await meet();
    expect(await files()).toEqual({
      '/renamed/': '',
      '/renamed/file.txt': 'changed there',
      '/renamed/new': 'made there',
    });
  });

  it('is only in bits or times: then it goes', async () => {
    await deleteFile(site.web, site.library, `/${space.join('/')}/folder/file.txt`);
    await here.files.chmod('/folder/file.txt', 0o600);
    await meet();
    expect(await files()).toEqual({ '/folder/': '' });
    expect(here.volume.status()).toMatchObject({ pending: [], conflicts: [] });
  });
});

describe('a folder on one side and a file on the other, of one name', () => {
  it('both stay: the folder is ours', async () => {
    await there.files.writeFile('/thing', 'their file');
    await here.files.mkdir('/thing/sub', { recursive: true });
    await here.files.writeFile('/thing/sub/inside', 'ours');
    await meet();
    const copy = (await here.files.readdir('/')).find((name) => name.startsWith('thing ('));
    expect(copy).toMatch(new RegExp(`^thing ${COPY}$`));
    expect(await files()).toMatchObject({ '/thing': 'their file', [`/${copy}/sub/inside`]: 'ours' });
    expect(here.volume.status().conflicts).toMatchObject([{ path: ['thing'], kind: 'kind-differs', copy }]);
    await here.files.writeFile(`/${copy}/sub/later`, 'goes on');
    await meet();
    expect(await files()).toMatchObject({ [`/${copy}/sub/later`]: 'goes on' });
  });

  it('both stay: the file is ours', async () => {
    await there.files.mkdir('/thing');
    await there.files.writeFile('/thing/inside', 'theirs');
    await here.files.writeFile('/thing', 'our file');
    await meet();
    const copy = (await here.files.readdir('/')).find((name) => name.startsWith('thing ('));
    expect(await files()).toMatchObject({ '/thing/inside': 'theirs', [`/${copy}`]: 'our file' });
    expect(here.volume.status().conflicts).toMatchObject([{ path: ['thing'], kind: 'kind-differs', copy }]);
  });
});

describe('deletions', () => {
  it('are sent only because a program asked for them: a cache or a journal that is lost deletes nothing', async () => {
    const forgetful = await site.machine();
    const before = await forgetful.open(space);
    expect(await before.files.readFile('/folder/file.txt', 'utf8')).toBe('both know this');
    await forgetful.closeVolume(before.volume);
    await forgetful.forget();
    here = await forgetful.open(space, { sendTimes: SENDS_WHEN_TOLD });
    await here.files.writeFile('/after', 'x');
    await meet();
    expect(await files()).toEqual({ '/after': 'x', '/folder/': '', '/folder/file.txt': 'both know this' });
  });
});

describe('a file that is open here while others change it', () => {
  it('is kept beside theirs when it is written afterwards: nothing that a program wrote vanishes', async () => {
    await using open = await here.files.open('/folder/file.txt', 'r+');
    await there.files.writeFile('/folder/file.txt', 'theirs');
    await there.volume.sync();
    await here.volume.refresh();
    await open.write('OURS');
    await meet();
    const copy = (await here.files.readdir('/folder')).find((name) => name !== 'file.txt');
    expect(copy).toMatch(new RegExp(`^file ${COPY}\\.txt$`));
    expect(await files()).toMatchObject({
      '/folder/file.txt': 'theirs',
      [`/folder/${copy}`]: 'OURS know this',
    });
    expect(here.volume.status().conflicts).toEqual([{ path: ['folder', 'file.txt'], kind: 'both-changed', copy }]);
  });
});
