import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { History } from '../history.ts';
import { type Machine, type OpenedSpace, SENDS_WHEN_TOLD } from '../machine.ts';
import { Site } from '../site.ts';

const SENDS_SOON = { quietMs: 20, latestMs: 100 };
const PATIENCE = { timeout: 20_000, interval: 20 };

let site: Site;
let history: History;
let mine: Machine;
let other: Machine;
let space: string[];
let here: OpenedSpace;
let there: OpenedSpace;

beforeAll(async () => {
  site = await Site.start();
  history = await History.open(site);
  mine = await site.machine();
  other = await site.machine();
});
afterAll(() => site.close());

beforeEach(async () => {
  space = await site.space();
  here = await mine.open(space, { sendTimes: SENDS_WHEN_TOLD });
  there = await other.open(space, { sendTimes: SENDS_WHEN_TOLD });
});

/** What was done here is on the server, and taken up there. */
async function send(): Promise<void> {
  await here.volume.sync();
  await there.volume.refresh();
}

const readThere = (path: string): Promise<string> => there.files.readFile(path, 'utf8');

describe('a change made here', () => {
  it('is seen here at once, by every open file and by the module', async () => {
    await here.files.writeFile('/file', 'first');
    await using reader = await here.files.open('/file', 'r');
    await using writer = await here.files.open('/file', 'r+');
    await writer.write('FIRST and more', 0);
    expect(await reader.readFile('utf8')).toBe('FIRST and more');
    expect(await here.files.readFile('/file', 'utf8')).toBe('FIRST and more');
    await writer.truncate(3);
    expect((await reader.stat()).size).toBe(3);
    await here.files.rename('/file', '/other');
    expect(await here.files.readdir('/')).toEqual(['other']);
  });

  it('is seen elsewhere after it was sent, and not before', async () => {
    await here.files.writeFile('/file', 'x');
    await there.volume.refresh();
    expect(await there.files.readdir('/')).toEqual([]);
    await send();
    expect(await readThere('/file')).toBe('x');
  });

  it('is sent by itself, without anybody asking', async () => {
    const sender = await mine.open(await site.space(), { sendTimes: SENDS_SOON });
    await sender.files.mkdir('/folder');
    await vi.waitFor(() => expect(sender.volume.status().pending).toEqual([]), PATIENCE);
    expect(sender.volume.status().sending).toMatchObject({ pendingSinceMs: null, lastError: null });
  });

  it('is sent while others go on, so that the first of many does not wait for the last', async () => {
    const busy = await mine.open(await site.space(), { sendTimes: { quietMs: 3_600_000, latestMs: 50 } });
    let changes = 0;
    await vi.waitFor(async () => {
      await busy.files.writeFile(`/file${changes++}`, 'x');
      expect(busy.volume.status().pending.map(({ path }) => path[0])).not.toContain('file0');
    }, PATIENCE);
  });

  it('becomes visible together with all that is sent with it', async () => {
    await here.files.mkdir('/folder');
    await here.files.writeFile('/folder/one', '1');
    await here.files.writeFile('/two', '2');
    await here.files.chmod('/folder', 0o700);
    const before = await history.head();
    await here.volume.sync();
    const trees = await history.since(before, space);
    expect(trees.map((tree) => [...tree.keys()].sort())).toEqual([['/folder', '/folder/one', '/two']]);
  });
});

describe('a file that is being written', () => {
  /** Sends what may be sent by itself, whatever that is. */
  async function sendWhatIsDue(volume: OpenedSpace): Promise<void> {
    const name = `/marker${Math.random()}`;
    await volume.files.writeFile(name, '');
    await vi.waitFor(
      () => expect(volume.volume.status().pending.map(({ path }) => `/${path[0]}`)).not.toContain(name),
      PATIENCE,
    );
  }

  it('is not sent before it is closed', async () => {
    const writer = await mine.open(await site.space(), { sendTimes: SENDS_SOON });
    const file = await writer.files.open('/file', 'w');
    await file.write('half');
    await sendWhatIsDue(writer);
    expect(writer.volume.status().pending).toMatchObject([{ path: ['file'], change: 'added' }]);
    await file.write(' and whole');
    await file.close();
    await vi.waitFor(() => expect(writer.volume.status().pending).toEqual([]), PATIENCE);
  });

  it('is not sent empty, when it is new or was cut and nothing was written yet', async () => {
    const fresh = await site.space();
    const writer = await mine.open(fresh, { sendTimes: SENDS_SOON });
    await writer.files.writeFile('/old', 'old');
    await writer.volume.sync();
    const before = await history.head();
    await using cut = await writer.files.open('/old', 'w');
    await using made = await writer.files.open('/new', 'w');
    await sendWhatIsDue(writer);
    const [first, ...more] = await history.since(before, fresh);
    expect([...(first?.keys() ?? [])]).not.toContain('/new');
    expect(more).toEqual([]);
    await cut.write('cut');
    await made.write('made');
    expect(
      writer.volume
        .status()
        .pending.map(({ path }) => path[0])
        .sort(),
    ).toEqual(['new', 'old']);
  });

  it('is sent as of its last fsync', async () => {
    const writer = await mine.open(await site.space(), { sendTimes: SENDS_SOON });
    await using file = await writer.files.open('/file', 'w');
    await file.write('synced');
    await file.sync();
    await vi.waitFor(() => expect(writer.volume.status().pending).toEqual([]), PATIENCE);
  });

  it('is sent as it is by a sync of the volume', async () => {
    await using file = await here.files.open('/file', 'w');
    await file.write('so far');
    await send();
    expect(await readThere('/file')).toBe('so far');
    await file.write(', and on');
    await send();
    expect(await readThere('/file')).toBe('so far, and on');
  });

  it('is sent as it is when it has been dirty for a minute', async () => {
    let now = Date.now();
    const writer = await mine.open(await site.space(), { sendTimes: SENDS_SOON, now: () => now });
    await using file = await writer.files.open('/log', 'w');
    await file.write('line\n');
    now += 59_000;
    await sendWhatIsDue({ ...writer, volume: writer.volume });
    expect(writer.volume.status().pending).toHaveLength(1);
    now += 2_000;
    await vi.waitFor(() => expect(writer.volume.status().pending).toEqual([]), PATIENCE);
  });

  it('keeps its name elsewhere until then, when it is renamed over another one', async () => {
    const fresh = await site.space();
    const writer = await mine.open(fresh, { sendTimes: SENDS_SOON });
    await writer.files.writeFile('/target', 'old');
    await writer.files.writeFile('/source', 'source');
    await writer.volume.sync();
    const before = await history.head();
    const file = await writer.files.open('/source', 'r+');
    await file.write('SOURCE');
    await writer.files.rename('/source', '/target');
    await sendWhatIsDue(writer);
    await file.close();
    await vi.waitFor(() => expect(writer.volume.status().pending).toEqual([]), PATIENCE);
    for (const tree of await history.since(before, fresh)) expect([...tree.keys()]).toContain('/target');
  });
});

