import { afterEach, describe, expect, it, vi } from 'vitest';
import { type OpenedSpace, SENDS_WHEN_TOLD } from '../machine.ts';
import { Site } from '../site.ts';

const PATIENCE = { timeout: 30_000, interval: 20 };
let site: Site;

afterEach(() => site.close());

describe('when the server cannot be reached', () => {
  it('work goes on, also across a restart of the volume, and all of it is sent when the server is back', async () => {
    site = await Site.start({ restartable: true });
    const mine = await site.machine();
    const space = await site.space();
    const { files, volume } = await mine.open(space, { sendTimes: SENDS_WHEN_TOLD });
    await files.mkdir('/folder');
    await files.writeFile('/folder/old', 'old');
    await volume.sync();
    expect(await files.readFile('/folder/old', 'utf8')).toBe('old');
    await site.stopServer();
    await using open = await files.open('/folder/old', 'r+');
    await open.write('OLD');
    await files.writeFile('/folder/new', 'new');
    await files.rename('/folder/new', '/renamed');
    await files.mkdir('/other');
    await expect(volume.sync()).rejects.toMatchObject({ code: 'EIO' });
    expect(volume.status().sending.lastError).toMatchObject({ code: 'EIO' });
    await open.sync();
    expect(await files.readFile('/folder/old', 'utf8')).toBe('OLD');
    expect((await files.readdir('/')).sort()).toEqual(['folder', 'other', 'renamed']);
    await site.startServer();
    await volume.sync();
    expect(volume.status().pending).toEqual([]);
    const there = await (await site.machine()).open(space);
    expect(await there.files.readFile('/folder/old', 'utf8')).toBe('OLD');
    expect(await there.files.readFile('/renamed', 'utf8')).toBe('new');
  });

  it('fsync and close succeed: nobody refused anything, and what was written is safe here', async () => {
    site = await Site.start({ restartable: true });
    const { files, volume } = await (await site.machine()).open(await site.space(), { sendTimes: SENDS_WHEN_TOLD });
    await site.stopServer();
    const file = await files.open('/file', 'w');
    await file.write('x');
    await expect(volume.sync()).rejects.toMatchObject({ code: 'EIO' });
    await file.sync();
    await file.close();
    await site.startServer();
    await volume.sync();
  });
});

describe('an answer that is lost', () => {
  /** What a batch asks of the server, in this order. */
  const REQUESTS = [
    'permission-check',
    'quota-check',
    'check-blocks',
    'check-fs',
    'recv-fs',
    'commit/[0-9a-f]{40}',
    'commit/HEAD',
  ];

  it('to any request of a batch costs nothing: all is there, once, and nothing is a conflict', async () => {
    site = await Site.start();
    const machine = await site.machine();
    for (const request of REQUESTS) {
      const space = await site.space();
      const { files, volume } = await machine.open(space, { sendTimes: SENDS_WHEN_TOLD });
      await files.mkdir('/folder');
      await files.writeFile('/folder/file', `of ${request}`);
      await files.writeFile('/moved', 'moved');
      await volume.sync();
      await files.writeFile('/folder/file', 'second version');
      await files.rename('/moved', '/folder/moved');
      await files.writeFile('/new', 'new');
      site.server.addFault({ fault: { kind: 'lost-reply' }, path: new RegExp(request), times: 3 });
      await untilSent(volume);
      site.server.clearFaults();
      expect(volume.status().conflicts).toEqual([]);
      expect(await namesBelow(files, '')).toEqual(['/folder', '/folder/file', '/folder/moved', '/new']);
      const there = await (await site.machine()).open(space);
      expect(await namesBelow(there.files, '')).toEqual(['/folder', '/folder/file', '/folder/moved', '/new']);
      expect(await there.files.readFile('/folder/file', 'utf8')).toBe('second version');
    }
  });

  it('is no conflict either when the file was changed once more before the next try, or the process ended', async () => {
    site = await Site.start();
    const machine = await site.machine();
    const space = await site.space();
    const first = await machine.open(space, { sendTimes: SENDS_WHEN_TOLD });
    await first.files.writeFile('/file', 'one');
    await first.volume.sync();
    await first.files.writeFile('/file', 'two');
    await first.files.mkdir('/folder');
    await first.files.writeFile('/folder/file', 'in a folder');
    // The head moves, and nothing of it is heard any more.
    const stop = site.server.addFault({ fault: { kind: 'lost-reply' }, path: /commit\/HEAD/ });
    await expect(first.volume.sync()).rejects.toMatchObject({ code: 'EIO' });
    await first.files.writeFile('/file', 'three');
    await first.files.unlink('/folder/file');
    await first.files.rmdir('/folder');
    await machine.closeVolume(first.volume);
    stop();
    const second = await machine.open(space);
    await second.volume.sync();
    expect(second.volume.status()).toMatchObject({ pending: [], conflicts: [] });
    const there = await (await site.machine()).open(space);
    expect(await namesBelow(there.files, '')).toEqual(['/file']);
    expect(await there.files.readFile('/file', 'utf8')).toBe('three');
  });
});

describe('a server with troubles', () => {
  it('that fails now and then gets everything in the end, whole', async () => {
    site = await Site.start({ faultSeed: 7 });
    const space = await site.space();
    const { files, volume } = await (await site.machine()).open(space, { sendTimes: { quietMs: 5, latestMs: 20 } });
    const stops = [
      site.server.addFault({ fault: { kind: 'status', status: 503 }, probability: 0.05 }),
      site.server.addFault({ fault: { kind: 'lost-reply' }, probability: 0.05 }),
      site.server.addFault({ fault: { kind: 'reset-before' }, probability: 0.05 }),
      site.server.addFault({ fault: { kind: 'reset-within', afterBytes: 10 }, probability: 0.05 }),
    ];
    const contents = Array.from({ length: 40 }, (_, index) => Buffer.alloc(index * 5000, `${index} `));
    for (const [index, content] of contents.entries()) await files.writeFile(`/file${index}`, content);
    await untilSent(volume);
    for (const stop of stops) stop();
    expect(volume.status().conflicts).toEqual([]);
    const there = await (await site.machine()).open(space);
    for (const [index, content] of contents.entries()) {
      expect((await there.files.readFile(`/file${index}`)).equals(content)).toBe(true);
    }
    expect(await there.files.readdir('/')).toHaveLength(contents.length);
  });

  it('that cannot give the bytes of a file makes reads fail, and gives them right afterwards', async () => {
    site = await Site.start();
    const space = await site.space();
    const { files, volume } = await (await site.machine()).open(space);
    const content = Buffer.alloc(2 ** 20, 'content ');
    await files.writeFile('/file', content);
    await volume.sync();
    const there = await (await site.machine()).open(space);
    const stop = site.server.addFault({ fault: { kind: 'status', status: 500 }, path: /\/block\// });
    await expect(there.files.readFile('/file')).rejects.toMatchObject({ code: 'EIO' });
    stop();
    expect((await there.files.readFile('/file')).equals(content)).toBe(true);
  });
});

/** Sends until the server has all of it, however often that fails. */
async function untilSent(volume: OpenedSpace['volume']): Promise<void> {
  await vi.waitFor(async () => {
    await volume.sync();
    expect(volume.status().pending).toEqual([]);
  }, PATIENCE);
}

async function namesBelow(files: OpenedSpace['files'], folder: string): Promise<string[]> {
  const names: string[] = [];
  for (const entry of await files.readdir(folder || '/', { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    names.push(path, ...(entry.isDirectory() ? await namesBelow(files, path) : []));
  }
  return names.sort();
}
