import { constants } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createFsFromVolume, type SeamountFs } from '../../src/fs/index.ts';
import { openTestVolume, type VolumeUnderTest } from './volume.ts';

describe('permission bits', () => {
  let under: VolumeUnderTest;
  let owner: SeamountFs['promises'];
  let root: SeamountFs['promises'];

  beforeAll(async () => {
    under = await openTestVolume();
    owner = createFsFromVolume(under.volume, { uid: 1000, gid: 1000 }).promises;
    root = createFsFromVolume(under.volume, { uid: 0, gid: 0 }).promises;
    await root.mkdir('/closed');
    await root.writeFile('/closed/f', 'x');
    await root.chmod('/closed', 0o600);
    await root.mkdir('/readable');
    await root.writeFile('/readable/f', 'x');
    await root.chmod('/readable', 0o500);
    for (const mode of [0o400, 0o200, 0o000, 0o500]) {
      await root.writeFile(`/f${mode.toString(8)}`, 'x');
      await root.chmod(`/f${mode.toString(8)}`, mode);
    }
  });

  afterAll(() => under.close());

  const refused = (syscall: string) => expect.objectContaining({ code: 'EACCES', errno: -13, syscall });

  test('bind the owner of the files', async () => {
    expect(await owner.readFile('/f400', 'utf8')).toBe('x');
    await expect(owner.readFile('/f200')).rejects.toEqual(refused('open'));
    await expect(owner.open('/f0')).rejects.toEqual(refused('open'));
    await expect(owner.writeFile('/f400', 'y')).rejects.toEqual(refused('open'));
    await expect(owner.truncate('/f400', 0)).rejects.toEqual(refused('open'));
    await owner.writeFile('/f200', 'y');
    await expect(owner.access('/f400', constants.W_OK)).rejects.toEqual(refused('access'));
    await owner.access('/f500', constants.X_OK | constants.R_OK);
    // Whether a file is there is said of the directory, not of the file.
    await owner.access('/f0');
    await owner.chmod('/f0', 0o400);
    expect(await owner.readFile('/f0', 'utf8')).toBe('x');
  });

  test('of directories: searching, listing, and changing names', async () => {
    await expect(owner.stat('/closed/f')).rejects.toEqual(refused('stat'));
    await expect(owner.stat('/closed/none')).rejects.toEqual(refused('stat'));
    expect(await owner.readdir('/closed')).toEqual(['f']);
    expect(await owner.readFile('/readable/f', 'utf8')).toBe('x');
    await expect(owner.writeFile('/readable/new', '')).rejects.toEqual(refused('open'));
    await expect(owner.mkdir('/readable/new')).rejects.toEqual(refused('mkdir'));
    await expect(owner.unlink('/readable/f')).rejects.toEqual(refused('unlink'));
    await expect(owner.rename('/readable/f', '/f')).rejects.toEqual(refused('rename'));
    await expect(owner.rename('/f500', '/readable/f')).rejects.toEqual(refused('rename'));
    await expect(owner.mkdtemp('/readable/t')).rejects.toEqual(refused('mkdtemp'));
    expect(await root.readdir('/readable')).toEqual(['f']);
  });

  test('do not bind the superuser, who can execute programs only', async () => {
    expect(await root.readFile('/closed/f', 'utf8')).toBe('x');
    await root.writeFile('/f400', 'y');
    await root.access('/f200', constants.R_OK | constants.W_OK);
    await expect(root.access('/f200', constants.X_OK)).rejects.toEqual(refused('access'));
    await root.access('/closed', constants.X_OK);
  });

  test('files belong to who opened the volume, and to nobody else', async () => {
    expect(await owner.stat('/f500')).toMatchObject({ uid: 1000, gid: 1000 });
    await owner.chown('/f500', 1000, -1);
    await expect(owner.chown('/f500', 0, 0)).rejects.toMatchObject({ code: 'EPERM', syscall: 'chown', path: '/f500' });
  });
});

test('a volume that is opened read-only can be looked at', async () => {
  const under = await openTestVolume({ readOnly: true });
  const { promises } = createFsFromVolume(under.volume);
  expect(await promises.readdir('/')).toEqual([]);
  await expect(promises.access('/', constants.W_OK)).rejects.toMatchObject({ code: 'EROFS', syscall: 'access' });
  await expect(promises.writeFile('/f', 'x')).rejects.toMatchObject({ code: 'EROFS', syscall: 'open', path: '/f' });
  await expect(promises.mkdir('/d')).rejects.toMatchObject({ code: 'EROFS', syscall: 'mkdir' });
  await under.close();
});
