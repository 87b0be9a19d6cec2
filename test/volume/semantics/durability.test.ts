import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { changeShare, shareFolder } from '../../../src/seafile/index.ts';
import { type Machine, SENDS_WHEN_TOLD } from '../machine.ts';
import { ACCOUNT, Site } from '../site.ts';

const SAM = { email: 'sam@example.org', password: 'battery staple' };
const PATIENCE = { timeout: 20_000, interval: 20 };

describe('a change that returned', () => {
  let site: Site;
  let mine: Machine;
  let other: Machine;
  let space: string[];

  beforeAll(async () => {
    site = await Site.start();
    mine = await site.machine();
    other = await site.machine();
  });
  afterAll(() => site.close());
  beforeEach(async () => {
    space = await site.space();
  });

  it('is shown by the next process, and sent by it without anybody asking', async () => {
    const first = await mine.open(space, { sendTimes: SENDS_WHEN_TOLD });
    await first.files.mkdir('/folder');
    await first.files.writeFile('/folder/file', 'content');
    await first.files.chmod('/folder/file', 0o600);
    await first.files.utimes('/folder/file', 100, 200);
    await first.files.rename('/folder', '/renamed');
    await mine.closeVolume(first.volume);
    const second = await mine.open(space);
    expect(await second.files.readFile('/renamed/file', 'utf8')).toBe('content');
    expect(await second.files.stat('/renamed/file')).toMatchObject({
      mode: 0o100600,
      mtimeMs: 200_000,
      atimeMs: 100_000,
    });
    await vi.waitFor(() => expect(second.volume.status().pending).toEqual([]), PATIENCE);
    const { files } = await other.open(space);
    expect(await files.readFile('/renamed/file', 'utf8')).toBe('content');
  });

  it('is not lost, nor taken for granted, when the volume is closed while it is on its way', async () => {
    const first = await mine.open(space, { sendTimes: SENDS_WHEN_TOLD });
    await first.files.writeFile('/file', 'on its way');
    const syncing = first.volume.sync();
    await first.files.writeFile('/file', 'changed meanwhile');
    await mine.closeVolume(first.volume);
    await syncing.catch((error: unknown) => expect(String(error)).toMatch(/closed before everything was sent/));
    const second = await mine.open(space);
    expect(await second.files.readFile('/file', 'utf8')).toBe('changed meanwhile');
    await second.volume.sync();
    expect(second.volume.status().conflicts).toEqual([]);
    const { files } = await other.open(space);
    expect(await files.readFile('/file', 'utf8')).toBe('changed meanwhile');
  });

  it('is refused by a volume that was closed, and harms nothing', async () => {
    const { volume, files } = await mine.open(space);
    const file = await files.open('/file', 'w');
    await mine.closeVolume(volume);
    await expect(file.write('late')).rejects.toThrow();
    await expect(volume.sync()).rejects.toThrow(/closed/);
    await file.close();
  });

  describe('with durability committed', () => {
    it('is on the server when mkdir, rename, unlink, rmdir, fsync and close return', async () => {
      const { files, volume } = await mine.open(space, { durability: 'committed', sendTimes: SENDS_WHEN_TOLD });
      const there = await other.open(space);
      const seen = async (): Promise<string[]> => {
        await there.volume.refresh();
        return (await there.files.readdir('/')).sort();
      };
      await files.mkdir('/folder');
      expect(await seen()).toEqual(['folder']);
      await files.rename('/folder', '/renamed');
      expect(await seen()).toEqual(['renamed']);
      await files.rmdir('/renamed');
      expect(await seen()).toEqual([]);
      const file = await files.open('/file', 'w');
      await file.write('synced');
      await file.sync();
      await seen();
      expect(await there.files.readFile('/file', 'utf8')).toBe('synced');
      await file.write(', closed');
      await file.close();
      await seen();
      expect(await there.files.readFile('/file', 'utf8')).toBe('synced, closed');
      await files.unlink('/file');
      expect(await seen()).toEqual([]);
      expect(volume.status().pending).toEqual([]);
    });

    it('shares its commit with others that wait at the same time', async () => {
      const { files } = await mine.open(space, { durability: 'committed', sendTimes: SENDS_WHEN_TOLD });
      await files.mkdir('/folder');
      const before = site.server.stats().commits;
      await Promise.all(Array.from({ length: 50 }, (_, index) => files.writeFile(`/folder/${index}`, `${index}`)));
      expect(site.server.stats().commits - before).toBeLessThan(10);
    });
  });
});