describe('a change made elsewhere', () => {
  it('is seen here without anybody asking', async () => {
    expect(await here.files.readdir('/')).toEqual([]);
    await there.files.writeFile('/theirs', 'x');
    await there.volume.sync();
    await vi.waitFor(async () => expect(await here.files.readdir('/')).toEqual(['theirs']), PATIENCE);
  });

  it('is seen also when it came while a change of ours was on its way, and the answer to ours came late', async () => {
    // The head that has both is told of once; the answer with the older one must not be the last word.
    await here.files.readdir('/');
    await here.files.writeFile('/ours', 'x');
    const sending = here.volume.sync();
    await there.files.writeFile('/theirs', 'y');
    await there.volume.sync();
    await here.volume.refresh();
    await sending;
    await vi.waitFor(async () => expect((await here.files.readdir('/')).sort()).toEqual(['ours', 'theirs']), PATIENCE);
  });

  it('takes names away, replaces folders by files, and tells whoever watches', async () => {
    await here.files.mkdir('/folder');
    await here.files.writeFile('/folder/file', 'x');
    await here.files.writeFile('/gone', 'x');
    await send();
    const changes: string[] = [];
    const stop = here.volume.events.onChange((change) => {
      if (change.kind === 'entry' && change.remote) changes.push(change.name);
    });
    await there.files.rm('/folder', { recursive: true });
    await there.files.writeFile('/folder', 'now a file');
    await there.files.unlink('/gone');
    await there.volume.sync();
    await here.volume.refresh();
    stop();
    expect(await here.files.readdir('/')).toEqual(['folder']);
    expect(await here.files.readFile('/folder', 'utf8')).toBe('now a file');
    expect(changes.sort()).toEqual(['folder', 'gone']);
  });
});

describe('an open file', () => {
  it('keeps the version it was opened at when others change it; opening the name again gives the new one', async () => {
    await here.files.writeFile('/file', 'version one');
    await send();
    await using open = await here.files.open('/file', 'r');
    await there.files.writeFile('/file', 'version two, longer');
    await there.volume.sync();
    await here.volume.refresh();
    expect(await open.readFile('utf8')).toBe('version one');
    expect((await open.stat()).size).toBe('version one'.length);
    await using again = await here.files.open('/file', 'r');
    expect(await again.readFile('utf8')).toBe('version two, longer');
    expect((await again.stat()).ino).toBe((await open.stat()).ino);
  });

  it('keeps its version also when nothing of it was read before others deleted it', async () => {
    const content = Buffer.alloc(3 * 2 ** 20, 'version one ');
    await there.files.writeFile('/large', content);
    await there.volume.sync();
    await here.volume.refresh();
    await using open = await here.files.open('/large', 'r');
    await there.files.unlink('/large');
    await there.volume.sync();
    await here.volume.refresh();
    expect(await here.files.readdir('/')).toEqual([]);
    expect((await open.readFile()).equals(content)).toBe(true);
  });

  it('that was unlinked can be read and written until it is closed; nothing of it is sent', async () => {
    await here.files.writeFile('/file', 'content');
    await here.volume.sync();
    await using open = await here.files.open('/file', 'r+');
    await here.files.unlink('/file');
    await open.write('CONTENT, and more');
    expect((await open.stat()).nlink).toBe(0);
    expect(await readAll(open)).toBe('CONTENT, and more');
    await send();
    expect(await there.files.readdir('/')).toEqual([]);
    expect(here.volume.status().pending).toEqual([]);
  });

  it('that was replaced can be read and written until it is closed; nothing of it is sent', async () => {
    await here.files.writeFile('/file', 'old');
    await here.files.writeFile('/new', 'new');
    await here.volume.sync();
    await using open = await here.files.open('/file', 'r+');
    await here.files.rename('/new', '/file');
    await open.write('OLD!');
    expect(await readAll(open)).toBe('OLD!');
    await send();
    expect(await readThere('/file')).toBe('new');
  });
});

async function readAll(file: Awaited<ReturnType<OpenedSpace['files']['open']>>): Promise<string> {
  const { size } = await file.stat();
  const buffer = Buffer.alloc(size);
  await file.read(buffer, 0, size, 0);
  return buffer.toString();
}