describe('a change that the server does not take', () => {
  let site: Site;

  afterEach(() => site.close());

  it('for its quota stays here, readable; is told by fsync, close and status; and is sent when there is room', async () => {
    site = await Site.start({ restartable: true, accounts: [{ ...ACCOUNT, quota: 2 ** 20 }] });
    const { files, volume } = await (await site.machine()).open(await site.space(), { sendTimes: SENDS_WHEN_TOLD });
    const content = Buffer.alloc(2 ** 21, 'large ');
    const file = await files.open('/large', 'w');
    await file.write(content);
    await expect(volume.sync()).rejects.toMatchObject({ code: 'EDQUOT' });
    await expect(file.sync()).rejects.toMatchObject({ code: 'EDQUOT' });
    expect(volume.status().pending).toMatchObject([{ path: ['large'], bytes: content.length }]);
    await file.sync();
    await expect(volume.sync()).rejects.toMatchObject({ code: 'EDQUOT' });
    expect(volume.status().pending[0]?.error).toMatch(/quota/i);
    expect(volume.status().sending.lastError).toMatchObject({ code: 'EDQUOT' });
    await expect(file.close()).rejects.toMatchObject({ code: 'EDQUOT' });
    expect((await files.readFile('/large')).equals(content)).toBe(true);
    await site.restartServer({ accounts: [{ ...ACCOUNT, quota: 2 ** 30 }] });
    await volume.sync();
    expect(volume.status()).toMatchObject({ pending: [], sending: { lastError: null } });
  });

  it('for a permission that was withdrawn stays here, readable; and is sent when it is given again', async () => {
    site = await Site.start({ accounts: [ACCOUNT, SAM] });
    const space = await site.space();
    const share = { kind: 'user', user: SAM.email } as const;
    await shareFolder(site.web, site.library, '/', share, 'rw');
    const { files, volume } = await (await site.machine({ as: SAM })).open(space, { sendTimes: SENDS_WHEN_TOLD });
    await files.writeFile('/before', 'x');
    await volume.sync();
    await changeShare(site.web, site.library, '/', share, 'r');
    const file = await files.open('/file', 'w');
    await file.write('kept');
    await expect(volume.sync()).rejects.toMatchObject({
      code: 'EACCES',
      message: expect.stringContaining('kept on this machine'),
    });
    await expect(file.close()).rejects.toMatchObject({ code: 'EACCES' });
    expect(await files.readFile('/file', 'utf8')).toBe('kept');
    expect(volume.status().pending).toMatchObject([{ path: ['file'] }]);
    await changeShare(site.web, site.library, '/', share, 'rw');
    await volume.sync();
    expect(volume.status().pending).toEqual([]);
    const owner = await (await site.machine()).open(space);
    expect(await owner.files.readFile('/file', 'utf8')).toBe('kept');
  });

  it('is tried again without anybody asking', async () => {
    site = await Site.start();
    const { files, volume } = await (await site.machine()).open(await site.space(), {
      sendTimes: { quietMs: 10, latestMs: 10 },
    });
    site.server.addFault({ fault: { kind: 'status', status: 403 }, path: /permission-check/, times: 1 });
    await files.writeFile('/file', 'x');
    await vi.waitFor(() => expect(volume.status().sending.lastError).not.toBeNull(), PATIENCE);
    await vi.waitFor(() => expect(volume.status().pending).toEqual([]), PATIENCE);
    expect(volume.status().sending.lastError).toBeNull();
  });
});
